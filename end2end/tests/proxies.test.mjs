// Load balancers that end TLS, and Slipway that ends it itself: what clients and browsers are told is what they can reach.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { after, before, describe, test } from 'node:test';
import { Authority } from '../harness/authority.mjs';
import { Docker } from '../harness/docker.mjs';
import { FormClient } from '../harness/forms.mjs';
import { Layout } from '../harness/images.mjs';
import { PATIENCE, freePort, missing, must, until } from '../harness/process.mjs';
import { Proxy, TRAEFIK } from '../harness/proxies.mjs';
import { ADMIN, PASSWORD, Slipway } from '../harness/slipway.mjs';

// Docker Engine makes exceptions for loopback addresses, so the registry is reached at another one where there is one.
const HOST = Object.values(networkInterfaces()).flat().find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';

const withoutDocker = await missing('docker', 'dockerd', 'skopeo', 'openssl');
const withoutPodman = withoutDocker || await missing('podman');

let authority;
let tls;
let layout;
let folder;
let docker;

before(async () => {
  if (withoutDocker) return;
  authority = await Authority.create();
  tls = await authority.issue('registry', HOST);
  layout = await Layout.create();
  folder = await mkdtemp(join(tmpdir(), 'slipway-proxies-'));
  // With this authority and no other, and without exceptions.
  docker = await Docker.start({ env: { SSL_CERT_FILE: authority.certificate } });
  const source = await layout.name(await layout.image({ sizes: [9 << 20, 2 << 20, 100] }), 'hoho');
  await must('skopeo', ['copy', source, `docker-archive:${join(folder, 'hoho.tar')}:myimage:hoho`]);
  await docker.run('load', '-i', join(folder, 'hoho.tar'));
});

after(async () => {
  await docker?.stop();
  await authority?.remove();
  for (const path of [folder, layout?.path]) if (path) await rm(path, { recursive: true, force: true });
});

const BEHIND = [
  { kind: 'nginx', program: 'nginx' },
  { kind: 'haproxy', program: 'haproxy' },
  { kind: 'caddy', program: 'caddy' },
  { kind: 'traefik', program: TRAEFIK },
  { kind: 'haproxy in TCP mode', program: 'haproxy', silent: true },
  { kind: 'nothing, with TLS of its own' },
];

/** Slipway behind a proxy of this kind, and what clients reach; without a program they reach Slipway itself. */
async function behind({ kind, program, silent }) {
  const port = await freePort();
  const url = `https://${HOST}:${port}`;
  if (!program) {
    const plain = await freePort();
    const slipway = await Slipway.start({ port, name: HOST, tls, fetch: authority.fetch, env: { SLIPWAY_TLS__REDIRECT_LISTEN: `127.0.0.1:${plain}` } });
    return { slipway, proxy: { url, host: slipway.host, plain, stop() {} } };
  }
  const slipway = await Slipway.start({ env: silent ? { SLIPWAY_PUBLIC_URL: url } : { SLIPWAY_TRUSTED_PROXIES: '127.0.0.1/32' } });
  return { slipway, proxy: await Proxy.start(kind, { host: HOST, servers: [`127.0.0.1:${slipway.port}`], tls, port }) };
}

