// The container image of docs/deploy/Dockerfile: what its last stage holds, made from the binary that is tested.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Docker } from '../harness/docker.mjs';
import { FormClient } from '../harness/forms.mjs';
import { freePort, missing, must, until } from '../harness/process.mjs';
import { ADMIN, BINARY, PASSWORD } from '../harness/slipway.mjs';

const ROOTFS = new URL('../../scripts/rootfs', import.meta.url).pathname;
const DOCKERFILE = new URL('../../docs/deploy/Dockerfile', import.meta.url);

describe('the container image', { skip: await missing('docker', 'dockerd') }, () => {
  let docker;
  let folder;
  let url;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-image-'));
    docker = await Docker.start({});
    await must(ROOTFS, [BINARY, join(folder, 'root')]);
    await must('tar', ['-C', join(folder, 'root'), '-cf', join(folder, 'root.tar'), '.']);
    const lines = (await readFile(DOCKERFILE, 'utf8')).split('\n');
    const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
    const changes = last.filter((line) => /^(USER|ENV|VOLUME|EXPOSE|ENTRYPOINT|CMD) /.test(line)).flatMap((line) => ['--change', line]);
    await docker.run('import', ...changes, join(folder, 'root.tar'), 'slipway');
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    await docker.run('run', '--detach', '--name', 'registry', '--network', 'host', '--read-only', '--volume', 'slipway:/data',
      '--env', `SLIPWAY_LISTEN=127.0.0.1:${port}`, '--env', `SLIPWAY_ADMIN_PASSWORD=${PASSWORD}`, 'slipway');
    await until('the container', async () => (await fetch(`${url}/readyz`)).ok)
      .catch(async (error) => { throw new Error(`${error.message}\n${(await docker.try('logs', 'registry')).output}`); });
  });
  after(async () => {
    await docker?.try('rm', '--force', '--volumes', 'registry');
    await docker?.stop();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  test('serves the console on a read-only file system as an ordinary user', async () => {
    const browser = new FormClient(url);
    await browser.open('/login');
    assert.equal((await browser.submit({ username: ADMIN, password: PASSWORD })).status, 200);
    const { stdout } = await docker.run('top', 'registry', '-o', 'pid,uid,comm');
    assert.match(stdout, / 65532 +slipway$/m);
  });

  test('ends at once and cleanly when it is told to', async () => {
    await docker.run('stop', '--time', '20', 'registry');
    assert.equal((await docker.run('inspect', '--format', '{{.State.ExitCode}}', 'registry')).stdout.trim(), '0');
  });

  test('finds its data again', async () => {
    await docker.run('start', 'registry');
    await until('the container', async () => (await fetch(`${url}/readyz`)).ok);
    const answer = await fetch(`${url}/v2/`, { headers: { authorization: `Basic ${btoa(`${ADMIN}:${PASSWORD}`)}` } });
    assert.equal(answer.status, 200);
  });
});
