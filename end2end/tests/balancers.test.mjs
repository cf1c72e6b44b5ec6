// Two replicas on one PostgreSQL and one folder behind HAProxy and behind Caddy, set up as the documentation shows.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Authority } from '../harness/authority.mjs';
import { Layout } from '../harness/images.mjs';
import { Postgres, missingPostgres } from '../harness/postgres.mjs';
import { freePort, missing, run, stop, until } from '../harness/process.mjs';
import { Proxy } from '../harness/proxies.mjs';
import { ADMIN, PASSWORD, Slipway } from '../harness/slipway.mjs';

const HOST = Object.values(networkInterfaces()).flat().find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
const skip = await missing('skopeo', 'openssl') || await missingPostgres();

for (const kind of ['haproxy', 'caddy']) {
  describe(`two replicas behind ${kind}`, { skip: skip || await missing(kind) }, () => {
    const replicas = [];
    let authority;
    let postgres;
    let layout;
    let folder;
    let proxy;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'slipway-balancers-'));
      [authority, postgres, layout] = await Promise.all([Authority.create(), Postgres.start(), Layout.create()]);
      const port = await freePort();
      const env = {
        SLIPWAY_PUBLIC_URL: `https://${HOST}:${port}`, SLIPWAY_TRUSTED_PROXIES: '127.0.0.1/32', SLIPWAY_STORAGE__PATH: join(folder, 'blobs'),
        SLIPWAY_SECRET_KEY: randomBytes(32).toString('hex'), SLIPWAY_DATABASE__URL: postgres.url,
      };
      replicas.push(...await Promise.all([0, 1].map(() => Slipway.start({ env }))));
      const servers = replicas.map((replica) => `127.0.0.1:${replica.port}`);
      proxy = await Proxy.start(kind, { host: HOST, servers, tls: await authority.issue('registry', HOST), port });
      const headers = { ...replicas[0].basic(), 'content-type': 'application/json' };
      const made = await authority.fetch(`${proxy.url}/api/v2.0/projects`, { method: 'POST', headers, body: JSON.stringify({ project_name: 'organization' }) });
      assert.equal(made.status, 201, await made.text());
    });
    after(async () => {
      await proxy?.stop();
      for (const replica of replicas) await replica.stop();
      await Promise.all([postgres?.stop(), authority?.remove()]);
      for (const path of [folder, layout?.path]) if (path) await rm(path, { recursive: true, force: true });
    });

    const at = (name) => `docker://${proxy.host}/organization/${name}`;
    const creds = `${ADMIN}:${PASSWORD}`;
    const succeeded = ({ code, output }) => assert.equal(code, 0, output);

    /** Pushes a random image, without a second try, and gives its digest. */
    async function push(name) {
      const made = await layout.image({ sizes: [9 << 20, 20_000] });
      const source = await layout.name(made, name.replaceAll(/\W/g, '-'));
      succeeded(await run('skopeo', ['copy', '--preserve-digests', '--dest-cert-dir', authority.trusted, '--dest-creds', creds, source, at(name)]));
      return made.digest;
    }

    /** Pulls it, without a second try; its bytes are held against their digests on the way. */
    async function pull(name, digest) {
      const back = await mkdtemp(join(folder, 'back-'));
      succeeded(await run('skopeo', ['copy', '--preserve-digests', '--src-cert-dir', authority.trusted, '--src-creds', creds, at(name), `oci:${back}:it`]));
      const told = await run('skopeo', ['inspect', '--format', '{{.Digest}}', `oci:${back}:it`]);
      assert.equal(told.stdout.trim(), digest, told.output);
      await rm(back, { recursive: true });
    }

    test('images come and go through both', async () => {
      const names = [1, 2, 3, 4].map((index) => `both:${index}`);
      await Promise.all(names.map(async (name) => pull(name, await push(name))));
      for (const replica of replicas) assert.ok(replica.process.log().includes('/v2/organization/both/'), replica.process.log());
    });

    /** Kills a replica. Caddy sends a request with a body to nobody else, so it is given the time to notice: until all bodies arrive. */
    async function kill(replica) {
      await stop(replica.process, 'SIGKILL');
      if (kind !== 'caddy') return;
      const arrives = async () => (await authority.fetch(`${proxy.url}/healthz`, { method: 'POST', body: 'it' })).status < 500;
      await until('Caddy to notice', async () => {
        for (let time = 0; time < 20; time += 1) if (!await arrives()) return false;
        return true;
      });
    }

    test('they go on when one is killed', async () => {
      const digest = await push('before:1');
      await kill(replicas[0]);
      for (let time = 0; time < 3; time += 1) await pull('before:1', digest);
      await pull('after:1', await push('after:1'));
    });

    test('and when it is back and the other one is killed', async () => {
      await replicas[0].launch();
      // Who was found to be gone is not believed at once to be back.
      await until('the first one to be asked again', async () => {
        await authority.fetch(`${proxy.url}/v2/organization/after/tags/list`, { headers: replicas[0].basic() });
        return replicas[0].process.log().includes('/v2/organization/after/tags/list');
      });
      await kill(replicas[1]);
      await pull('last:1', await push('last:1'));
      await replicas[1].launch();
    });
  });
}
