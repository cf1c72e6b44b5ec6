// Traefik, which learns of Slipway from the labels that the documentation gives to its container.

import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { Authority } from '../harness/authority.mjs';
import { Docker } from '../harness/docker.mjs';
import { FormClient } from '../harness/forms.mjs';
import { Layout } from '../harness/images.mjs';
import { freePort, missing, must, until } from '../harness/process.mjs';
import { Proxy, TRAEFIK, labels } from '../harness/proxies.mjs';
import { ADMIN, PASSWORD } from '../harness/slipway.mjs';

const HOST = Object.values(networkInterfaces()).flat().find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';

describe('Traefik with labels', { skip: await missing('docker', 'dockerd', 'skopeo', 'openssl', TRAEFIK) }, () => {
  let authority;
  let docker;
  let layout;
  let proxy;

  /** A container of Slipway's with these labels, which is there as soon as it answers at `port`. */
  async function run(name, port, shown) {
    const env = [`SLIPWAY_LISTEN=127.0.0.1:${port}`, `SLIPWAY_ADMIN_PASSWORD=${PASSWORD}`, 'SLIPWAY_TRUSTED_PROXIES=127.0.0.1/32'];
    const options = [...shown.flatMap((label) => ['--label', label]), ...env.flatMap((pair) => ['--env', pair])];
    await docker.run('run', '--detach', '--name', name, '--network', 'host', ...options, 'slipway');
    await until(name, async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok)
      .catch(async (error) => { throw new Error(`${error.message}\n${(await docker.try('logs', name)).output}`); });
  }

  before(async () => {
    [authority, layout] = await Promise.all([Authority.create(), Layout.create()]);
    docker = await Docker.start({});
    await docker.makeSlipway();
    const port = await freePort();
    const shown = await labels({ host: HOST, port });
    assert.ok(shown.length >= 5, shown.join('\n'));
    await run('registry', port, shown);
    // Nobody asked for this one to be shown.
    await run('other', await freePort(), ['traefik.http.routers.other.rule=PathPrefix(`/`)']);
    proxy = await Proxy.start('traefik with labels', { host: HOST, tls: await authority.issue('registry', HOST), socket: docker.socket });
  });
  after(async () => {
    await proxy?.stop();
    await docker?.try('rm', '--force', '--volumes', 'registry', 'other');
    await docker?.stop();
    await authority?.remove();
    if (layout) await rm(layout.path, { recursive: true, force: true });
  });

  const get = (path) => authority.fetch(`${proxy.url}${path}`);

  test('leads people and clients to it', async () => {
    assert.match((await get('/v2/')).headers.get('www-authenticate'), new RegExp(`realm="${proxy.url.replaceAll('.', '\\.')}/service/token"`));
    const browser = new FormClient(proxy.url, { fetch: authority.fetch });
    await browser.open('/login');
    assert.equal((await browser.submit({ username: ADMIN, password: PASSWORD })).url, `${proxy.url}/`);
    await browser.open('/projects/new');
    assert.equal((await browser.submit({ name: 'organization', access: 'private', description: '' })).url, `${proxy.url}/projects/organization`);
    const image = await layout.image({ sizes: [5 << 20, 1000] });
    const name = `docker://${proxy.host}/organization/image:1`;
    const creds = `${ADMIN}:${PASSWORD}`;
    await must('skopeo', ['copy', '--preserve-digests', '--dest-cert-dir', authority.trusted, '--dest-creds', creds, await layout.name(image, 'it'), name]);
    const { stdout } = await must('skopeo', ['inspect', '--format', '{{.Digest}}', '--cert-dir', authority.trusted, '--creds', creds, name]);
    assert.equal(stdout.trim(), image.digest);
  });

  test('follows the container as it goes and comes', async () => {
    await docker.run('stop', '--time', '120', 'registry');
    await until('the route to be gone', async () => (await get('/healthz')).status === 404);
    await docker.run('start', 'registry');
    await until('the route', async () => (await get('/healthz')).status === 200);
  });
});
