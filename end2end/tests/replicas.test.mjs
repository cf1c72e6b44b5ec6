// Three replicas on one PostgreSQL and one bucket, behind nginx that ends TLS and sends each request to the next one.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Authority } from '../harness/authority.mjs';
import { Docker } from '../harness/docker.mjs';
import { FormClient } from '../harness/forms.mjs';
import { Garage, missingGarage } from '../harness/garage.mjs';
import { Layout, sha256 } from '../harness/images.mjs';
import { Postgres, missingPostgres } from '../harness/postgres.mjs';
import { freePort, missing, must, run, stop, until } from '../harness/process.mjs';
import { Proxy } from '../harness/proxies.mjs';
import { ADMIN, PASSWORD, Slipway } from '../harness/slipway.mjs';

const HOST = Object.values(networkInterfaces()).flat().find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
const skip = await missing('docker', 'dockerd', 'skopeo', 'podman', 'nginx', 'openssl') || await missingPostgres() || await missingGarage();

/** Waits for all of them, and fails with the first that failed. */
async function together(...promises) {
  const failed = (await Promise.allSettled(promises)).find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Who pushes and pulls, all at once, while replicas go and come. */
const CLIENTS = ['docker', 'podman', 'skopeo', 'skopeo'];

/** What skopeo has for it. Docker tries five times by itself, and podman four times. */
const PATIENT = ['--retry-times', '5'];

describe('three replicas', { skip }, () => {
  const replicas = [];
  let authority;
  let postgres;
  let garage;
  let proxy;
  let docker;
  let layout;
  let folder;
  let password = PASSWORD;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-replicas-'));
    [authority, postgres, garage, layout] = await Promise.all([Authority.create(), Postgres.start(), Garage.start(HOST), Layout.create()]);
    const port = await freePort();
    const env = {
      SLIPWAY_PUBLIC_URL: `https://${HOST}:${port}`, SLIPWAY_TRUSTED_PROXIES: '127.0.0.1/32',
      SLIPWAY_SECRET_KEY: randomBytes(32).toString('hex'), SLIPWAY_DATABASE__URL: postgres.url, ...garage.env,
    };
    // All at once on an empty database: one of them makes the tables.
    replicas.push(...await Promise.all([0, 1, 2].map(() => Slipway.start({ env }))));
    const servers = replicas.map((replica) => `127.0.0.1:${replica.port}`);
    proxy = await Proxy.start('nginx', { host: HOST, servers, tls: await authority.issue('registry', HOST), port });
    docker = await Docker.start({ insecure: new URL(garage.url).host, env: { SSL_CERT_FILE: authority.certificate } });
    const browser = await signedIn();
    await browser.open('/projects/new');
    const page = await browser.submit({ name: 'organization', access: 'private', description: '' });
    assert.equal(page.url, `${proxy.url}/projects/organization`, page.text);
  });

  after(async () => {
    await docker?.stop();
    await proxy?.stop();
    for (const replica of replicas) await replica.stop();
    await Promise.all([postgres?.stop(), garage?.stop(), authority?.remove()]);
    for (const path of [folder, layout?.path]) if (path) await rm(path, { recursive: true, force: true });
  });

  /** The administrator's browser, which reaches the proxy, or one replica as if through it. */
  async function signedIn(replica) {
    const straight = (url, options) => fetch(String(url).replace(proxy.url, replica.url), options);
    const browser = new FormClient(proxy.url, { fetch: replica ? straight : authority.fetch });
    await browser.open('/login');
    const page = await browser.submit({ username: ADMIN, password });
    assert.equal(page.url, `${proxy.url}/`, page.text);
    return browser;
  }

  /** Has a person choose a password: their number, the password, and their cookies. */
  async function hire(username) {
    const headers = { ...basic(), 'content-type': 'application/json' };
    const made = await fetch(`${replicas[0].url}/api/v2.0/users`, { method: 'POST', headers, body: JSON.stringify({ username }) });
    const text = await made.text();
    assert.equal(made.status, 201, text);
    const { user_id: id, password_link: link } = JSON.parse(text);
    const browser = new FormClient(proxy.url, { fetch: authority.fetch });
    await browser.open(link);
    const secret = 'a wholly different wharf';
    const page = await browser.submit({ new_password: secret, again: secret });
    assert.equal(page.url, `${proxy.url}/`, page.text);
    return { id, secret, cookie: cookieOf(browser) };
  }

  const cookieOf = (browser) => [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const basic = (secret = password, user = ADMIN) => ({ authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}` });
  const status = async (replica, path, options = {}) => (await fetch(`${replica.url}${path}`, { redirect: 'manual', ...options })).status;
  const at = (name) => `docker://${proxy.host}/organization/${name}`;
  const trust = () => ({
    to: ['--dest-cert-dir', authority.trusted, '--dest-creds', `${ADMIN}:${password}`],
    from: ['--src-cert-dir', authority.trusted, '--src-creds', `${ADMIN}:${password}`],
  });
  const push = (source, name, ...options) => run('skopeo', ['copy', '--quiet', '--all', '--preserve-digests', ...options, ...trust().to, source, at(name)]);
  const pull = (name, target, ...options) => run('skopeo', ['copy', '--quiet', '--all', ...options, ...trust().from, at(name), target]);
  const podman = (...args) => run('podman', ['--root', join(folder, 'podman'), '--runroot', join(folder, 'podman-run'), '--storage-driver', 'vfs', ...args]);
  const access = () => ['--cert-dir', authority.trusted, '--creds', `${ADMIN}:${password}`];
  const succeeded = ({ code, output }) => assert.equal(code, 0, output);

  /** Pulls an image and holds it against what was pushed, byte for byte. */
  async function same(name, digest, ...options) {
    const back = await mkdtemp(join(folder, 'back-'));
    succeeded(await pull(name, `oci:${back}:it`, '--preserve-digests', ...options));
    const blob = (wanted) => join('blobs', 'sha256', wanted.slice(7));
    await must('diff', [join(layout.path, blob(digest)), join(back, blob(digest))]);
    const { stdout } = await must('find', [join(back, 'blobs', 'sha256'), '-type', 'f', '-printf', '%f\\n']);
    for (const file of stdout.trim().split('\n')) await must('cmp', [join(layout.path, 'blobs', 'sha256', file), join(back, 'blobs', 'sha256', file)]);
    await rm(back, { recursive: true });
  }

  /** Pulls an image of any client's, whose blobs are held against their digests on the way. */
  async function whole(name, digest) {
    const back = await mkdtemp(join(folder, 'whole-'));
    succeeded(await pull(name, `dir:${back}`));
    assert.equal(sha256(await readFile(join(back, 'manifest.json'))), digest, name);
    await rm(back, { recursive: true });
  }

  /** A random image in the layout, with a layer that is uploaded in parts. */
  async function fresh(name) {
    const image = await layout.image({ sizes: [9 << 20, 200_000, 20_000] });
    return { digest: image.digest, source: await layout.name(image, name.replaceAll(/\W/g, '-')) };
  }

  /** Has `load` read a random image under a full name from a file, as Docker and podman do. */
  async function loaded(full, load) {
    const { source } = await fresh(full);
    const file = join(folder, `${full.replaceAll(/\W/g, '-')}.tar`);
    await must('skopeo', ['copy', '--quiet', source, `docker-archive:${file}:${full}`]);
    await load(file);
    await rm(file);
  }

  /**
   * How a client pushes an image that nobody has, forgets it and pulls it back. Each command is given once; `options` are skopeo's.
   * The digest that was acknowledged comes back.
   */
  const rounds = {
    async docker(name) {
      const full = `${proxy.host}/organization/${name}`;
      await loaded(full, (file) => docker.run('load', '-i', file));
      const id = await docker.imageId(full);
      const { stdout } = await docker.run('push', full);
      const digest = /digest: (sha256:[0-9a-f]{64})/.exec(stdout)?.[1];
      assert.ok(digest, stdout);
      await docker.run('rmi', '-f', id);
      await docker.run('pull', full);
      assert.equal(await docker.imageId(full), id);
      const { stdout: pulled } = await docker.run('image', 'inspect', '--format', '{{index .RepoDigests 0}}', full);
      assert.equal(pulled.trim().split('@')[1], digest);
      await docker.run('rmi', '-f', id);
      return digest;
    },

    async podman(name) {
      const full = `${proxy.host}/organization/${name}`;
      await loaded(full, async (file) => succeeded(await podman('load', '-q', '-i', file)));
      const inspected = async () => {
        const found = await podman('image', 'inspect', '--format', '{{.Id}} {{.Digest}}', full);
        succeeded(found);
        return found.stdout.trim().split(' ');
      };
      const [id] = await inspected();
      const noted = join(folder, 'podman-digest');
      succeeded(await podman('push', '-q', '--digestfile', noted, ...access(), full));
      const digest = (await readFile(noted, 'utf8')).trim();
      succeeded(await podman('rmi', '-f', id));
      succeeded(await podman('pull', '-q', ...access(), full));
      assert.deepEqual(await inspected(), [id, digest]);
      succeeded(await podman('rmi', '-f', id));
      return digest;
    },

    async skopeo(name, options) {
      const { digest, source } = await fresh(name);
      succeeded(await push(source, name, ...options));
      await same(name, digest, ...options);
      return digest;
    },
  };

  /**
   * Disturbs one replica after the other, each twice and on until every client has pushed and pulled twice. In the end all that was
   * acknowledged is there.
   */
  async function all(repository, options, disturb) {
    const login = await docker.login(proxy.host, ADMIN, password);
    assert.equal(login.code, 0, login.output);
    let going = true;
    const pushed = CLIENTS.map(() => []);
    const clients = CLIENTS.map(async (kind, client) => {
      for (let index = 0; going; index += 1) {
        const name = `${repository}:${kind}-${client}-${index}`;
        pushed[client].push([name, await rounds[kind](name, options)]);
      }
    });
    const disturbed = (async () => {
      const enough = (turn) => turn >= 15 || (turn >= 6 && pushed.every(({ length }) => length >= 2));
      for (let turn = 0; !enough(turn); turn += 1) await disturb(replicas[turn % 3]);
    })().finally(() => { going = false; });
    await together(...clients, disturbed);
    for (const [client, { length }] of pushed.entries()) assert.ok(length > 0, CLIENTS[client]);
    await together(...pushed.map(async (images) => { for (const [name, digest] of images) await whole(name, digest); }));
  }

  test('Docker Engine, skopeo and podman push and pull', async () => {
    const image = await layout.image({ sizes: [20 << 20, 1 << 20, 100] });
    const source = await layout.name(image, 'first');
    succeeded(await push(source, 'first:1'));
    await same('first:1', image.digest);

    const login = await docker.login(proxy.host, ADMIN, password);
    assert.equal(login.code, 0, login.output);
    const name = `${proxy.host}/organization/first:1`;
    await docker.run('pull', name);
    const copy = `${proxy.host}/organization/docker:1`;
    await docker.run('tag', name, copy);
    await docker.run('push', copy);
    const id = await docker.imageId(copy);
    await docker.run('rmi', '-f', id);
    await docker.run('pull', copy);
    assert.equal(await docker.imageId(copy), id);

    succeeded(await podman('pull', '-q', ...access(), name));
    succeeded(await podman('push', '-q', ...access(), name, `${proxy.host}/organization/podman:1`));
  });

  test('blobs come from the bucket itself', async () => {
    const { stdout } = await must('skopeo', ['inspect', '--raw', '--cert-dir', authority.trusted, '--creds', `${ADMIN}:${password}`, at('first:1')]);
    const { digest } = JSON.parse(stdout).layers[0];
    const answer = await authority.fetch(`${proxy.url}/v2/organization/first/blobs/${digest}`, { headers: basic() });
    assert.equal(answer.status, 307);
    const target = new URL(answer.headers.get('location'));
    assert.equal(target.origin, garage.url);
    const bytes = Buffer.from(await (await fetch(target)).arrayBuffer());
    assert.equal(sha256(bytes), digest);
  });

  test('an upload that is begun on one goes on at another, at any byte', async () => {
    for (const cuts of [[1000, 2000, 3000], [9 << 20, (9 << 20) + 1, 21 << 20]]) {
      const bytes = randomBytes(cuts.at(-1) + 500);
      const begun = await fetch(`${replicas[0].url}/v2/organization/parts/blobs/uploads/`, { method: 'POST', headers: basic() });
      let location = begun.headers.get('location');
      let from = 0;
      for (const [index, to] of cuts.entries()) {
        const replica = replicas[(index + 1) % 3];
        const headers = { ...basic(), 'content-type': 'application/octet-stream', 'content-range': `${from}-${to - 1}` };
        const answer = await fetch(`${replica.url}${location}`, { method: 'PATCH', headers, body: bytes.subarray(from, to) });
        assert.equal(answer.status, 202, await answer.text());
        assert.equal(answer.headers.get('range'), `0-${to - 1}`);
        location = answer.headers.get('location');
        from = to;
      }
      const digest = sha256(bytes);
      const end = `${location}${location.includes('?') ? '&' : '?'}digest=${digest}`;
      const answer = await fetch(`${replicas[1].url}${end}`, { method: 'PUT', headers: { ...basic(), 'content-type': 'application/octet-stream' }, body: bytes.subarray(from) });
      assert.equal(answer.status, 201, await answer.text());
      for (const replica of replicas) {
        const back = await fetch(`${replica.url}/v2/organization/parts/blobs/${digest}`, { headers: basic() });
        assert.equal(sha256(Buffer.from(await back.arrayBuffer())), digest);
      }
    }
  });

  test('what one replica acknowledged, the next request finds', async () => {
    const { stdout } = await must('skopeo', ['inspect', '--raw', '--cert-dir', authority.trusted, '--creds', `${ADMIN}:${password}`, at('first:1')]);
    const manifest = JSON.parse(stdout);
    const headers = { ...basic(), 'content-type': manifest.mediaType, accept: manifest.mediaType };
    for (let round = 0; round < 30; round += 1) {
      const body = JSON.stringify({ ...manifest, annotations: { round: `${round}` } });
      const [here, there] = [replicas[round % 3], replicas[(round + 1) % 3]];
      // Asked before it is there, so that its absence could be remembered.
      const address = (replica, reference) => `${replica.url}/v2/organization/first/manifests/${reference}`;
      assert.equal((await fetch(address(there, sha256(body)), { headers })).status, 404);
      const put = await fetch(address(here, 'moving'), { method: 'PUT', headers, body });
      assert.equal(put.status, 201, await put.text());
      const got = await fetch(address(there, 'moving'), { headers });
      assert.equal(got.headers.get('docker-content-digest'), sha256(body), `round ${round}`);
      assert.equal((await fetch(address(there, sha256(body)), { headers })).status, 200);
    }
  });

  test('signing in and out counts everywhere', async () => {
    const browser = await signedIn();
    const headers = { cookie: cookieOf(browser), accept: 'text/html' };
    for (const replica of replicas) assert.equal(await status(replica, '/projects', { headers }), 200);
    await browser.open('/');
    const form = browser.page.forms.find(({ action, method }) => method === 'post' && /sign_?out|logout/i.test(action ?? ''));
    assert.ok(form, 'the page has a form to sign out');
    await browser.request(new URL(form.action, proxy.url), { method: 'POST', body: new URLSearchParams(form.defaults) });
    await wait(1000);
    for (const replica of replicas) assert.notEqual(await status(replica, '/projects', { headers }), 200);
  });

  test('an account that is disabled is out within a second, and so is an old password', async () => {
    const everywhere = (headers) => Promise.all(replicas.map((replica) => status(replica, '/v2/', { headers })));
    assert.deepEqual(await everywhere(basic()), [200, 200, 200]);
    await postgres.query(`UPDATE users SET disabled_at = 1 WHERE username = '${ADMIN}'`);
    await wait(1000);
    assert.deepEqual(await everywhere(basic()), [401, 401, 401]);
    await postgres.query(`UPDATE users SET disabled_at = NULL WHERE username = '${ADMIN}'`);
    await wait(1000);
    assert.deepEqual(await everywhere(basic()), [200, 200, 200]);

    const browser = await signedIn();
    await browser.open('/password');
    const fields = browser.page.forms.flatMap(({ names }) => [...names]).filter((name) => /password|current|new|again|repeat/.test(name));
    const chosen = 'granite-otter-velvet-38';
    const values = Object.fromEntries(fields.map((name) => [name, /current|old/.test(name) ? password : chosen]));
    await browser.submit(values);
    await wait(1000);
    assert.deepEqual(await everywhere(basic()), [401, 401, 401]);
    password = chosen;
    assert.deepEqual(await everywhere(basic()), [200, 200, 200]);
  });

  test('a person whom an administrator disables at one replica is out at all within a second', async () => {
    const { id, secret, cookie } = await hire('lena');
    const asked = await fetch(`${replicas[1].url}/service/token`, { headers: basic(secret, 'lena') });
    const clients = [basic(secret, 'lena'), { authorization: `Bearer ${(await asked.json()).token}` }];
    const registry = () => Promise.all(clients.flatMap((headers) => replicas.map((replica) => status(replica, '/v2/', { headers }))));
    const page = () => Promise.all(replicas.map((replica) => status(replica, '/projects', { headers: { cookie, accept: 'text/html' } })));
    assert.deepEqual(new Set(await registry()), new Set([200]));
    assert.deepEqual(await page(), [200, 200, 200]);

    const administrator = await signedIn(replicas[2]);
    await administrator.open(`/admin/users?person=${id}&do=disable`);
    const after = await administrator.submit({ person: `${id}`, change: 'disable' });
    assert.equal(after.url, `${proxy.url}/admin/users`, after.text);
    await wait(1000);
    assert.deepEqual(new Set(await registry()), new Set([401]));
    assert.ok(!(await page()).includes(200));
  });

  test('wrong passwords count together, whichever replica they are tried at', async () => {
    const { secret } = await hire('olga');
    const guess = (replica) => fetch(`${replica.url}/v2/`, { headers: basic('not the password', 'olga') });
    // Five are free, and four come to each: a replica that counted alone would go on answering 401.
    const answers = [];
    while (!answers.includes(429) && answers.length < 8) answers.push((await guess(replicas[answers.length % 2])).status);
    assert.equal(answers.at(-1), 429, answers.join());
    assert.ok(answers.length > 5, answers.join());
    await postgres.lengthenWaits();
    const third = await guess(replicas[2]);
    assert.equal(third.status, 429, 'where nobody guessed yet');
    assert.ok(Number(third.headers.get('retry-after')) >= 1, third.headers.get('retry-after'));
    await postgres.shortenWaits();
    await until('the wait to be over', async () => (await status(replicas[2], '/v2/', { headers: basic(secret, 'olga') })) === 200);
  });

  test('a robot that is disabled is out within a second, its registry tokens too', async () => {
    const browser = await signedIn();
    await browser.open('/projects/organization?tab=robots&new=1');
    const page = await browser.submit({ name: 'ci', description: '' });
    const secret = /slipway_robot_\w{49}/.exec(page.text)?.[0];
    assert.ok(secret, page.text);
    const credentials = [`robot+organization+ci:${secret}`, `robot$organization+ci:${secret}`];
    const basics = credentials.map((pair) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` }));
    const scope = 'scope=repository:organization/first:pull';
    const asked = await fetch(`${replicas[0].url}/service/token?${scope}`, { headers: basics[0] });
    const headers = [...basics, { authorization: `Bearer ${(await asked.json()).token}` }];
    const everywhere = () => Promise.all(headers.flatMap((shown) =>
      replicas.map((replica) => status(replica, '/v2/organization/first/tags/list', { headers: shown }))));
    assert.deepEqual(new Set(await everywhere()), new Set([200]));
    const robots = await browser.open('/projects/organization?tab=robots');
    const [, id] = /disable=(\d+)/.exec(robots.text);
    await browser.open(`/projects/organization?tab=robots&disable=${id}`);
    await browser.submit({ id, disabled: 'true' });
    await wait(1000);
    assert.deepEqual(new Set(await everywhere()), new Set([401]));
  });

  test('many who push one tag, and many who push one digest, all succeed', async () => {
    const images = await Promise.all([1, 2, 3, 4].map(() => layout.image({ sizes: [3 << 20, 1000] })));
    const sources = [];
    for (const [index, image] of images.entries()) sources.push(await layout.name(image, `rival-${index}`));
    for (const result of await Promise.all(sources.map((source) => push(source, 'rivals:latest')))) succeeded(result);
    const winner = (await run('skopeo', ['inspect', '--format', '{{.Digest}}', '--cert-dir', authority.trusted, '--creds', `${ADMIN}:${password}`, at('rivals:latest')])).stdout.trim();
    assert.ok(images.some(({ digest }) => digest === winner), winner);
    await same('rivals:latest', winner);

    const shared = await layout.image({ sizes: [12 << 20, 5000] });
    const source = await layout.name(shared, 'shared');
    const names = ['same:1', 'same:2', 'same:3', 'other-a:1', 'other-b:1'];
    for (const result of await Promise.all(names.map((name) => push(source, name)))) succeeded(result);
    for (const name of names) await same(name, shared.digest);
  });

  test('no client fails while replicas are stopped and started one after the other', async () => {
    await all('rolling', [], async (replica) => {
      const { code } = await stop(replica.process);
      assert.equal(code, 0, replica.process.log());
      await replica.launch();
    });
  });

  test('replicas that are killed take nothing with them that was acknowledged', async () => {
    // What of a layer was under way on a replica that is killed has to be sent again, which clients do when nginx says so.
    await all('killed', PATIENT, async (replica) => {
      await stop(replica.process, 'SIGKILL');
      await wait(300);
      const began = Date.now();
      await replica.launch();
      // Clients get something done between two deaths on a slow machine too.
      await wait(Math.max(300, Date.now() - began));
    });
  });

  test('a database that restarts is waited for', async () => {
    await postgres.restart();
    for (const replica of replicas) {
      await until('the replica', async () => (await status(replica, '/v2/organization/first/tags/list', { headers: basic() })) === 200);
    }
    const image = await layout.image({ sizes: [100_000] });
    succeeded(await push(await layout.name(image, 'after'), 'after:1'));
    await same('after:1', image.digest);
  });
});
