// Scenes of the console that no address alone leads to: before the door, after a click, a while later, without rights, without a
// server. Each is looked at on a desk and on a phone, in both themes.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { Browser, CHROMIUM, NARROW, WIDE } from '../harness/browser.mjs';
import { Pusher, SIGNATURE } from '../harness/content.mjs';
import { FormClient } from '../harness/forms.mjs';
import { Postgres, missingPostgres } from '../harness/postgres.mjs';
import { missing } from '../harness/process.mjs';
import { ADMIN, DEFAULT_PASSWORD, Slipway } from '../harness/slipway.mjs';
import { LoginPage } from '../pages/login.mjs';
import { PasswordPage } from '../pages/password.mjs';
import { RepositoryPage } from '../pages/repository.mjs';
import { UsersPage } from '../pages/users.mjs';

const skip = await missing(CHROMIUM) || await missingPostgres();

const IMAGE = 'harbour/tides';
const SIGNATURES = 110;
const CHOSEN = 'a wholly different wharf';

describe('a scene', { skip }, () => {
  let postgres;
  let slipway;
  let untouched;
  let browser;
  let link;

  before(async () => {
    postgres = await Postgres.start();
    slipway = await Slipway.start({ env: { SLIPWAY_DATABASE__URL: postgres.url, SLIPWAY_SECRET_KEY: randomBytes(32).toString('hex') } });
    untouched = await Slipway.start({ fresh: true });
    browser = await Browser.start();
    await slipway.createProject('harbour');
    await slipway.createRobot('harbour', 'ci', { description: 'Builds at night' });
    await slipway.keepTags('harbour', 'newest_patches', '1', '**');
    const pusher = new Pusher(slipway);
    const image = (tag) => pusher.image(IMAGE, {
      platform: { os: 'linux', architecture: 'amd64' }, config: {}, steps: [{ by: `COPY ${tag} /`, size: 200_000 }],
    }, tag);
    const signed = await image('1.0.0');
    for (let time = 0; time < SIGNATURES; time += 1) await pusher.attach(IMAGE, signed, SIGNATURE, `signature ${time}`);
    const { digest } = await image('0.9.0');
    assert.equal((await slipway.v2(`${IMAGE}/manifests/${digest}`, { method: 'DELETE' })).status, 202);
    link = await invite('lena');
    await arrive('olga');
  });

  after(async () => {
    await browser?.stop();
    await Promise.all([slipway?.stop(), untouched?.stop()]);
    await postgres?.stop();
  });

  async function rest(method, path, body) {
    const headers = { ...slipway.basic(), 'content-type': 'application/json' };
    const answer = await fetch(`${slipway.url}/api/v2.0/${path}`, { method, headers, body: JSON.stringify(body) });
    const text = await answer.text();
    assert.ok(answer.ok, `${path}: ${answer.status} ${text}`);
    return text;
  }

  /** The one-time link of a new person, as a path. */
  async function invite(username) {
    return JSON.parse(await rest('POST', 'users', { username })).password_link.replace(slipway.url, '');
  }

  /** Has a new person choose a password. */
  async function arrive(username) {
    const client = new FormClient(slipway.url);
    await client.open(await invite(username));
    assert.equal((await client.submit({ new_password: CHOSEN, again: CHOSEN })).status, 200);
  }

  /** The cookies of a new session. */
  async function session(...who) {
    const { cookies } = await slipway.signedIn(...who);
    return [...cookies].map(([name, value]) => ({ name, value, url: slipway.url, httpOnly: true, sameSite: 'Lax' }));
  }

  /** Looks at what `lead` leads to, as an administrator unless it is said as whom. */
  function scene(name, lead, { at = () => slipway, as = () => session() } = {}) {
    for (const [where, viewport] of [['on a desk', WIDE], ['on a phone', NARROW]]) {
      test(`${name} ${where}`, async () => {
        const visitor = await browser.visitor(at(), { viewport });
        try {
          await visitor.context.addCookies(await as());
          await lead(visitor, visitor.page);
          await visitor.look(name);
          await visitor.close();
        } catch (error) {
          await visitor.failure(`${name} ${where}`);
          error.message += `\nat ${visitor.page.url()}\n${visitor.problems.join('\n')}`;
          throw error;
        } finally {
          await visitor.leave();
        }
      });
    }
  }

  const stranger = { as: () => [] };

  scene('login', (visitor) => visitor.open('/login'), stranger);

  scene('login-refused', async (visitor) => {
    const login = new LoginPage(visitor);
    await login.open();
    await visitor.expecting({ statuses: [401] }, async () => {
      await login.signIn(ADMIN, 'not the password', null);
      await login.assertText('Name and password do not match');
    });
    await visitor.ready();
  }, stranger);

  scene('login-expired', async (visitor) => {
    await postgres.query('DELETE FROM sessions');
    await visitor.open('/login?next=/projects/harbour');
    await visitor.page.getByText('Your session has ended').waitFor();
  });

  scene('login-signed-out', async (visitor) => {
    const login = new LoginPage(visitor);
    await visitor.open('/');
    await login.signOut();
  });

  scene('register', async (visitor) => {
    await rest('PUT', 'configurations', { self_registration: true });
    assert.equal(await visitor.open('/register'), 200);
    await visitor.page.locator('#again').waitFor();
  }, stranger);

  scene('invitation', async (visitor, page) => {
    assert.equal(await visitor.open(link), 200);
    await page.getByText('lena').first().waitFor();
    await page.locator('#new_password').fill('lena');
    await page.getByText(/At least \d+ characters \(4 now\)/).first().waitFor();
    await visitor.ready();
  }, stranger);

  scene('invitation-void', (visitor) => visitor.expecting({ statuses: [404] }, async () => {
    assert.equal(await visitor.open('/invitation?key=nothing'), 404);
  }), stranger);

  scene('password-first', async (visitor) => {
    const login = new LoginPage(visitor);
    await login.open();
    await login.signIn(ADMIN, DEFAULT_PASSWORD, '/password');
    const choice = new PasswordPage(visitor);
    await choice.assertText('This server still uses the administrator password it was delivered with.');
  }, { at: () => untouched, ...stranger });

  // A page of the server's own, without scripts.
  scene('api-docs', async (visitor, page) => {
    assert.equal((await page.goto('/api/docs')).status(), 200);
    await page.getByRole('heading', { name: 'REST API', exact: true }).waitFor();
  }, stranger);

  scene('step-up', async (visitor, page) => {
    await postgres.forgetProofs();
    await visitor.open('/projects/harbour?tab=settings&delete=1');
    await page.getByRole('dialog').locator('#step-up').waitFor();
  });

  scene('robot-ready', async (visitor, page) => {
    await visitor.open('/projects/harbour?tab=robots&new=1');
    await page.getByLabel('Name', { exact: true }).fill(`deploy-${visitor.viewport.width}`);
    await page.getByRole('button', { name: 'Create robot' }).click();
    await page.getByRole('heading', { name: 'The robot is ready' }).waitFor();
    await visitor.ready();
  });

  scene('robot-rotated', async (visitor, page) => {
    await visitor.open(`/projects/harbour?tab=robots&rotate=${await found('/projects/harbour?tab=robots', /rotate=(\d+)/)}`);
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate the secret' }).click();
    await page.getByRole('heading', { name: 'The new secret' }).waitFor();
    await visitor.ready();
  });

  scene('token-ready', async (visitor, page) => {
    await visitor.open('/account/tokens?new=1');
    await page.getByLabel('Name', { exact: true }).fill(`laptop ${visitor.viewport.width}`);
    await page.getByRole('button', { name: 'Create token' }).click();
    await page.getByRole('heading', { name: 'The token is ready' }).waitFor();
    await visitor.ready();
  });

  scene('users-link', async (visitor) => {
    const users = new UsersPage(visitor);
    await users.open('?new=1');
    await users.fillForm(`grace-${visitor.viewport.width}`, { display: 'Grace Hopper' });
    await users.dialog().locator('.secret-text').waitFor();
    await visitor.ready();
  });

  scene('trash-filled', async (visitor, page) => {
    await visitor.open('/projects/harbour?tab=trash');
    await page.locator('table.table tbody tr', { hasText: IMAGE }).waitFor();
    const boxes = await page.locator('table.table').getByRole('checkbox').count();
    assert.deepEqual([await page.locator('.trash-hint').count(), boxes], [0, 0], 'one entry alone is not ticked');
  });

  scene('trash-purge', async (visitor, page) => {
    await visitor.open(`/projects/harbour?tab=trash&purge=${await found('/projects/harbour?tab=trash', /purge=(\d+)/)}`);
    await page.getByRole('dialog').getByText('cannot be restored any more').waitFor();
  });

  scene('storage-trash', async (visitor, page) => {
    await visitor.open('/projects/harbour?tab=storage');
    await page.locator('.storage-figures').getByRole('heading', { name: 'In the trash' }).waitFor();
  });

  scene('schedule-told', async (visitor, page) => {
    await visitor.open('/projects/harbour?tab=rules&schedule=1');
    await page.locator('#preset').selectOption('own');
    await page.locator('#cron').fill('30 2 * * 1-5');
    await page.locator('.field-hint', { hasText: 'Monday to Friday at 02:30 UTC' }).waitFor();
    await visitor.ready();
  });

  scene('referrers', async (visitor, page) => {
    await visitor.open(`/projects/${IMAGE}:1.0.0`);
    await page.locator('section[aria-labelledby=referrers] .pager').getByText(`1–100 of ${SIGNATURES}`).waitFor();
  });

  scene('referrers-second', async (visitor, page) => {
    await visitor.open(`/projects/${IMAGE}:1.0.0`);
    const referrers = page.locator('section[aria-labelledby=referrers]');
    await referrers.getByRole('link', { name: 'Next' }).click();
    await referrers.locator('.pager').getByText(`101–${SIGNATURES} of ${SIGNATURES}`).waitFor();
    await visitor.ready();
    assert.equal(await referrers.locator('.referrer').count(), SIGNATURES - 100);
  });

  scene('not-found', (visitor) => visitor.expecting({ statuses: [404] }, async () => {
    assert.equal(await visitor.open('/projects/harbour/no-such-repository'), 404);
  }));

  scene('forbidden', (visitor) => visitor.expecting({ statuses: [403] }, async () => {
    assert.equal(await visitor.open('/admin/users'), 403);
  }), { as: () => session('olga', CHOSEN) });

  scene('session-ended', async (visitor) => {
    const repository = new RepositoryPage(visitor);
    await repository.open(IMAGE);
    await visitor.context.clearCookies();
    await visitor.expecting({ statuses: [401] }, async () => {
      await repository.sortBy('Name');
      await repository.assertText('Your session has ended');
    });
    await visitor.ready();
  });

  scene('offline', async (visitor) => {
    const repository = new RepositoryPage(visitor);
    await repository.open(IMAGE);
    await visitor.expecting({ offline: true }, async () => {
      await visitor.context.setOffline(true);
      await repository.sortBy('Name');
      await repository.assertText('The server is out of reach');
    });
    await visitor.ready();
  });

  /** What a page of the administrator's says. */
  async function found(path, what) {
    const client = await slipway.signedIn();
    const { text } = await client.open(path);
    const [, value] = what.exec(text) ?? [];
    assert.ok(value, `${path} has no ${what}`);
    return value;
  }
});