for (const way of BEHIND) {
  const skip = withoutDocker || (way.program && await missing(way.program));

  describe(`behind ${way.kind}`, { skip }, () => {
    let slipway;
    let proxy;
    let browser;

    before(async () => {
      ({ slipway, proxy } = await behind(way));
      browser = new FormClient(proxy.url, { fetch: authority.fetch });
    });
    after(async () => {
      await proxy?.stop();
      await slipway?.stop();
    });

    const get = (path, headers = {}) => authority.fetch(`${proxy.url}${path}`, { headers });

    test('people sign in, and their cookies are for TLS alone', async () => {
      await browser.open('/login');
      const { url, status, cookies } = await browser.submit({ username: ADMIN, password: PASSWORD });
      assert.equal(`${status} ${url}`, `200 ${proxy.url}/`);
      assert.ok([...browser.cookies.keys()].some((name) => name.startsWith('__Host-')), [...browser.cookies.keys()].join());
      for (const cookie of cookies) assert.match(cookie, /; *Secure/i);
    });

    test('a new project shows commands for the host that people reach', async () => {
      await browser.open('/projects/new');
      const page = await browser.submit({ name: 'organization', access: 'private', description: '' });
      assert.equal(page.url, `${proxy.url}/projects/organization`);
      const text = page.text.replaceAll(/<[^>]*>/g, '');
      assert.ok(text.includes(`docker login ${proxy.host}`), text);
      assert.ok(text.includes(`${proxy.host}/organization/`), text);
    });

    test('Docker Engine signs in, pushes and pulls', async () => {
      const login = await docker.login(proxy.host, ADMIN, PASSWORD);
      assert.equal(login.code, 0, login.output);
      const name = `${proxy.host}/organization/myimage:hoho`;
      const image = await docker.imageId('myimage:hoho');
      await docker.run('tag', 'myimage:hoho', name);
      await docker.run('push', name);
      await docker.run('rmi', name);
      await docker.run('pull', name);
      assert.equal(await docker.imageId(name), image);
    });

    test('skopeo and podman do too', { skip: withoutPodman }, async () => {
      const name = `docker://${proxy.host}/organization/copy:1`;
      const trust = ['--src-cert-dir', authority.trusted, '--dest-cert-dir', authority.trusted];
      const creds = `${ADMIN}:${PASSWORD}`;
      await must('skopeo', ['copy', ...trust, '--src-creds', creds, '--dest-creds', creds, `docker://${proxy.host}/organization/myimage:hoho`, name]);
      const storage = ['--root', join(folder, 'podman'), '--runroot', join(folder, 'podman-run'), '--storage-driver', 'vfs'];
      await must('podman', [...storage, 'pull', '-q', '--cert-dir', authority.trusted, '--creds', creds, name]);
    });

    test('the token realm is outside and the address of an upload is relative', async () => {
      const challenge = (await get('/v2/')).headers.get('www-authenticate');
      assert.match(challenge, new RegExp(`realm="${proxy.url.replaceAll('.', '\\.')}/service/token"`));
      const basic = slipway.basic();
      const begun = await authority.fetch(`${proxy.url}/v2/organization/myimage/blobs/uploads/`, { method: 'POST', headers: basic });
      assert.equal(begun.status, 202);
      assert.match(begun.headers.get('location'), /^\/v2\/organization\/myimage\/blobs\/uploads\//);
      const cancelled = await authority.fetch(`${proxy.url}${begun.headers.get('location')}`, { method: 'DELETE', headers: basic });
      assert.equal(cancelled.status, 204);
    });

    if (!way.program) test('plain HTTP leads to TLS', async () => {
      const answer = await fetch(`http://127.0.0.1:${proxy.plain}/projects?x=1`, { redirect: 'manual' });
      assert.equal(answer.status, 308);
      assert.equal(answer.headers.get('location'), `https://127.0.0.1:${slipway.port}/projects?x=1`);
    });

    test('what a client writes into the headers of proxies counts for nothing', async () => {
      const lies = {
        'x-forwarded-host': 'evil.example.com', 'x-forwarded-proto': 'http', 'x-forwarded-for': '127.0.0.1',
        'x-forwarded-port': '1', forwarded: 'for=127.0.0.1;host=evil.example.com;proto=http',
      };
      const challenge = (await get('/v2/', lies)).headers.get('www-authenticate');
      assert.ok(challenge.includes(`realm="${proxy.url}/service/token"`), challenge);
      const page = await (await get('/login', lies)).text();
      assert.ok(!page.includes('evil.example.com'));
    });
  });
}

describe('nginx before replicas of which one dies in the middle of a request', { skip: withoutDocker || await missing('nginx') }, () => {
  const body = 'm'.repeat(1 << 20);
  const seen = [];
  const replicas = [];
  let proxy;

  /** Takes a whole request, then dies if it is the first one that did. */
  const replica = (name) => createServer(async (request, response) => {
    let bytes = 0;
    for await (const chunk of request) bytes += chunk.length;
    seen.push({ name, bytes, forwarded: request.headers['x-forwarded-proto'] });
    if (seen.length === 1) request.socket.destroy();
    else response.writeHead(201).end();
  });

  before(async () => {
    for (const name of ['one', 'other']) {
      const server = replica(name).listen(0, '127.0.0.1');
      await once(server, 'listening');
      replicas.push(server);
    }
    const servers = replicas.map((server) => `127.0.0.1:${server.address().port}`);
    proxy = await Proxy.start('nginx', { host: HOST, servers, tls });
  });
  after(async () => {
    await proxy?.stop();
    for (const server of replicas) {
      server.closeAllConnections();
      server.close();
    }
  });

  const send = (method, path, content = body) => {
    seen.length = 0;
    return authority.fetch(`${proxy.url}${path}`, { method, body: content });
  };

  test('a manifest goes to the other one', async () => {
    for (const path of ['/v2/organization/image/manifests/latest', '/v2/a/manifests/manifests/1']) {
      assert.equal((await send('PUT', path)).status, 201, path);
      assert.deepEqual(seen.map(({ bytes, forwarded }) => ({ bytes, forwarded })), Array(2).fill({ bytes: body.length, forwarded: 'https' }), path);
      assert.notEqual(seen[0].name, seen[1].name, path);
    }
  });

  test('what begins an upload, and a mount, go to the other one', async () => {
    for (const path of ['/v2/organization/image/blobs/uploads/', '/v2/a/manifests/blobs/uploads/?mount=sha256:1&from=b']) {
      assert.equal((await send('POST', path, '')).status, 201, path);
      assert.equal(seen.length, 2, path);
      assert.notEqual(seen[0].name, seen[1].name, path);
    }
  });

  test('a layer goes through once, without a copy, and clients are told to send it again', async () => {
    for (const [method, path] of [['PUT', '/v2/organization/image/blobs/uploads/1'], ['PATCH', '/v2/a/manifests/blobs/uploads/1'], ['POST', '/v2/a/blobs/uploads/?digest=sha256:1']]) {
      const answer = await send(method, path);
      assert.equal(answer.status, 408, path);
      assert.equal(answer.headers.get('content-type'), 'application/json');
      // A message that is not the code's own: without one, podman and skopeo do not repeat what they began.
      const { errors: [{ code, message }] } = await answer.json();
      assert.equal(code, 'UNAVAILABLE');
      assert.match(message, /send it again/);
      assert.equal(seen.length, 1, path);
    }
  });
});

describe('a certificate that is renewed', { skip: withoutDocker }, () => {
  test('is shown to whoever connects from then on, and nobody is cut off', async () => {
    const files = await authority.issue('renewed', HOST);
    const next = await authority.issue('next', HOST);
    const print = async ({ cert }) => new X509Certificate(await readFile(cert)).fingerprint256;
    const [first, second] = [await print(files), await print(next)];
    const slipway = await Slipway.start({ port: await freePort(), name: HOST, tls: files, fetch: authority.fetch });
    const connected = async () => {
      const socket = connect({ host: HOST, port: slipway.port, ca: authority.pem });
      // Whoever waits for something is told; an end that comes later fails no test.
      socket.on('error', () => {});
      await once(socket, 'secureConnect');
      return socket;
    };
    const shown = async () => {
      const socket = await connected();
      const { fingerprint256 } = socket.getPeerCertificate();
      socket.destroy();
      return fingerprint256;
    };
    try {
      const kept = await connected();
      const asked = async () => {
        kept.write(`GET /healthz HTTP/1.1\r\nhost: ${slipway.host}\r\n\r\n`);
        const [answer] = await once(kept, 'data', { signal: AbortSignal.timeout(PATIENCE) });
        assert.match(String(answer), /^HTTP\/1\.1 200 /);
      };
      await asked();
      assert.equal(await shown(), first);
      // One after the other, as a renewal does: the two do not fit in between.
      await copyFile(next.cert, files.cert);
      await copyFile(next.key, files.key);
      await until('the new certificate', async () => (await shown()) === second);
      await asked();
      kept.destroy();
    } finally {
      await slipway.stop();
    }
  });
});

describe('without a proxy', () => {
  test('nobody is believed what only a trusted proxy may say', async () => {
    const slipway = await Slipway.start({ env: { SLIPWAY_TRUSTED_PROXIES: '192.0.2.200/32' } });
    try {
      const headers = { 'x-forwarded-host': 'evil.example.com', 'x-forwarded-proto': 'https' };
      const challenge = (await fetch(`${slipway.url}/v2/`, { headers })).headers.get('www-authenticate');
      assert.ok(challenge.includes(`realm="${slipway.url}/service/token"`), challenge);
    } finally {
      await slipway.stop();
    }
  });
});
