// The console of a registry that is in use: many tags, several platforms, what refers to them; themes, languages, the
// keyboard; and what it says when something is wrong.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Browser, CHROMIUM, FOR_DOCS, NARROW, WIDE } from '../harness/browser.mjs';
import { CHECKOUT, COMMITS, LONG, LONGEST, LONGEST_TAG, fill } from '../harness/northwind.mjs';
import { employ } from '../harness/people.mjs';
import { missing } from '../harness/process.mjs';
import { ADMIN, PASSWORD, Slipway } from '../harness/slipway.mjs';
import { ArtifactPage } from '../pages/artifact.mjs';
import { LoginPage } from '../pages/login.mjs';
import { OverviewPage } from '../pages/overview.mjs';
import { PasswordPage } from '../pages/password.mjs';
import { ProjectPage } from '../pages/project.mjs';
import { ProjectsPage } from '../pages/projects.mjs';
import { RepositoryPage } from '../pages/repository.mjs';
import { UsersPage } from '../pages/users.mjs';

const skip = await missing(CHROMIUM);

describe('a registry in use', { skip }, () => {
  let slipway;
  let browser;
  let newest;
  let pusher;
  let people;

  before(async () => {
    slipway = await Slipway.start(FOR_DOCS ? { port: 8080, name: 'localhost' } : {});
    browser = await Browser.start();
    ({ newest, pusher } = await fill(slipway));
    people = await employ(slipway);
  });

  after(async () => {
    await browser?.stop();
    await slipway?.stop();
  });

  /** A test with a browser of its own, which is signed in. */
  function walk(name, options, work) {
    test(name, async () => {
      const visitor = await browser.visitor(slipway, options);
      try {
        await visitor.context.addCookies(await session());
        await work(visitor);
        await visitor.close();
      } catch (error) {
        await visitor.failure(name);
        error.message += `\nat ${visitor.page.url()}\n${visitor.problems.join('\n')}`;
        throw error;
      } finally {
        await visitor.leave();
      }
    });
  }

  /** The cookies of a new session, without walking through the form. */
  async function session() {
    const { cookies } = await slipway.signedIn();
    return [...cookies].map(([name, value]) => ({ name, value, url: slipway.url, httpOnly: true, sameSite: 'Lax' }));
  }

  for (const [where, viewport] of [['on a desk', WIDE], ['on a phone', NARROW]]) {
    walk(`every page is in order ${where}`, { viewport }, async (visitor) => {
      const robot = await robotOf('payments');
      const label = await labelOf('payments');
      const token = await tokenOf();
      const pages = [
        ['projects', '/projects'],
        ['project', '/projects/payments'],
        ['project-public', '/projects/platform-base'],
        ['project-push', '/projects/payments?push=1'],
        ['members', '/projects/payments?tab=members'],
        ['members-add', '/projects/payments?tab=members&add=1'],
        ['members-rights', '/projects/payments?tab=members&why=admin'],
        ['members-rights-unknown', '/projects/payments?tab=members&why=nobody-here'],
        ['rules', '/projects/payments?tab=rules'],
        ['rules-empty', '/projects/sandbox?tab=rules'],
        ['rules-new', '/projects/payments?tab=rules&rule=new'],
        ['rules-edit', '/projects/payments?tab=rules&rule=1'],
        ['rules-remove', '/projects/payments?tab=rules&remove=1'],
        ['rules-dry-run', '/projects/payments?tab=rules&view=protected'],
        ['rules-dry-run-one', '/projects/payments?tab=rules&view=protected&by=1'],
        ['retention-new', '/projects/payments?tab=rules&keep=new'],
        ['retention-edit', '/projects/payments?tab=rules&keep=1'],
        ['retention-drop', '/projects/payments?tab=rules&drop=1'],
        ['retention-schedule', '/projects/payments?tab=rules&schedule=1'],
        ['retention-run', '/projects/payments?tab=rules&run=1'],
        ['retention-dry-run', '/projects/payments?tab=rules&view=dry-run'],
        ['retention-dry-run-going', '/projects/payments?tab=rules&view=dry-run&show=going&by=1'],
        ['settings', '/projects/payments?tab=settings'],
        ['project-delete', '/projects/payments?tab=settings&delete=1'],
        ['settings-no-labels', '/projects/sandbox?tab=settings'],
        ['labels-new', '/projects/payments?tab=settings&label=new'],
        ['labels-edit', `/projects/payments?tab=settings&label=${label}`],
        ['labels-remove', `/projects/payments?tab=settings&remove-label=${label}`],
        ['admin-labels', '/admin/labels'],
        ['admin-labels-new', '/admin/labels?label=new'],
        ['artifact-labels', `/projects/${CHECKOUT}:1.14.2?labels=1`],
        ['project-new', '/projects/new'],
        ['robots', '/projects/payments?tab=robots'],
        ['robots-empty', '/projects/ml-inference?tab=robots'],
        ['robots-new', '/projects/payments?tab=robots&new=1'],
        ['robots-edit', `/projects/payments?tab=robots&edit=${robot}`],
        ['robots-rotate', `/projects/payments?tab=robots&rotate=${robot}`],
        ['robots-disable', `/projects/payments?tab=robots&disable=${robot}`],
        ['robots-enable', `/projects/payments?tab=robots&enable=${robot}`],
        ['robots-delete', `/projects/payments?tab=robots&delete=${robot}`],
        ['admin-robots', '/admin/robots'],
        ['admin-robots-new', '/admin/robots?new=1'],
        ['tokens', '/account/tokens'],
        ['tokens-new', '/account/tokens?new=1'],
        ['tokens-revoke', `/account/tokens?revoke=${token}`],
        ['project-activity', '/projects/payments?tab=activity'],
        ['activity', '/activity'],
        ['activity-filtered', '/activity?action=manifest.push&person=admin&since=2026-01-01'],
        ['activity-empty', '/activity?person=nobody'],
        ['search', '/search?q=check'],
        ['search-empty', '/search?q=nothing-like-it'],
        ['tags', `/projects/${CHECKOUT}`],
        ['tags-delete', `/projects/${CHECKOUT}?delete=1.14.1`],
        ['tags-delete-several', `/projects/${CHECKOUT}?delete=1.14.1&delete=1.14.0`],
        ['repository-delete', `/projects/${CHECKOUT}?delete-repository=1`],
        ['artifact-delete', `/projects/${CHECKOUT}:1.14.1?delete=1`],
        ['artifact-add-tag', `/projects/${CHECKOUT}:1.14.1?add-tag=1`],
        ['tags-long', `/projects/${LONG}`],
        ['tags-longest', `/projects/${LONGEST}`],
        ['tags-longest-delete', `/projects/${LONGEST}?delete=${LONGEST_TAG}`],
        ['tags-longest-history', `/projects/${LONGEST}?history=${LONGEST_TAG}`],
        ['tags-longest-none', `/projects/${LONGEST}?filter=${'f'.repeat(128)}`],
        ['artifact-longest', `/projects/${LONGEST}:${LONGEST_TAG}`],
        ['artifact-many-tags', `/projects/${CHECKOUT}:sha-${COMMITS[0]}`],
        ['storage-longest', '/projects/platform-base?tab=storage'],
        ['storage-longest-tags', `/projects/platform-base?tab=storage&in=${LONGEST.slice('platform-base/'.length)}`],
        ['artifacts', `/projects/${CHECKOUT}?tab=artifacts`],
        ['artifacts-kind', `/projects/${CHECKOUT}?tab=artifacts&kind=signature&sort=size`],
        ['artifacts-none', `/projects/${CHECKOUT}?tab=artifacts&kind=helm_chart`],
        ['about', `/projects/${CHECKOUT}?tab=about`],
        ['tags-protected', `/projects/${CHECKOUT}?filter=1.12`],
        ['tags-delete-protected', `/projects/${CHECKOUT}?delete=1.12.4`],
        ['artifact-delete-protected', `/projects/${CHECKOUT}:1.12.4?delete=1`],
        ['tag-history', `/projects/${CHECKOUT}?history=1.14.2`],
        ['trash', '/projects/payments?tab=trash'],
        ['storage', '/projects/payments?tab=storage'],
        ['storage-empty', '/projects/sandbox?tab=storage'],
        ['storage-tags', '/projects/payments?tab=storage&in=checkout-api'],
        ['projects-deleted', '/projects?deleted=1'],
        ['artifact', `/projects/${CHECKOUT}:1.14.2`],
        ['artifact-digest', `/projects/${CHECKOUT}@${newest.digest}?client=kubernetes`],
        ['password', '/password'],
        ['account', '/account'],
        ['account-password', '/account/password'],
        ['account-devices', '/account/devices'],
        ['account-appearance', '/account/appearance'],
        ['users', '/admin/users'],
        ['users-new', '/admin/users?new=1'],
        ['users-delete', `/admin/users?person=${await people.id('mira')}&do=delete`],
        ['users-disable', `/admin/users?person=${await people.id('mira')}&do=disable`],
        ['users-reset', `/admin/users?person=${await people.id(ADMIN)}&do=reset`],
        ['users-new-link', `/admin/users?person=${await people.id('mira')}&do=link`],
        ['admin-settings', '/admin/settings'],
        ['system', '/admin/system'],
        // By now what was pulled is counted.
        ['overview', '/'],
      ];
      const wrong = [];
      for (const [name, path] of pages) {
        try {
          assert.equal(await visitor.open(path), 200, path);
          assert.equal((await visitor.grounds()).length, 1, `${name} flashed`);
          await visitor.look(name);
        } catch (error) {
          wrong.push(`${name}: ${error.message.slice(0, 1000)}`);
        }
      }
      assert.ok(wrong.length === 0, wrong.join('\n\n'));
    });
  }

  for (const [where, viewport] of [['on a desk', WIDE], ['on a phone', NARROW]]) {
    walk(`an administrator has the server look at itself ${where}`, { viewport }, async (visitor) => {
      const { page } = visitor;
      assert.equal(await visitor.open('/admin/system'), 200);
      await page.getByRole('button', { name: 'Check now' }).click();
      await page.getByText('so there is no address to look at').waitFor();
      await page.getByText('Storing, reading, uploads in parts').waitFor();
      await visitor.look('findings');
    });
  }

  walk('without scripts lists are filtered, sorted and turned, and tags deleted', { scripts: false }, async (visitor) => {
    const repository = new RepositoryPage(visitor);
    await inList(repository, visitor);
    await repository.open(CHECKOUT, '?filter=sha-');
    const [one, other] = await repository.names();
    await repository.open(CHECKOUT, `?delete=${one}`);
    await repository.dialog().getByText('Pulls by this tag fail from now on.').waitFor();
    assert.equal(await repository.dialog().getByText('Tags to delete').count(), 0);
    await repository.open(CHECKOUT, '?filter=sha-');
    await repository.select(one, other);
    await repository.page.getByRole('button', { name: 'Delete selected…' }).click();
    await repository.dialog().getByText(`Tags to delete: ${one}, ${other}.`).waitFor();
    assert.equal(await repository.dialog().locator('.dialog-names code').textContent(), `${one}, ${other}`);
    await visitor.check('the dialog that deletes tags');
    await repository.dialog().getByRole('button', { name: 'Delete 2 tags' }).click();
    await repository.assertAt(`/projects/${CHECKOUT}`);
    await repository.open(CHECKOUT, '?filter=sha-');
    const left = await repository.names();
    assert.ok(!left.includes(one) && !left.includes(other), left.join(' '));
  });

  for (const [where, viewport] of [['on a desk', WIDE], ['on a phone', NARROW]]) {
    walk(`tags are filtered, sorted, turned, selected and deleted ${where}`, { viewport }, async (visitor) => {
      const repository = new RepositoryPage(visitor);
      await inList(repository, visitor);
      await deleteTags(repository, visitor, where === 'on a desk' ? ['1.0.0', '1.1.0'] : ['1.2.0', '1.3.0']);
    });
  }

  async function inList(repository, visitor) {
    await repository.open(CHECKOUT);
    assert.equal(await repository.rows(), 50);
    const [, total] = /^1–50 of (\d+)$/.exec(await repository.range().textContent());
    assert.deepEqual((await repository.names()).slice(0, 3), ['1.14.2', 'latest', 'main']);
    await repository.turn('Next').click();
    await repository.page.getByText(`51–${total} of ${total}`).waitFor();
    await visitor.ready();
    await visitor.checkLayout('the second page of tags');
    await repository.turn('Previous').click();
    await repository.page.getByText(`1–50 of ${total}`).waitFor();

    await repository.filter('RC');
    await repository.assertNames(['1.14.0-rc.2', '1.14.0-rc.1']);
    await repository.sortBy('Name');
    await repository.assertNames(['1.14.0-rc.1', '1.14.0-rc.2']);
    await visitor.page.reload();
    await visitor.ready();
    await repository.assertNames(['1.14.0-rc.1', '1.14.0-rc.2']);
    await repository.filter('nothing-like-it');
    await repository.assertText('No tag matches “nothing-like-it”');
    await visitor.ready();
    await visitor.check('no tag found');
    await repository.page.getByRole('link', { name: 'Show all tags' }).click();
    await repository.page.waitForURL((url) => !url.searchParams.get('filter'));
    await visitor.ready();
    await repository.filter('1.1');
    await repository.sortBy('Version');
    await repository.page.waitForURL(/sort=version/);
    const last = async () => (await repository.names()).filter((name) => name.startsWith('1.14'));
    await repository.assertSoon(last, ['1.14.2', '1.14.1', '1.14.0', '1.14.0-rc.2', '1.14.0-rc.1']);
    const versions = await repository.names();
    assert.ok(versions.indexOf('1.10.0') < versions.indexOf('1.9.1') || versions.indexOf('1.9.1') < 0, versions.join(' '));
  }

  async function deleteTags(repository, visitor, tags) {
    await repository.open(CHECKOUT, '?filter=1.&sort=version');
    await repository.select(...tags);
    await repository.selection().getByText('2 tags selected').waitFor();
    await repository.selection().getByText('Deleting would free').waitFor();
    await visitor.check('selected tags');
    await visitor.picture(`selection-${visitor.viewport.width}-light`);
    await repository.selection().getByRole('button', { name: 'Delete 2 tags…' }).click();
    await repository.dialog().getByText('Delete 2 tags?').waitFor();
    await visitor.check('the dialog that deletes tags');
    await visitor.picture(`delete-tags-${visitor.viewport.width}-light`);
    await repository.page.keyboard.press('Escape');
    await repository.dialog().waitFor({ state: 'detached' });
    assert.equal(await repository.page.getByRole('checkbox', { name: `Select ${tags[0]}`, exact: true }).isChecked(), true, 'Escape keeps the selection');
    await repository.selection().getByRole('button', { name: 'Delete 2 tags…' }).click();
    await Promise.all([
      repository.assertText('2 tags were deleted.'),
      repository.dialog().getByRole('button', { name: 'Delete 2 tags' }).click(),
    ]);
    await repository.dialog().waitFor({ state: 'detached' });
    for (const tag of tags) await repository.row(tag).waitFor({ state: 'detached' });
    await visitor.check('after tags were deleted');
    assert.equal((await slipway.v2(`${CHECKOUT}/manifests/${tags[0]}`)).status, 404);
  }

  for (const scripts of [true, false]) {
    walk(`columns are put away and stay away ${scripts ? 'with' : 'without'} scripts`, { scripts }, async (visitor) => {
      const repository = new RepositoryPage(visitor);
      await repository.open(CHECKOUT);
      const before = await repository.columns();
      await repository.putAway('Digest', 'Attached');
      await repository.open(CHECKOUT);
      assert.deepEqual(await repository.columns(), before.filter((name) => !['Digest', 'Attached'].includes(name)));
      await visitor.check('a list with fewer columns');
    });
  }

  for (const scripts of [true, false]) {
    walk(`artifacts are picked by kind ${scripts ? 'with' : 'without'} scripts`, { scripts }, async (visitor) => {
      const { page } = visitor;
      await visitor.open(`/projects/${CHECKOUT}?tab=artifacts`);
      const kinds = page.locator('table.table tbody td.cell-side');
      assert.ok(new Set(await kinds.allInnerTexts()).size > 2);
      await page.locator('summary', { hasText: 'Kind' }).click();
      await page.getByRole('link', { name: 'Signature', exact: true }).click();
      await page.waitForURL(/tab=artifacts&kind=signature/);
      const isOneKind = async () => {
        const told = await kinds.allInnerTexts();
        return [told.length > 10, told.filter((kind) => !kind.includes('Signature'))];
      };
      await new RepositoryPage(visitor).assertSoon(isOneKind, [true, []]);
      await page.locator('summary', { hasText: 'Kind' }).filter({ hasText: 'Signature' }).waitFor();
      if (scripts) await visitor.ready();
      await visitor.check(`artifacts of one kind ${scripts ? 'with' : 'without'} scripts`);
    });
  }

  for (const scripts of [true, false]) {
    walk(`a repository tells how to pull its newest tag and its digest ${scripts ? 'with' : 'without'} scripts`, { scripts }, async (visitor) => {
      const { page } = visitor;
      await visitor.open(`/projects/${CHECKOUT}`);
      const command = page.locator('.command code');
      const [tag] = (await command.innerText()).trim().split(':').slice(-1);
      const { headers } = await slipway.v2(`${CHECKOUT}/manifests/${tag}`, { method: 'HEAD' });
      await page.locator('.segmented').getByRole('link', { name: 'Digest' }).click();
      await command.filter({ hasText: `docker pull ${slipway.host}/${CHECKOUT}@${headers.get('docker-content-digest')}` }).waitFor();
      await page.locator('.segmented').getByRole('link', { name: 'Tag', exact: true }).click();
      await command.filter({ hasText: `${CHECKOUT}:${tag}` }).waitFor();
      await page.getByRole('link', { name: 'Push commands' }).click();
      await page.getByRole('dialog', { name: 'Push to payments' }).waitFor();
    });
  }

  walk('an index opens platform by platform, with what refers to it', {}, async (visitor) => {
    const artifact = new ArtifactPage(visitor);
    await artifact.open(CHECKOUT, '1.14.2');
    assert.equal(await artifact.platforms().count(), 4);
    assert.deepEqual((await artifact.referrers()).toSorted(), ['Attestation', 'SBOM', 'Signature']);
    const before = await artifact.steps();
    assert.equal(before.length, 11);
    await artifact.platforms().filter({ hasText: 'linux/arm64' }).click();
    await artifact.page.locator('.platform[aria-current]', { hasText: 'linux/arm64' }).waitFor();
    assert.match(artifact.page.url(), /platform=sha256/);
    await visitor.check('another platform');
    await artifact.page.locator('.layer summary').nth(1).click();
    await artifact.page.locator('.layer-whole').filter({ hasText: 'apt-get install', visible: true }).waitFor();
    await artifact.page.getByText(/Shared with \d+ other tags/).locator('visible=true').first().waitFor();
    await visitor.check('an open layer');

    await artifact.page.getByRole('link', { name: 'latest', exact: true }).click();
    await artifact.assertAt(`/projects/${CHECKOUT}:latest`);
    await artifact.page.locator('.segmented').getByRole('link', { name: 'Digest' }).click();
    await artifact.page.locator('.command code').filter({ hasText: `docker pull ${slipway.host}/${CHECKOUT}@${newest.digest}` }).waitFor();
    assert.equal(JSON.parse(await artifact.rawManifest()).manifests.length, 4);
    await artifact.page.locator('.referrer', { hasText: 'SBOM' }).click();
    await artifact.page.waitForURL(/@sha256:/);
    await artifact.assertText('application/spdx+json');
    await visitor.ready();
    await visitor.check('an SBOM');
    await artifact.page.goBack();
    await artifact.assertAt(`/projects/${CHECKOUT}:latest?by=digest`);
  });

  walk('an artifact with many tags names ten of them and tells how many more there are', {}, async (visitor) => {
    const artifact = new ArtifactPage(visitor);
    await artifact.open(CHECKOUT, `sha-${COMMITS[0]}`);
    // Of 36, some of which other tests delete.
    await artifact.assertText(/and 2\d more/);
  });

  walk('a tag is added and found beside the others', {}, async (visitor) => {
    const artifact = new ArtifactPage(visitor);
    await artifact.open(CHECKOUT, '1.13.0');
    await artifact.page.getByRole('link', { name: 'Add tag…' }).click();
    await visitor.check('the dialog that adds a tag');
    await artifact.dialog().getByLabel('Tag').fill('-no');
    await artifact.dialog().getByRole('button', { name: 'Add tag' }).click();
    await artifact.dialog().getByRole('alert').getByText('Letters, digits').waitFor();
    await artifact.dialog().getByLabel('Tag').fill('stable');
    await artifact.dialog().getByRole('button', { name: 'Add tag' }).click();
    await artifact.assertAt(`/projects/${CHECKOUT}:stable`);
    await artifact.page.getByRole('link', { name: '1.13.0', exact: true }).waitFor();
    assert.equal((await slipway.v2(`${CHECKOUT}/manifests/stable`)).status, 200);
  });

  for (const scripts of [true, false]) {
    walk(`a label is made, put on an artifact, taken off and deleted ${scripts ? 'with' : 'without'} scripts`, { scripts }, async (visitor) => {
      const artifact = new ArtifactPage(visitor);
      const { page } = artifact;
      const name = scripts ? 'needs a rebuild' : 'needs a look';
      await visitor.open('/projects/payments?tab=settings');
      await page.locator('#labels-card').getByRole('link', { name: 'New label…' }).click();
      await artifact.dialog().getByLabel('Name').fill('team payments');
      // Without scripts the refusal is a page of its own, with its status.
      await visitor.expecting({ statuses: scripts ? [] : [409] }, async () => {
        await artifact.dialog().getByRole('button', { name: 'Save label' }).click();
        await artifact.dialog().getByRole('alert').getByText('This name is taken').waitFor();
      });
      await artifact.dialog().getByLabel('Name').fill(name);
      await artifact.dialog().getByLabel('Violet').check();
      await artifact.dialog().getByRole('button', { name: 'Save label' }).click();
      await page.locator('.label-violet', { hasText: name }).waitFor();
      await artifact.open(CHECKOUT, '1.11.0');
      await page.getByRole('link', { name: 'Add labels' }).click();
      await artifact.dialog().getByLabel(name).check();
      await artifact.dialog().getByRole('button', { name: 'Save labels' }).click();
      await page.locator('.label-line').getByText(name).waitFor();
      await artifact.assertAt(`/projects/${CHECKOUT}:1.11.0`);
      await page.getByRole('link', { name: 'Change labels' }).click();
      await artifact.dialog().getByLabel(name).uncheck();
      await artifact.dialog().getByRole('button', { name: 'Save labels' }).click();
      await page.getByRole('link', { name: 'Add labels' }).waitFor();
      await visitor.open('/projects/payments?tab=settings');
      const row = page.locator('.label-row', { hasText: name });
      await row.locator('summary').click();
      await row.getByRole('link', { name: 'Delete…' }).click();
      await artifact.dialog().getByText('No artifact is marked with it.').waitFor();
      await artifact.dialog().getByRole('button', { name: 'Delete label' }).click();
      await page.locator('.label-row', { hasText: name }).waitFor({ state: 'detached' });
    });
  }

  for (const scripts of [true, false]) {
    walk(`what was deleted is restored from the trash ${scripts ? 'with' : 'without'} scripts`, { scripts }, async (visitor) => {
      const repository = new RepositoryPage(visitor);
      const tag = scripts ? '1.4.0' : '1.5.0';
      const before = (await slipway.v2(`${CHECKOUT}/manifests/${tag}`)).headers.get('docker-content-digest');
      assert.equal((await slipway.v2(`${CHECKOUT}/manifests/${tag}`, { method: 'DELETE' })).status, 202);
      assert.equal((await slipway.v2(`${CHECKOUT}/manifests/${tag}`)).status, 404);
      await visitor.open('/projects/payments');
      await repository.go(repository.page.getByRole('link', { name: 'Trash' }), '/projects/payments?tab=trash');
      const row = repository.page.locator('table.table tbody tr').filter({ hasText: tag });
      await row.waitFor();
      const entries = await repository.page.locator('table.table tbody tr').count();
      const hint = repository.page.locator('.trash-hint');
      assert.deepEqual([await hint.count(), await row.getByRole('checkbox').count()], entries === 1 ? [0, 0] : [1, 1]);
      await visitor.check('the trash');
      await row.getByRole('link', { name: 'Delete now…' }).click();
      await repository.dialog().getByText('cannot be restored any more').waitFor();
      await visitor.check('the dialog that empties the trash');
      await repository.go(repository.dialog().getByRole('link', { name: 'Cancel' }), '/projects/payments?tab=trash');
      await row.getByRole('button', { name: 'Restore' }).click();
      await row.waitFor({ state: 'detached' });
      await visitor.ready();
      await visitor.check('after something was restored');
      const after = (await slipway.v2(`${CHECKOUT}/manifests/${tag}`)).headers.get('docker-content-digest');
      assert.equal(after, before);
    });

    walk(`several entries of the trash are restored together ${scripts ? 'with' : 'without'} scripts`, { scripts }, async (visitor) => {
      const repository = new RepositoryPage(visitor);
      const tags = ['1.9.2', '1.9.3'];
      for (const tag of tags) assert.equal((await slipway.v2(`${CHECKOUT}/manifests/${tag}`, { method: 'DELETE' })).status, 202);
      await visitor.open('/projects/payments?tab=trash');
      for (const tag of tags) {
        await repository.page.locator('table.table tbody tr').filter({ hasText: tag }).getByRole('checkbox').check();
      }
      await visitor.check('entries of the trash that are ticked');
      await Promise.all([
        repository.page.getByText('2 entries were restored.').waitFor(),
        repository.page.getByRole('button', { name: 'Restore selected' }).click(),
      ]);
      await visitor.ready();
      await visitor.check('after several entries were restored');
      for (const tag of tags) assert.equal((await slipway.v2(`${CHECKOUT}/manifests/${tag}`)).status, 200);
    });

    walk(`a tag is moved back ${scripts ? 'with' : 'without'} scripts`, { scripts }, async (visitor) => {
      const repository = new RepositoryPage(visitor);
      const digest = async (reference) => (await slipway.v2(`${CHECKOUT}/manifests/${reference}`)).headers.get('docker-content-digest');
      const before = await digest('1.6.0');
      const other = await slipway.v2(`${CHECKOUT}/manifests/1.7.0`);
      const type = other.headers.get('content-type');
      const moved = await slipway.v2(`${CHECKOUT}/manifests/1.6.0`, { method: 'PUT', headers: { 'content-type': type }, body: await other.text() });
      assert.equal(moved.status, 201);
      assert.notEqual(await digest('1.6.0'), before);
      await repository.open(CHECKOUT, '?history=1.6.0');
      await visitor.check('the history of a tag');
      await repository.dialog().locator('.move').filter({ hasText: before.slice(7, 19) }).first().getByRole('button', { name: 'Move back' }).click();
      await repository.dialog().locator('.move').first().filter({ hasText: before.slice(7, 19) }).waitFor();
      assert.equal(await digest('1.6.0'), before);
    });
  }

  walk('an entry that is left alone in the trash is ticked no more', {}, async (visitor) => {
    const { page } = visitor;
    const tags = ['2026.11.23-canary', '2026.11.22'];
    for (const tag of tags) {
      assert.equal((await slipway.v2(`storefront/web/ssr-renderer/manifests/${tag}`, { method: 'DELETE' })).status, 202);
    }
    await visitor.open('/projects/storefront?tab=trash');
    const [ticked, other] = tags.map((tag) => page.locator('table.table tbody tr').filter({ hasText: tag }));
    await ticked.getByRole('checkbox').check();
    await page.locator('.selection').getByText('1 entry selected').waitFor();
    await other.getByRole('button', { name: 'Restore' }).click();
    await other.waitFor({ state: 'detached' });
    await page.locator('.selection').waitFor({ state: 'hidden' });
    await new RepositoryPage(visitor).assertSoon(() => page.locator('.cell-tick').count(), 0);
    await visitor.ready();
    await visitor.check('an entry that is alone in the trash');
    await ticked.getByRole('button', { name: 'Restore' }).click();
    await page.getByText('The trash is empty').waitFor();
  });

  walk('the dialog that lets an artifact go for good names its tags', { scripts: false }, async (visitor) => {
    const repository = new RepositoryPage(visitor);
    const platform = { os: 'linux', architecture: 'amd64' };
    const { digest } = await pusher.image('storefront/web/ssr-renderer', { platform, steps: [{ by: 'COPY y /', size: 1000 }], config: {} }, 'gone-1', 'gone-2');
    assert.equal((await slipway.v2(`storefront/web/ssr-renderer/manifests/${digest}`, { method: 'DELETE' })).status, 202);
    await visitor.open('/projects/storefront?tab=trash');
    const row = repository.page.locator('table.table tbody tr').filter({ hasText: digest.slice(7, 19) });
    await row.getByRole('link', { name: 'Delete now…' }).click();
    await repository.dialog().getByText(/^1 artifact, tagged gone-\d, gone-\d$/).waitFor();
    assert.deepEqual((await repository.dialog().locator('.trash-name code').allTextContents()).sort(), ['gone-1', 'gone-2']);
    await visitor.check('the dialog that lets an artifact go for good');
    await repository.go(repository.dialog().getByRole('link', { name: 'Cancel' }), '/projects/storefront?tab=trash');
    await row.getByRole('button', { name: 'Restore' }).click();
    await row.waitFor({ state: 'detached' });
  });

  walk('a description is written and read', {}, async (visitor) => {
    const repository = new RepositoryPage(visitor);
    await repository.open('payments/ledger-worker', '?tab=about');
    await repository.go(repository.page.getByRole('link', { name: 'Write a description' }), '/projects/payments/ledger-worker?tab=about&edit=1');
    await visitor.check('the form of a description');
    await repository.page.getByLabel('Description').fill('Books what checkout sells.\n\n<img src=x onerror=alert(1)>');
    await repository.page.getByRole('button', { name: 'Save', exact: true }).click();
    await repository.assertAt('/projects/payments/ledger-worker?tab=about');
    await repository.assertText('<img src=x onerror=alert(1)>');
    await visitor.check('a description');
  });

  walk('a schedule is told in words while it is typed', {}, async (visitor) => {
    const { page } = visitor;
    await visitor.open('/projects/payments?tab=rules&schedule=1');
    await page.locator('#preset').selectOption('own');
    await page.locator('#cron').fill('30 2 * * 1-5');
    const told = page.locator('.field-hint', { hasText: 'Monday to Friday at 02:30 UTC' });
    await told.waitFor();
    assert.equal(await told.locator('time').count(), 3);
    await visitor.check('a schedule that is told in words');
    await page.locator('#cron').fill('');
    await told.waitFor({ state: 'detached' });
  });

  walk('settings are changed, and a project is deleted by typing its name', {}, async (visitor) => {
    const project = new ProjectPage(visitor);
    await project.open('sandbox');
    await project.openSettings('sandbox');
    await project.save({ access: 'Public', description: 'For trying things out' });
    await project.page.locator('.facts').getByText('Public').waitFor();
    await visitor.open('/projects/sandbox?tab=settings');
    assert.equal(await project.page.getByRole('radio', { name: 'Public' }).isChecked(), true);
    assert.equal(await project.page.locator('#description').inputValue(), 'For trying things out');
    await project.askToDelete('sandbox');
    await project.confirmDeletion('sandbix');
    await project.dialog().getByRole('alert').getByText('sandbox').waitFor();
    await visitor.check('a wrong name');
    await project.confirmDeletion('sandbox');
    await project.assertAt('/projects');
    await project.assertSoon(async () => (await project.names()).includes('sandbox'), false);
  });

  async function tokenOf() {
    const client = await slipway.signedIn();
    const { text } = await client.open('/account/tokens');
    return /revoke=(\d+)/.exec(text)[1];
  }

  async function labelOf(project) {
    const client = await slipway.signedIn();
    const { text } = await client.open(`/projects/${project}?tab=settings`);
    return /remove-label=(\d+)/.exec(text)[1];
  }

  /** The id of a project's first robot. */
  async function robotOf(project) {
    const client = await slipway.signedIn();
    const { text } = await client.open(`/projects/${project}?tab=robots`);
    return /edit=(\d+)/.exec(text)[1];
  }

  for (const [how, options] of [['on a desk', {}], ['on a phone', { viewport: NARROW }], ['without scripts', { scripts: false }]]) {
    walk(`a robot is made, rotated, disabled and deleted ${how}`, options, async (visitor) => {
      const { page } = visitor;
      const name = `deploy-${how.replaceAll(' ', '-')}`;
      const secretOf = async (title) => {
        await page.getByRole('heading', { name: title }).waitFor();
        await visitor.ready();
        await visitor.check(`${title} ${how}`);
        const text = await page.locator('.secret-lines').textContent();
        return /slipway_robot_\w{49}/.exec(text)[0];
      };
      const signsIn = async (secret) => (await fetch(`${slipway.url}/v2/`, { headers: slipway.basic(`robot+payments+${name}`, secret) })).status;
      const menu = async (entry) => {
        await visitor.ready();
        const row = page.locator('tbody tr', { hasText: name });
        await row.hover();
        await row.locator('.cell-actions summary').click();
        await row.getByRole('link', { name: entry }).or(row.getByRole('button', { name: entry })).click();
      };

      await visitor.open('/projects/payments?tab=robots&new=1');
      await page.getByLabel('Name', { exact: true }).fill('Not A Name');
      await page.getByLabel('What it is for').fill('Deploys by night');
      await page.getByRole('radio', { name: 'Chosen one by one' }).check();
      const tick = (resource, action) => page.getByRole('group', { name: resource, exact: true }).getByRole('checkbox', { name: action, exact: true });
      await tick('Repositories', 'Push').uncheck();
      await tick('Tags', 'List').check();
      await visitor.expecting({ statuses: [422] }, async () => {
        await page.getByRole('button', { name: 'Create robot' }).click();
        await page.getByRole('alert').getByText('A robot cannot be called this').waitFor();
      });
      assert.equal(await page.locator('#name-about').getByText(/lower-case letters/i).count(), 1, 'the rule is told once');
      assert.equal(await page.getByLabel('What it is for').inputValue(), 'Deploys by night');
      assert.deepEqual([await tick('Repositories', 'Push').isChecked(), await tick('Tags', 'List').isChecked()], [false, true]);
      await visitor.check(`a refused robot ${how}`);
      await visitor.picture(`robot-words-${visitor.viewport.width}-light`, { fullPage: true });
      await page.getByLabel('Name', { exact: true }).fill(name);
      await page.getByRole('button', { name: 'Create robot' }).click();
      const first = await secretOf('The robot is ready');
      assert.equal(await signsIn(first), 200);
      await page.getByText('Kubernetes', { exact: true }).click();
      await page.locator('.pick-panel').getByText('imagePullSecrets:').waitFor();
      await page.getByRole('link', { name: 'I have copied it' }).click();
      await page.locator('tbody tr', { hasText: name }).getByText('Repositories: Pull · Tags: List').waitFor();
      await visitor.ready();
      assert.ok(!(await page.content()).includes(first), 'shown once');

      await menu('Rotate secret…');
      await page.getByRole('dialog').getByRole('radio', { name: 'Works for one more hour' }).check();
      await page.getByRole('dialog').getByRole('button', { name: 'Rotate the secret' }).click();
      const second = await secretOf('The new secret');
      assert.deepEqual([await signsIn(first), await signsIn(second)], [200, 200]);
      await page.getByRole('link', { name: 'I have copied it' }).click();
      await page.getByText('The previous secret works').waitFor();

      await menu('Disable…');
      await page.getByRole('dialog').getByRole('button', { name: 'Disable robot' }).click();
      await page.locator('tbody tr', { hasText: name }).getByText('Disabled').waitFor();
      assert.equal(await signsIn(second), 401);
      await menu('Enable…');
      await page.getByRole('dialog').getByRole('button', { name: 'Enable robot' }).click();
      await page.locator('tbody tr', { hasText: name }).getByText('Active').waitFor();
      await menu('Delete…');
      await page.getByRole('dialog').getByRole('button', { name: 'Delete robot' }).click();
      await page.locator('tbody tr', { hasText: name }).waitFor({ state: 'detached' });
      await visitor.ready();
    });
  }

  for (const scripts of [true, false]) {
    walk(`an access token is made and revoked ${scripts ? 'with' : 'without'} scripts`, { scripts }, async (visitor) => {
      const { page } = visitor;
      const name = `cli ${scripts}`;
      await visitor.open('/account/tokens?new=1');
      await page.getByLabel('Name', { exact: true }).fill(name);
      await page.getByRole('radio', { name: 'Read and write' }).check();
      await page.getByRole('button', { name: 'Create token' }).click();
      await page.getByRole('heading', { name: 'The token is ready' }).waitFor();
      await visitor.ready();
      await visitor.check('a new access token');
      const token = /slipway_pat_\w{49}/.exec(await page.locator('.secret-lines').textContent())[0];
      const signsIn = async () => (await fetch(`${slipway.url}/v2/`, { headers: slipway.basic(ADMIN, token) })).status;
      assert.equal(await signsIn(), 200);
      await page.getByRole('link', { name: 'I have copied it' }).click();
      await visitor.ready();
      const row = page.locator('tbody tr', { hasText: name });
      await row.hover();
      await row.locator('.cell-actions summary').click();
      await row.getByRole('link', { name: 'Revoke…' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Revoke token' }).click();
      await page.locator('tbody tr', { hasText: name }).waitFor({ state: 'detached' });
      assert.equal(await signsIn(), 401);
      await visitor.ready();
    });
  }

  walk('a person is found while typing, added, given another role and removed', {}, async (visitor) => {
    const project = new ProjectPage(visitor);
    const { page } = project;
    await visitor.open('/projects/storefront?tab=members&add=1');
    await project.dialog().getByLabel('Person').fill('nobody-here');
    await project.dialog().getByRole('button', { name: 'Add to the project' }).click();
    await project.dialog().getByRole('alert').getByText('Nobody has an account of this name').waitFor();
    await visitor.check('a name that nobody has');
    await project.dialog().getByLabel('Person').fill('han');
    await project.dialog().getByRole('option', { name: '김하나' }).waitFor();
    await visitor.check('people who are suggested');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    assert.equal(await project.dialog().getByLabel('Person').inputValue(), 'hana');
    await project.dialog().getByRole('button', { name: 'Add to the project' }).click();
    await project.dialog().waitFor({ state: 'detached' });
    const row = page.locator('table.table tbody tr').filter({ hasText: 'hana' });
    await row.getByText('Developer').waitFor();
    const choose = async (name) => {
      await visitor.ready();
      await row.hover();
      await row.locator('details.menu summary').click();
      await row.getByRole('link', { name }).click();
      await project.dialog().getByRole('button').first().waitFor();
    };
    await choose('Change role…');
    await project.dialog().getByRole('radio', { name: 'Maintainer' }).check();
    await visitor.check('the dialog that changes a role');
    await project.dialog().getByRole('button', { name: 'Change the role' }).click();
    await row.getByText('Maintainer').waitFor();
    await choose('Remove…');
    await visitor.check('the dialog that removes a member');
    await project.dialog().getByRole('button', { name: 'Remove' }).click();
    await row.waitFor({ state: 'detached' });
  });

  walk('projects are found and sorted', {}, async (visitor) => {
    const projects = new ProjectsPage(visitor);
    await projects.open();
    await projects.sortBy('Name');
    await projects.page.waitForURL(/sort=name/);
    await projects.filter('store');
    await projects.page.waitForURL(/filter=store/);
    await projects.assertNames(['storefront']);
    await projects.filter('no-such-thing');
    await projects.assertText('No project matches “no-such-thing”');
    await visitor.ready();
    await visitor.check('no project found');
  });

  walk('whoever leaves a list before typing has rested is not brought back', {}, async (visitor) => {
    const { page } = visitor;
    await visitor.open('/projects');
    // The other page takes longer than typing does to rest.
    await page.route(/\/_fn\//, async (route) => {
      await new Promise((resolve) => { setTimeout(resolve, 400); });
      await route.continue();
    });
    await page.locator('main input[name=filter]').fill('store');
    await page.locator('td.cell-main').getByRole('link', { name: 'storefront', exact: true }).click();
    await page.waitForURL(/\/projects\/storefront$/);
    await page.waitForTimeout(300);
    assert.equal(new URL(page.url()).pathname, '/projects/storefront');
    await page.unrouteAll({ behavior: 'wait' });
  });

  walk('a late answer about another password is not believed', {}, async (visitor) => {
    const { page } = visitor;
    const password = new PasswordPage(visitor);
    await visitor.open('/account/password');
    const question = /\/_fn\/check_password/;
    let answer;
    const late = new Promise((resolve) => { answer = resolve; });
    let questions = 0;
    await page.route(question, async (route) => {
      questions += 1;
      if (questions === 1) await late;
      await route.continue();
    });
    const asked = page.waitForRequest(question);
    await password.type('password');
    const first = await asked;
    await password.type('a wholly different wharf');
    await page.locator('.rule-met').nth(3).waitFor();
    answer();
    await (await first.response())?.finished();
    await visitor.ready();
    assert.equal((await password.met()).length, 4);
  });

  walk('the palette finds and opens with the keyboard alone', {}, async (visitor) => {
    const { page } = visitor;
    await visitor.open('/projects');
    await page.locator('body').press('/');
    const field = page.getByRole('combobox');
    await field.waitFor();
    await page.locator('[role=combobox]:focus').waitFor();
    await visitor.check('the palette before anything was typed');
    await field.pressSequentially('checkout');
    await page.getByRole('option', { name: CHECKOUT, exact: true }).first().waitFor();
    await visitor.check('the palette with results');
    await visitor.picture('palette-1440-light');
    await visitor.inTheDark(async () => {
      await visitor.checkContrast('the palette, dark');
      await visitor.picture('palette-1440-dark');
    });
    const active = () => field.evaluate((element) => document.getElementById(element.getAttribute('aria-activedescendant')).textContent);
    const first = await active();
    await field.press('ArrowDown');
    assert.notEqual(await active(), first);
    await field.press('ArrowUp');
    assert.equal(await active(), first);
    await field.press('ArrowUp');
    assert.match(await active(), /All results for/, 'it goes round');
    await field.press('Escape');
    await field.waitFor({ state: 'detached' });
    await page.keyboard.press('Control+k');
    await field.waitFor();
    await field.pressSequentially(newest.digest.slice(7, 15));
    await page.getByRole('option').filter({ hasText: newest.digest.slice(7, 15), hasNotText: 'All results' }).first().waitFor();
    await field.press('Enter');
    await page.waitForURL(new RegExp(newest.digest));
    await visitor.ready();
    await page.keyboard.press('Control+k');
    await field.pressSequentially('activity');
    await page.getByRole('option', { name: 'Activity', exact: true }).waitFor();
    await field.press('Enter');
    await page.waitForURL(/\/activity$/);
    await visitor.ready();
  });

  walk('the palette fits on a phone', { viewport: NARROW }, async (visitor) => {
    const { page } = visitor;
    await visitor.open('/projects');
    await page.getByRole('link', { name: 'Search' }).click();
    const field = page.getByRole('combobox');
    await field.fill('checkout');
    await page.getByRole('option', { name: CHECKOUT, exact: true }).first().waitFor();
    await visitor.check('the palette on a phone');
    await visitor.picture('palette-390-light');
    await page.getByRole('option', { name: CHECKOUT, exact: true }).first().click();
    await page.waitForURL(new RegExp(`/projects/${CHECKOUT}$`));
  });

  walk('without scripts the field at the top leads to the search', { scripts: false }, async (visitor) => {
    const { page } = visitor;
    await visitor.open('/projects');
    await page.locator('#search').fill('checkout');
    await page.locator('#search').press('Enter');
    await page.waitForURL(/\/search\?q=checkout/);
    await page.getByRole('link', { name: CHECKOUT, exact: true }).click();
    await page.waitForURL(new RegExp(`/projects/${CHECKOUT}$`));
  });

  for (const scripts of [true, false]) {
    walk(`activity is filtered and opened ${scripts ? 'with' : 'without'} scripts`, { scripts }, async (visitor) => {
      const { page } = visitor;
      await visitor.open('/activity');
      await page.locator('summary', { hasText: 'More filters' }).click();
      await page.getByRole('textbox', { name: 'Project', exact: true }).fill('payments');
      await page.getByRole('button', { name: 'Apply' }).click();
      await page.waitForURL(/project=payments/);
      await page.getByRole('link', { name: 'Remove the filter Project: payments' }).waitFor();
      await page.locator('summary', { hasText: 'Action' }).click();
      await page.getByRole('link', { name: 'Push', exact: true }).click();
      await page.waitForURL(/action=manifest.push/);
      assert.match(page.url(), /project=payments/);
      await visitor.ready();
      const event = page.locator('.event').first();
      await event.getByText(/pushed/).waitFor();
      await event.locator('summary').click();
      await event.getByText('Request ID').waitFor();
      if (scripts) await visitor.ready();
      await visitor.check(`an event is open ${scripts ? 'with' : 'without'} scripts`);
      await visitor.picture(`activity-open-1440-light${scripts ? '' : '-plain'}`);
      await event.getByRole('link').click();
      await page.waitForURL(/\/projects\/payments\//);
    });
  }

  for (const scripts of [true, false]) {
    walk(`a person is added, chooses a password, is disabled and deleted ${scripts ? 'with' : 'without'} scripts`, { scripts }, async (visitor) => {
      const name = scripts ? 'grace' : 'hedy';
      const users = new UsersPage(visitor);
      await users.open();
      const link = await users.add(name, { display: 'Grace Hopper' });
      await visitor.check('a one-time link');
      await users.close();
      await users.assertState(name, 'Invited');
      await chooseWith(link, name);
      await users.change(name, 'Disable…', 'Disable account');
      await users.assertState(name, 'Disabled');
      await users.change(name, 'Delete…', 'Delete account');
      await users.row(name).waitFor({ state: 'detached' });
      await visitor.check('after somebody was deleted');
    });
  }

  walk('on a phone a time in a list says what it is of', { viewport: NARROW }, async (visitor) => {
    const words = [];
    const times = [];
    for (const [list, told] of [
      ['/projects', 'Last push'],
      ['/projects/payments', 'Last push'],
      ['/projects/payments?tab=members', 'Member since'],
      ['/projects/payments?tab=storage', 'Last pulled'],
    ]) {
      await visitor.open(list);
      const rows = visitor.page.locator('table.table tbody tr');
      await rows.first().waitFor();
      const labels = await rows.locator('.cell-label:visible').allTextContents();
      assert.deepEqual(labels, Array(await rows.count()).fill(told), list);
      words.push(...(await rows.locator('.cell-label + .quiet').allInnerTexts()));
      times.push(...(await rows.locator('.cell-label + time').allInnerTexts()));
    }
    assert.deepEqual([...new Set(words)], ['never']);
    assert.ok(times.length > 0);
    for (const time of times) assert.match(time, /^(just now|\d+ (min|h) ago|yesterday)$/);
  });

  walk('on a phone what somebody is stands in one line', { viewport: NARROW }, async (visitor) => {
    await visitor.open('/admin/users');
    const badges = visitor.page.locator('.person-name').filter({ hasText: 'You' }).locator('.badge');
    assert.deepEqual(await badges.allTextContents(), ['System admin', 'You']);
    const boxes = await Promise.all((await badges.all()).map((badge) => badge.boundingBox()));
    assert.equal(boxes[0].y, boxes[1].y);
  });

  walk('the longest names leave room for their neighbours in the breadcrumbs', {}, async (visitor) => {
    await visitor.open(`/projects/${LONGEST}:${LONGEST_TAG}`);
    const crumbs = visitor.page.locator('.breadcrumbs li');
    const inside = await visitor.page.locator('.breadcrumbs').boundingBox();
    for (const crumb of await crumbs.all()) {
      const { x, width } = await crumb.boundingBox();
      assert.ok(width >= 40 && x + width <= inside.x + inside.width + 1, await crumb.textContent());
    }
  });

  for (const [where, viewport, paths] of [
    ['on a desk', WIDE, ['/projects/ci', '/projects/payments-platform-production/api', `/projects/${CHECKOUT}:1.14.2`]],
    ['on a phone', NARROW, ['/projects/ci', '/projects/payments', `/projects/${CHECKOUT}:1.14.2`]],
  ]) {
    walk(`names in the breadcrumbs are whole while there is room ${where}`, { viewport }, async (visitor) => {
      for (const path of paths) assert.deepEqual(await cutCrumbs(visitor, path), [], path);
    });
  }

  walk('a short name in the breadcrumbs is whole beside the longest', {}, async (visitor) => {
    const [project, repository] = ['p'.repeat(100), 'n'.repeat(100)];
    assert.deepEqual(await cutCrumbs(visitor, `/projects/${project}/${repository}:1.14.2-rc.1`), [project, repository]);
    assert.deepEqual(await cutCrumbs(visitor, `/projects/ci/${repository}:1.14.2-rc.1`), [repository]);
  });

  /** The steps to an address, whether or not something is there, that are seen and not whole. */
  async function cutCrumbs(visitor, path) {
    await visitor.expecting({ statuses: [404] }, () => visitor.open(path));
    const crumbs = visitor.page.locator('.breadcrumbs :is(a, span):visible');
    assert.notEqual(await crumbs.count(), 0, path);
    return crumbs.evaluateAll((crumbs) => crumbs.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1).map((crumb) => crumb.textContent));
  }

  walk('each dialog about a person asks a question', { scripts: false }, async (visitor) => {
    const users = new UsersPage(visitor);
    const person = await people.id('mira');
    for (const deed of ['reset', 'link', 'disable', 'enable', 'promote', 'demote', 'delete']) {
      await users.open(`?person=${person}&do=${deed}`);
      assert.match(await users.dialog().locator('#dialog-title').textContent(), /^[A-Z].*\?$/, deed);
    }
  });

  walk('the title of a one-time link goes with it, and the person decides what is made', {}, async (visitor) => {
    const users = new UsersPage(visitor);
    const { page } = users;
    const title = users.dialog().locator('#dialog-title');
    const titled = (text) => title.filter({ hasText: new RegExp(`^${text.replace('?', '\\?')}$`) }).waitFor();
    await users.open();
    await users.add('radia');
    await users.close();
    await page.getByRole('link', { name: 'Add person' }).first().click();
    await titled('Add a person');
    await users.dialog().getByRole('link', { name: 'Cancel' }).click();
    await users.dialog().waitFor({ state: 'detached' });
    for (let time = 0; time < 2; time += 1) {
      await users.row('radia').locator('details.menu summary').focus();
      await page.keyboard.press('Enter');
      await users.row('radia').getByText('New one-time link…').click();
      await titled('Make a new one-time link?');
      await users.dialog().getByRole('button', { name: 'Create link' }).click();
      await users.dialog().locator('.secret-text').waitFor();
      await titled('One-time link');
      await users.close();
    }
    // The list, and so the address, may be older than what is known of the person.
    await page.goto(`/admin/users?person=${await people.id('radia')}&do=reset`);
    await titled('Make a new one-time link?');
    await users.dialog().getByRole('button', { name: 'Create link' }).waitFor();
  });

  walk('what is active is told in one manner in every list', {}, async (visitor) => {
    const lists = ['/admin/users', '/admin/robots', '/projects/payments?tab=robots', '/projects/payments?tab=rules', '/account/tokens'];
    for (const list of lists) {
      await visitor.open(list);
      const marks = visitor.page.locator('table.table tbody td').getByText('Active', { exact: true });
      await marks.first().waitFor();
      for (const mark of await marks.all()) assert.equal((await mark.getAttribute('class'))?.trim(), 'badge', list);
    }
  });

  walk('what is disabled is told in one manner in every list', {}, async (visitor) => {
    const client = await slipway.signedIn();
    const send = async (path, values) => {
      await client.open(path);
      await client.submit(values);
    };
    const person = await people.id('j.okafor');
    await send(`/admin/users?person=${person}&do=disable`, { change: 'disable' });
    await slipway.createRobot('ml-inference', 'retired');
    await send(`/projects/ml-inference?tab=robots&disable=${await robotOf('ml-inference')}`, { disabled: 'true' });
    await send('/projects/ml-inference?tab=rules&rule=new', {
      tags: 'old-*', tags_except: 'false', repositories: '**', repositories_except: 'false', enabled: 'false',
    });
    for (const list of ['/admin/users', '/projects/ml-inference?tab=robots', '/projects/ml-inference?tab=rules']) {
      await visitor.open(list);
      const marks = visitor.page.locator('table.table tbody td').getByText('Disabled', { exact: true });
      await marks.first().waitFor();
      for (const mark of await marks.all()) assert.equal((await mark.getAttribute('class'))?.trim(), 'badge badge-warning', list);
    }
    await send(`/admin/users?person=${person}&do=enable`, { change: 'enable' });
  });

  /** A newcomer's own browser. */
  async function chooseWith(link, name) {
    const visitor = await browser.visitor(slipway, {});
    try {
      await visitor.open(link.replace(slipway.url, ''));
      await visitor.check('a one-time link, opened');
      await visitor.page.getByText(name).first().waitFor();
      await visitor.page.locator('#new_password').fill('a wholly different wharf');
      await visitor.page.locator('#again').fill('a wholly different wharf');
      await visitor.page.getByRole('button', { name: 'Save and sign in' }).click();
      await visitor.page.waitForURL(`${slipway.url}/`);
      await visitor.ready();
      await visitor.close();
    } finally {
      await visitor.leave();
    }
  }

  walk('a name that is taken is said beside the field, and what was typed stays', { scripts: false }, async (visitor) => {
    const users = new UsersPage(visitor);
    await users.open('?new=1');
    await visitor.expecting({ statuses: [409] }, async () => {
      await users.fillForm('mira', { display: 'Another Mira' });
      await users.dialog().getByRole('alert').getByText('This name is taken').waitFor();
    });
    assert.equal(await users.page.locator('#display_name').inputValue(), 'Another Mira');
    await visitor.check('a taken name');
  });

  for (const [where, viewport, beside] of [['beside their fields on a desk', WIDE, true], ['above them on a phone', NARROW, false]]) {
    walk(`settings say what they are about ${where}`, { viewport }, async (visitor) => {
      for (const path of ['/projects/payments?tab=settings', '/admin/settings', '/account']) {
        await visitor.open(path);
        const found = await visitor.page.evaluate(() => [...document.querySelectorAll('.form-rows :is(.field, .choices)')].map((part) => {
          const about = part.querySelector('.field-label').getBoundingClientRect();
          const control = part.querySelector('.input, .choice').getBoundingClientRect();
          return { beside: about.right <= control.left, above: about.bottom <= control.top };
        }));
        assert.ok(found.length > 1, path);
        for (const part of found) assert.deepEqual(part, { beside, above: !beside }, path);
      }
    });
  }

  walk('settings of the system are changed, and then people sign up', {}, async (visitor) => {
    await visitor.open('/admin/settings');
    await visitor.page.getByRole('radio', { name: 'Everybody can sign up' }).check();
    await Promise.all([
      visitor.page.getByText('The settings were saved.').first().waitFor(),
      visitor.page.getByRole('button', { name: 'Save', exact: true }).click(),
    ]);
    const newcomer = await browser.visitor(slipway, {});
    await newcomer.open('/login');
    await newcomer.page.getByRole('link', { name: 'Create an account' }).click();
    await newcomer.page.waitForURL(/\/register$/);
    await newcomer.ready();
    await newcomer.check('the form that creates an account');
    await newcomer.page.locator('#username').fill('ida');
    await newcomer.page.locator('#new_password').fill('a wholly different wharf');
    await newcomer.page.locator('#again').fill('a wholly different wharf');
    await newcomer.page.getByRole('button', { name: 'Create the account' }).click();
    await newcomer.page.waitForURL(`${slipway.url}/`);
    await newcomer.expecting({ statuses: [403] }, async () => {
      assert.equal(await newcomer.open('/admin/users'), 403);
    });
    await newcomer.check('a page for administrators only');
    await newcomer.close();
    await newcomer.leave();
    await visitor.open('/admin/settings');
    assert.equal(await visitor.page.getByRole('radio', { name: 'Everybody can sign up' }).isChecked(), true);
  });

  walk('the language is switched to Korean and back', {}, async (visitor) => {
    const overview = new OverviewPage(visitor);
    await overview.open();
    await overview.chooseLanguage('한국어');
    assert.equal(await overview.heading().textContent(), '개요');
    assert.equal(await overview.page.locator('html').getAttribute('lang'), 'ko');
    for (const [name, path] of [['overview', '/'], ['projects', '/projects'], ['activity', '/activity'], ['search', '/search?q=check'], ['tags', `/projects/${CHECKOUT}`],
      ['artifact', `/projects/${CHECKOUT}:1.14.2`], ['settings', '/projects/payments?tab=settings'], ['storage', '/projects/payments?tab=storage'], ['robots', '/projects/payments?tab=robots'],
      ['robots-new', '/projects/payments?tab=robots&new=1'], ['tokens', '/account/tokens'], ['project-push', '/projects/payments?push=1'], ['password', '/password'],
      ['account', '/account'], ['account-devices', '/account/devices'], ['users', '/admin/users'], ['users-new', '/admin/users?new=1'], ['admin-settings', '/admin/settings']]) {
      await visitor.open(path);
      await visitor.checkLayout(`${name} in Korean`);
      await visitor.picture(`${name}-1440-light-ko`, { fullPage: true });
    }
    await overview.open();
    await overview.chooseLanguage('English');
    assert.equal(await overview.heading().textContent(), 'Overview');
  });

  walk('Korean fits on a phone', { viewport: NARROW, language: 'ko-KR' }, async (visitor) => {
    for (const [name, path] of [['overview', '/'], ['activity', '/activity'], ['tags', `/projects/${CHECKOUT}`], ['artifact', `/projects/${CHECKOUT}:1.14.2`],
      ['project-new', '/projects/new'], ['users', '/admin/users'], ['account-devices', '/account/devices'], ['admin-settings', '/admin/settings']]) {
      await visitor.open(path);
      assert.equal(await visitor.page.locator('html').getAttribute('lang'), 'ko');
      await visitor.checkLayout(`${name} in Korean on a phone`);
      await visitor.picture(`${name}-390-light-ko`, { fullPage: true });
    }
  });

  walk('the theme is chosen, kept, and does not flash', {}, async (visitor) => {
    const overview = new OverviewPage(visitor);
    await overview.open();
    const [light] = await visitor.grounds();
    await overview.chooseTheme('Dark');
    assert.equal(await overview.page.locator('html').getAttribute('data-theme'), 'dark');
    await overview.open();
    const dark = await visitor.grounds();
    assert.equal(dark.length, 1, `flashed: ${dark}`);
    assert.notEqual(dark[0], light);
    await visitor.check('the dark theme');
    await overview.chooseTheme('System');
    await overview.open();
    assert.deepEqual(await visitor.grounds(), [light]);
    await visitor.page.emulateMedia({ colorScheme: 'dark' });
    assert.equal(await visitor.page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor), dark[0]);
  });

  walk('theme and language are chosen without scripts', { scripts: false }, async (visitor) => {
    const overview = new OverviewPage(visitor);
    await overview.open();
    await overview.chooseTheme('Dark');
    assert.equal(await overview.page.locator('html').getAttribute('data-theme'), 'dark');
    await overview.chooseLanguage('한국어');
    assert.equal(await overview.heading().textContent(), '개요');
    await visitor.check('the dark theme in Korean without scripts');
  });

  walk('everything is reached with the keyboard', {}, async (visitor) => {
    const repository = new RepositoryPage(visitor);
    const { page } = repository;
    await repository.open(CHECKOUT);
    const stops = await visitor.assertTabOrder('tags', 40);
    assert.match(stops[0], /Skip to content/);
    assert.ok(stops.some((stop) => /Overview/.test(stop)) && stops.some((stop) => /Docker/.test(stop)), stops.join('\n'));

    const palette = page.getByRole('dialog', { name: 'Search' });
    for (const keys of ['/', 'Control+k']) {
      await page.locator('h1').click();
      await page.keyboard.press(keys);
      await palette.locator('[role=combobox]:focus').waitFor();
      await page.keyboard.press('Escape');
      await palette.waitFor({ state: 'detached' });
    }

    const menu = repository.row('1.14.1').locator('details.menu');
    await menu.locator('summary').focus();
    await page.keyboard.press('Enter');
    await menu.getByText('Delete…').waitFor();
    await visitor.check('the menu of a row');
    await page.keyboard.press('Escape');
    await menu.getByText('Delete…').waitFor({ state: 'hidden' });
    assert.equal(await page.evaluate(() => document.activeElement.nodeName), 'SUMMARY');

    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await repository.dialog().waitFor();
    await page.waitForFunction(() => document.querySelector('dialog').contains(document.activeElement));
    await page.keyboard.press('Escape');
    await repository.dialog().waitFor({ state: 'detached' });
    await page.waitForURL((url) => url.search === '');

    const overview = new OverviewPage(visitor);
    await overview.open();
    await overview.accountMenu().locator('summary').focus();
    await page.keyboard.press('Enter');
    await overview.accountMenu().getByText('Appearance').waitFor();
    await visitor.check('the account menu');
    await visitor.picture('account-menu-1440-light');
    await visitor.assertTabOrder('the account menu', 6);
    await page.keyboard.press('Escape');
    await overview.accountMenu().getByText('Appearance').waitFor({ state: 'hidden' });
  });

  walk('a dialog opens with the focus on its first field', {}, async (visitor) => {
    const fields = [
      ['/projects/payments?tab=rules&rule=new', 'select[name=tags_except]'],
      ['/projects/payments?tab=rules&keep=new', 'select[name=kind]'],
      ['/projects/payments?tab=settings&label=new', 'input[name=name]'],
      // Of radio buttons it is the one that is chosen, which is not the first here.
      [`/projects/payments?tab=robots&rotate=${await robotOf('payments')}`, 'input[name=overlap][value=day]'],
    ];
    for (const [path, field] of fields) {
      await visitor.open(path);
      await visitor.page.getByRole('dialog').locator(`${field}:focus`).waitFor();
    }
  });

  walk('the drawer opens and closes on a phone', { viewport: NARROW }, async (visitor) => {
    const overview = new OverviewPage(visitor);
    await overview.open();
    await overview.page.getByRole('button', { name: 'Open menu' }).click();
    await overview.page.getByRole('navigation', { name: 'Main menu' }).getByText('payments').waitFor();
    await visitor.check('the drawer');
    await visitor.picture('drawer-390-light');
    await overview.page.keyboard.press('Escape');
    await overview.page.getByRole('navigation', { name: 'Main menu' }).waitFor({ state: 'hidden' });
    await overview.page.getByRole('button', { name: 'Open menu' }).click();
    await overview.go(overview.page.getByRole('navigation', { name: 'Main menu' }).getByText('payments'), '/projects/payments');
    await overview.page.getByRole('navigation', { name: 'Main menu' }).waitFor({ state: 'hidden' });
  });

  walk('what does not exist is a page too', {}, async (visitor) => {
    for (const path of ['/nowhere', '/projects/no-such-project', '/projects/payments/no-such-repository', `/projects/${CHECKOUT}:no-such-tag`,
      `/projects/${CHECKOUT}@sha256:${'0'.repeat(64)}`, '/projects/NOT%20A%20NAME']) {
      await visitor.expecting({ statuses: [404, 422] }, async () => {
        assert.ok([404, 422].includes(await visitor.open(path)), path);
        assert.equal(await visitor.page.locator('h1').count(), 1, path);
      });
      await visitor.page.getByRole('link', { name: 'Go to the overview' }).waitFor();
      await visitor.check(path);
    }
  });

  walk('a session that has ended leads back to the same page', {}, async (visitor) => {
    const repository = new RepositoryPage(visitor);
    await repository.open(CHECKOUT);
    await visitor.context.clearCookies();
    await visitor.expecting({ statuses: [401] }, async () => {
      await repository.turn('Next').click();
      await repository.assertText('Your session has ended');
    });
    await visitor.check('a session that has ended');
    await repository.page.waitForURL((url) => url.search !== '');
    const back = new URL(repository.page.url());
    await repository.page.getByRole('link', { name: 'Sign in again' }).first().click();
    const login = new LoginPage(visitor);
    await repository.page.waitForURL(/\/login\?next=/);
    await visitor.ready();
    await visitor.check('sign-in after the session has ended');
    await login.signIn(ADMIN, PASSWORD, back.pathname + back.search);
    await repository.page.getByText(/^51–/).waitFor();
  });

  walk('a lost connection is said, and tried again', {}, async (visitor) => {
    const repository = new RepositoryPage(visitor);
    await repository.open(CHECKOUT);
    await visitor.expecting({ offline: true }, async () => {
      await visitor.context.setOffline(true);
      await repository.turn('Next').click();
      await repository.assertText('The server is out of reach');
    });
    await visitor.check('a lost connection');
    await visitor.context.setOffline(false);
    await repository.page.getByRole('button', { name: 'Try again' }).click();
    await repository.page.getByText(/^51–/).waitFor();
  });

  test('nobody sees a private project without signing in', async () => {
    for (const scripts of [true, false]) {
      const visitor = await browser.visitor(slipway, { scripts });
      await visitor.open(`/projects/${CHECKOUT}:1.14.2`);
      const login = new LoginPage(visitor);
      await login.assertAt(`/login?next=/projects/${CHECKOUT}:1.14.2`);
      await login.assertText(`${CHECKOUT}:1.14.2`);
      assert.ok(!(await visitor.page.content()).includes(newest.digest));
      await visitor.check('sign-in on the way to an artifact');
      await login.signIn(ADMIN, PASSWORD, `/projects/${CHECKOUT}:1.14.2`);
      await login.signOut();
      await visitor.close();
    }
  });

  walk('a push shows on the overview', {}, async (visitor) => {
    await pusher.image('storefront/web/ssr-renderer', { platform: { os: 'linux', architecture: 'amd64' }, steps: [{ by: 'COPY x /', size: 1000 }], config: {} }, 'just-now');
    const overview = new OverviewPage(visitor);
    await overview.open();
    assert.equal((await overview.recentPushes())[0], 'storefront/web/ssr-renderer:just-now');
  });
});
