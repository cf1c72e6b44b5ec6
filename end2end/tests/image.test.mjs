// The container image of docs/deploy/Dockerfile.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Docker } from '../harness/docker.mjs';
import { FormClient } from '../harness/forms.mjs';
import { freePort, missing, until } from '../harness/process.mjs';
import { ADMIN, PASSWORD } from '../harness/slipway.mjs';

describe('the container image', { skip: await missing('docker', 'dockerd') }, () => {
  let docker;
  let url;

  before(async () => {
    docker = await Docker.start({});
    await docker.makeSlipway();
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
  });

  test('serves the console on a read-only file system as an ordinary user', async () => {
    const browser = new FormClient(url);
    await browser.open('/login');
    assert.equal((await browser.submit({ username: ADMIN, password: PASSWORD })).status, 200);
    const { stdout } = await docker.run('top', 'registry', '-o', 'pid,uid,comm');
    assert.match(stdout, / 65532 +slipway$/m);
  });

  test('ends at once and cleanly when it is told to', async () => {
    await docker.run('stop', '--time', '120', 'registry');
    assert.equal((await docker.run('inspect', '--format', '{{.State.ExitCode}}', 'registry')).stdout.trim(), '0');
  });

  test('finds its data again', async () => {
    await docker.run('start', 'registry');
    await until('the container', async () => (await fetch(`${url}/readyz`)).ok);
    const answer = await fetch(`${url}/v2/`, { headers: { authorization: `Basic ${btoa(`${ADMIN}:${PASSWORD}`)}` } });
    assert.equal(answer.status, 200);
  });
});
