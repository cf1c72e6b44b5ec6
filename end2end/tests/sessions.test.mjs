// One browser at three replicas on one PostgreSQL: what it proves at one counts at the others, and what is refused is refused by all.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { FormClient } from '../harness/forms.mjs';
import { Postgres, missingPostgres } from '../harness/postgres.mjs';
import { until } from '../harness/process.mjs';
import { ADMIN, PASSWORD, Slipway } from '../harness/slipway.mjs';

/** Where the load balancer would be; each request is sent straight to a replica. */
const SITE = 'https://registry.example.com';

const skip = await missingPostgres();

describe('a session at three replicas', { skip }, () => {
  const replicas = [];
  let postgres;

  before(async () => {
    postgres = await Postgres.start();
    const env = { SLIPWAY_PUBLIC_URL: SITE, SLIPWAY_SECRET_KEY: randomBytes(32).toString('hex'), SLIPWAY_DATABASE__URL: postgres.url };
    replicas.push(...await Promise.all([0, 1, 2].map(() => Slipway.start({ env }))));
  });

  after(async () => {
    for (const replica of replicas) await replica.stop();
    await postgres?.stop();
  });

  /** The administrator's browser, whose requests go to the replica that it is `at`. */
  async function signedIn(at) {
    const browser = new FormClient(SITE, { fetch: (url, options) => fetch(String(url).replace(SITE, browser.at.url), options) });
    browser.at = at;
    await browser.open('/login');
    const page = await browser.submit({ username: ADMIN, password: PASSWORD });
    assert.equal(page.url, `${SITE}/`, page.text);
    return browser;
  }

  /** Calls a server function with a browser's cookies and these headers. */
  function call(browser, replica, name, fields, headers) {
    const cookie = [...browser.cookies].map(([key, value]) => `${key}=${value}`).join('; ');
    const options = { method: 'POST', redirect: 'manual', headers: { accept: 'application/json', cookie, ...headers } };
    return fetch(`${replica.url}/_fn/${name}`, { ...options, body: new URLSearchParams(fields) });
  }

  async function create(...names) {
    const headers = { ...replicas[0].basic(), 'content-type': 'application/json' };
    for (const name of names) {
      const made = await fetch(`${replicas[0].url}/api/v2.0/projects`, { method: 'POST', headers, body: JSON.stringify({ project_name: name }) });
      assert.equal(made.status, 201, await made.text());
    }
  }

  const exists = async (name) => (await fetch(`${replicas[0].url}/api/v2.0/projects/${name}`, { headers: replicas[0].basic() })).status === 200;

  const gone = (name) => until(`${name} to be gone`, async () => !await exists(name));

  /** Deletes a project with the form where the browser is: whether that asked for the password, and the page after it. */
  async function remove(browser, name, values = {}) {
    const { text } = await browser.open(`/projects/${name}?tab=settings&delete=1`);
    const asked = text.includes('name="password"');
    return { asked, page: await browser.submit({ confirmation: name, ...values }) };
  }

  test('a password that was given at one counts at the others, and an old one at none', async () => {
    await create('one', 'two', 'three', 'four', 'five');
    const [browser, other] = [await signedIn(replicas[0]), await signedIn(replicas[1])];
    browser.at = replicas[1];
    const fresh = await remove(browser, 'one');
    assert.deepEqual([fresh.asked, fresh.page.url], [false, `${SITE}/projects`], fresh.page.text);
    await gone('one');

    await postgres.forgetProofs();
    for (const replica of replicas) {
      browser.at = replica;
      const { asked, page } = await remove(browser, 'two');
      assert.deepEqual([asked, page.status], [true, 422], page.text);
    }
    assert.ok(await exists('two'));

    browser.at = replicas[0];
    const proven = await remove(browser, 'two', { password: PASSWORD });
    assert.deepEqual([proven.asked, proven.page.url], [true, `${SITE}/projects`], proven.page.text);
    for (const [index, name] of ['three', 'four'].entries()) {
      browser.at = replicas[index + 1];
      const { asked, page } = await remove(browser, name);
      assert.deepEqual([asked, page.url], [false, `${SITE}/projects`], page.text);
      await gone(name);
    }
    // The same person in another browser has proved nothing.
    other.at = replicas[0];
    const { asked, page } = await remove(other, 'five');
    assert.deepEqual([asked, page.status], [true, 422], page.text);
    assert.ok(await exists('five'));
  });

  test('a form of another site is refused by each', async () => {
    const browser = await signedIn(replicas[0]);
    for (const [index, replica] of replicas.entries()) {
      const name = `forged-${index}`;
      for (const headers of [{ origin: 'https://evil.example' }, { origin: SITE, 'sec-fetch-site': 'cross-site' }, { origin: replica.url }]) {
        const answer = await call(browser, replica, 'create_project', { name }, headers);
        assert.deepEqual([answer.status, (await answer.json()).code], [403, 'foreign_origin'], JSON.stringify(headers));
      }
      assert.ok(!await exists(name));
      const answer = await call(browser, replica, 'create_project', { name }, { origin: SITE });
      assert.equal(answer.status, 200, await answer.text());
      assert.ok(await exists(name));
    }
  });

  test('wrong passwords for it count together', async () => {
    await create('guarded');
    const browser = await signedIn(replicas[0]);
    await postgres.forgetProofs();
    const guess = async (replica, password) =>
      (await call(browser, replica, 'delete_project', { project: 'guarded', confirmation: 'guarded', password }, { origin: SITE })).text();
    // Five are free, and four come to each: a replica that counted alone would go on saying that they are wrong.
    const answers = [];
    while (answers.length < 8 && !answers.at(-1)?.includes('too_many_attempts')) answers.push(await guess(replicas[answers.length % 2], 'not the password'));
    assert.match(answers.at(-1), /too_many_attempts/);
    assert.ok(answers.length > 5, answers.join('\n'));
    await postgres.lengthenWaits();
    assert.match(await guess(replicas[2], PASSWORD), /too_many_attempts/, 'where nobody guessed yet');
    await postgres.shortenWaits();
    await until('the wait to be over', async () => !(await guess(replicas[2], PASSWORD)).includes('too_many_attempts'));
    await gone('guarded');
  });
});
