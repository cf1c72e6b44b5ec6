// A new user's first hour in the browser: sign in, choose a password, create a project, push, look, pull, delete.
// The same walk on a desk, on a phone, and without scripts.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Browser, CHROMIUM, FOR_DOCS, NARROW, WIDE } from '../harness/browser.mjs';
import { Docker } from '../harness/docker.mjs';
import { Layout } from '../harness/images.mjs';
import { missing, must } from '../harness/process.mjs';
import { ADMIN, DEFAULT_PASSWORD, PASSWORD, Slipway } from '../harness/slipway.mjs';
import { ArtifactPage } from '../pages/artifact.mjs';
import { LoginPage } from '../pages/login.mjs';
import { OverviewPage } from '../pages/overview.mjs';
import { PasswordPage } from '../pages/password.mjs';
import { ProjectPage } from '../pages/project.mjs';
import { NewProjectPage } from '../pages/projects.mjs';
import { RepositoryPage } from '../pages/repository.mjs';

const skip = await missing(CHROMIUM) || await missing('docker', 'dockerd', 'skopeo');

const WALKS = [
  { name: 'on a desk', viewport: WIDE, scripts: true },
  { name: 'on a phone', viewport: NARROW, scripts: true },
  { name: 'without scripts', viewport: WIDE, scripts: false },
  { name: 'without scripts on a phone', viewport: NARROW, scripts: false },
];

describe('the first hour', { skip }, () => {
  let browser;
  let docker;
  let folder;

  before(async () => {
    browser = await Browser.start();
    docker = await Docker.start({ insecure: '127.0.0.0/8' });
    folder = await mkdtemp(join(tmpdir(), 'slipway-story-'));
    const layout = await Layout.create();
    const source = await layout.name(await layout.image({ sizes: [3 << 20, 1 << 20, 100] }), 'hoho');
    const archive = join(folder, 'hoho.tar');
    await must('skopeo', ['copy', source, `docker-archive:${archive}:myimage:hoho`]);
    await docker.run('load', '-i', archive);
    await rm(layout.path, { recursive: true });
  });

  after(async () => {
    await browser?.stop();
    await docker?.stop();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  for (const walk of WALKS) {
    test(walk.name, async () => {
      const slipway = await Slipway.start({ fresh: true, ...(FOR_DOCS ? { port: 8080, name: 'localhost' } : {}) });
      const visitor = await browser.visitor(slipway, walk);
      try {
        await firstHour(visitor, slipway, docker);
      } catch (error) {
        await visitor.failure(walk.name);
        error.message += `\nat ${visitor.page.url()}\n${visitor.problems.join('\n')}`;
        throw error;
      } finally {
        await visitor.leave();
        await slipway.stop();
      }
    });
  }
});

async function firstHour(visitor, slipway, docker) {
  await signIn(visitor);
  await createProject(visitor, slipway);
  await push(visitor, slipway, docker);
  await look(visitor, slipway, docker);
  await tidyUp(visitor);
  await visitor.close();
}

async function signIn(visitor) {
  const { scripts } = visitor;
  const login = new LoginPage(visitor);
  await visitor.open('/projects');
  await login.assertAt('/login?next=/projects');
  await login.open();
  await visitor.check('sign-in');
  await visitor.expecting({ statuses: [401] }, async () => {
    await login.signIn(ADMIN, 'not the password', null);
    await login.assertText('Name and password do not match');
  });
  await visitor.ready();
  assert.equal(await login.name().inputValue(), ADMIN, 'the name needs not be typed again');
  await visitor.check('a refused sign-in');

  await login.signIn(ADMIN, DEFAULT_PASSWORD, '/password');
  const choice = new PasswordPage(visitor);
  await choice.assertText('This server still uses the administrator password it was delivered with.');
  await visitor.open('/projects');
  await choice.assertAt('/password');
  await visitor.check('choice of a password');

  if (scripts) {
    await choice.type('slipway-admin', 'slip');
    await choice.assertText('Same so far');
    await choice.assertText('At least 12 characters (13 now)');
    assert.ok(!(await choice.met()).includes('Hard to guess'));
  }
  await choice.type(PASSWORD, PASSWORD);
  if (scripts) {
    await choice.page.waitForFunction(() => document.querySelectorAll('.rule-met').length === 4);
    await choice.assertText('Strong');
    await visitor.check('a chosen password');
  }
  await choice.save();
  await choice.assertAt('/');
}

async function createProject(visitor, { host, url }) {
  const { scripts } = visitor;
  const overview = new OverviewPage(visitor);
  await overview.assertSoon(() => overview.steps(), ['Password done', 'Project next', 'Login later', 'First push later', 'Robot for CI later']);
  await overview.assertText('Nothing is stored yet');
  await visitor.check('an empty overview');

  await overview.go(overview.page.getByRole('link', { name: 'Create a project' }), '/projects/new');
  const form = new NewProjectPage(visitor);
  await visitor.check('a new project');
  if (scripts) {
    await form.fill({ name: 'Organi zation' });
    await form.known().getByText('Not a name').waitFor();
    await form.page.locator('.field-error').getByText('A name has no spaces. Use a hyphen.').waitFor();
    await visitor.check('a malformed name');
  }
  await form.fill({ name: 'organization', access: 'Private', description: 'What the organization ships' });
  if (scripts) await form.known().getByText('Free').waitFor();
  await form.create('organization');

  const project = new ProjectPage(visitor);
  await project.assertText('Push your first image');
  const lines = [`docker login ${host} -u ${ADMIN}`, `docker tag my-app:latest ${host}/organization/my-app:1.0.0`, `docker push ${host}/organization/my-app:1.0.0`];
  await project.assertSoon(async () => (await project.commands()).slice(0, 3), lines);
  if (scripts) assert.equal(await project.copy('docker login'), lines[0]);
  await project.waiting().waitFor();
  await visitor.check('an empty project');
  await visitor.picture(`project-empty-${visitor.viewport.width}-light${scripts ? '' : '-plain'}`, { fullPage: visitor.narrow });

  // The name is taken now, and the form says so.
  await form.open();
  await form.fill({ name: 'organization' });
  if (scripts) await form.known().getByText('Taken').waitFor();
  await visitor.expecting({ statuses: [409] }, async () => {
    await form.page.getByRole('button', { name: 'Create project' }).click();
    await form.assertText('This name is taken. Choose another one.');
  });
  await visitor.ready();
  await visitor.check('a name that is taken');
  assert.equal(new URL(form.page.url()).origin, url);
  await project.open('organization');
}

async function push(visitor, { host }, docker) {
  const project = new ProjectPage(visitor);
  const [login] = await project.commands();
  assert.equal(login, `docker login ${host} -u ${ADMIN}`);
  const { code, output } = await docker.login(host, ADMIN, PASSWORD);
  assert.equal(code, 0, output);
  const name = `${host}/organization/myimage:hoho`;
  await docker.run('tag', 'myimage:hoho', name);
  await docker.run('push', name);
  if (visitor.scripts) {
    // The page changes by itself.
    await project.row('myimage').waitFor();
    await visitor.ready();
  } else {
    await project.open('organization');
  }
  await project.assertNames(['myimage']);
  await visitor.check('a project with a repository');
}

async function look(visitor, { host }, docker) {
  const project = new ProjectPage(visitor);
  await project.go(project.row('myimage').getByRole('link', { name: 'myimage' }), '/projects/organization/myimage');
  const repository = new RepositoryPage(visitor);
  await repository.assertSoon(() => repository.heading().textContent(), 'organization/myimage');
  const row = repository.row('hoho');
  const told = await row.textContent();
  assert.match(told, /amd64/);
  assert.match(told, /4\.2\d\u00a0MB/);
  assert.match(told, new RegExp(`(Just now|min ago).*${ADMIN}|${ADMIN}.*(Just now|min ago)`));
  await visitor.check('tags');

  await repository.go(row.getByRole('link', { name: 'hoho', exact: true }), '/projects/organization/myimage:hoho');
  const artifact = new ArtifactPage(visitor);
  await artifact.heading().filter({ hasText: 'organization/myimage:hoho' }).waitFor();
  await artifact.assertSoon(async () => (await artifact.steps()).map((step) => step.replace(/\s+/g, ' ').trim()),
    ['COPY layer-0 /', 'COPY layer-1 /', 'COPY layer-2 /', 'ENTRYPOINT ["/layer-0"]']);
  assert.equal(await artifact.configured('Entrypoint'), '/layer-0');
  assert.equal(await artifact.configured('Command'), 'serve --port 8080');
  assert.match(await artifact.configured('User'), /10001:10001\s+not root/);
  assert.equal(await artifact.configured('Ports'), '8080/tcp');
  assert.match(await artifact.rawManifest(), /"schemaVersion": 2/);
  await artifact.page.locator('.layer summary').first().click();
  await artifact.assertText('No other tag has it');
  await visitor.check('an artifact');

  // The line on the page is one that works.
  const [pull] = await artifact.commands();
  assert.equal(pull, `docker pull ${host}/organization/myimage:hoho`);
  await docker.run('rmi', `${host}/organization/myimage:hoho`);
  await docker.run(...pull.split(' ').slice(1));
  for (const [client, line] of [
    ['Podman', `podman pull --tls-verify=false ${host}/organization/myimage:hoho`],
    ['containerd', `ctr images pull --plain-http --user ${ADMIN} ${host}/organization/myimage:hoho`],
    ['Crane', `crane pull --insecure ${host}/organization/myimage:hoho image.tar`],
    ['Kubernetes', `image: ${host}/organization/myimage:hoho`],
  ]) {
    await artifact.chooseClient(client);
    await artifact.page.locator('.command code').filter({ hasText: line }).waitFor();
  }
  await visitor.check('how to pull in Kubernetes');

  const overview = new OverviewPage(visitor);
  await overview.open();
  assert.deepEqual(await overview.recentPushes(), ['organization/myimage:hoho']);
  await visitor.check('an overview after the first push');
}

async function tidyUp(visitor) {
  const artifact = new ArtifactPage(visitor);
  await artifact.open('organization/myimage', 'hoho');
  await artifact.page.getByRole('link', { name: 'Delete…', exact: true }).click();
  await artifact.dialog().getByText('Tags to delete: hoho.').waitFor();
  await visitor.check('the dialog that deletes an artifact');
  await artifact.dialog().getByRole('link', { name: 'Cancel' }).click();
  await artifact.dialog().waitFor({ state: 'detached' });
  await artifact.page.getByRole('link', { name: 'Delete…', exact: true }).click();
  await artifact.dialog().getByRole('button', { name: 'Delete artifact' }).click();
  await artifact.assertAt('/projects/organization/myimage');
  await artifact.assertText('No tags');
  await visitor.check('a repository without tags');

  const project = new ProjectPage(visitor);
  await project.open('organization');
  await project.openSettings('organization');
  await project.save({ access: 'Public', description: 'Open to all' });
  await visitor.ready();
  await project.assertText('Open to all');
  await visitor.check('settings');
  await project.askToDelete('organization');
  await visitor.check('the dialog that deletes a project');
  await visitor.expecting({ statuses: [422] }, async () => {
    await project.confirmDeletion('organisation');
    await project.dialog().getByText('Type organization to go on').first().waitFor();
  });
  await visitor.ready();
  await project.confirmDeletion('organization');
  await project.assertAt('/projects');
  await project.assertNames(['library']);
  await visitor.check('projects');

  await project.signOut();
  await project.assertText('You are signed out.');
  await visitor.check('after signing out');
  await visitor.open('/projects/organization');
  await project.assertAt('/login?next=/projects/organization');
}
