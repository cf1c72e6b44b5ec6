// Docker Engine, skopeo and podman push, pull, copy and delete against one server.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Docker } from '../harness/docker.mjs';
import { Layout } from '../harness/images.mjs';
import { missing, must, run } from '../harness/process.mjs';
import { ADMIN, DEFAULT_PASSWORD, PASSWORD, Slipway } from '../harness/slipway.mjs';

const withoutDocker = await missing('docker', 'dockerd');
const withoutSkopeo = await missing('skopeo');
const withoutPodman = await missing('podman');
const withoutCtr = await missing('ctr');

const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json', 'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json', 'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');

let slipway;
let layout;
let folder;

before(async () => {
  slipway = await Slipway.start();
  await slipway.createProject('organization');
  layout = await Layout.create();
  folder = await mkdtemp(join(tmpdir(), 'slipway-clients-'));
});

after(async () => {
  await slipway?.stop();
  for (const path of [folder, layout?.path]) if (path) await rm(path, { recursive: true, force: true });
});

const manifest = (repository, reference, options = {}) =>
  slipway.v2(`${repository}/manifests/${reference}`, { ...options, headers: { accept: MANIFESTS, ...options.headers } });

describe('Docker Engine', { skip: withoutDocker || withoutSkopeo }, () => {
  let docker;

  before(async () => {
    docker = await Docker.start({ insecure: slipway.host });
    const source = await layout.name(await layout.image({ sizes: [3 << 20, 1 << 20, 100] }), 'hoho');
    const archive = join(folder, 'hoho.tar');
    await must('skopeo', ['copy', source, `docker-archive:${archive}:myimage:hoho`]);
    await docker.run('load', '-i', archive);
  });
  after(() => docker?.stop());

  test('a wrong password is refused in words', async () => {
    const { code, output } = await docker.login(slipway.host, ADMIN, 'not the password');
    assert.notEqual(code, 0);
    assert.match(output, /password is wrong/);
  });

  test('login, tag, push, remove and pull give the same image', async () => {
    const login = await docker.login(slipway.host, ADMIN, PASSWORD);
    assert.equal(login.code, 0, login.output);
    const name = `${slipway.host}/organization/myimage:hoho`;
    const before = await docker.imageId('myimage:hoho');
    await docker.run('tag', 'myimage:hoho', name);
    await docker.run('push', name);
    await docker.run('rmi', '-f', before);
    await docker.run('pull', name);
    assert.equal(await docker.imageId(name), before);
  });

  test('layers that are there already are not sent again, in another repository either', async () => {
    const name = `${slipway.host}/organization/team/copy:1.0`;
    await docker.run('tag', `${slipway.host}/organization/myimage:hoho`, name);
    const { stdout } = await docker.run('push', name);
    assert.doesNotMatch(stdout, /: Pushed/);
    assert.match(stdout, /Mounted from organization\/myimage|Layer already exists/);
  });

  test('containerd fetches and pushes', { skip: withoutCtr }, async () => {
    const ctr = (...args) => must('ctr', ['-a', docker.containerd, '-n', 'slipway', ...args]);
    const access = ['--plain-http', '--user', `${ADMIN}:${PASSWORD}`];
    const [from, to] = ['myimage:hoho', 'containerd:1.0'].map((name) => `${slipway.host}/organization/${name}`);
    await ctr('content', 'fetch', ...access, from);
    await ctr('images', 'tag', from, to);
    await ctr('images', 'push', ...access, to);
    const digest = async (repository, tag) => (await manifest(repository, tag)).headers.get('docker-content-digest');
    const pushed = await digest('organization/containerd', '1.0');
    assert.ok(pushed);
    assert.equal(pushed, await digest('organization/myimage', 'hoho'));
    await docker.run('pull', to);
  });

  test('a push over the quota says what is used, allowed and needed, and is not tried again', async () => {
    await slipway.createProject('small');
    await slipway.setQuota('small', '1 MB');
    const name = `${slipway.host}/small/myimage:hoho`;
    await docker.run('tag', `${slipway.host}/organization/myimage:hoho`, name);
    const { code, output } = await docker.try('push', name);
    assert.notEqual(code, 0);
    assert.match(output, /denied: project small holds .* of the 1(\.00)? MB that its quota allows, and this needs .* MB more/);
    assert.match(output, /what is deleted gives room at once/);
    assert.doesNotMatch(output, /Retrying/);
  });

  test('a push to a project that does not exist says where to create it', async () => {
    const name = `${slipway.host}/organisation/myimage:hoho`;
    await docker.run('tag', `${slipway.host}/organization/myimage:hoho`, name);
    const { code, output } = await docker.try('push', name);
    assert.notEqual(code, 0);
    assert.match(output, /project organisation does not exist/);
    assert.ok(output.includes(`${slipway.url}/projects/new`), output);
  });

  test('nobody pulls from a private project without signing in', async () => {
    await docker.run('logout', slipway.host);
    const { code, output } = await docker.try('pull', `${slipway.host}/organization/myimage:hoho`);
    assert.notEqual(code, 0, output);
  });
});

describe('skopeo', { skip: withoutSkopeo }, () => {
  const creds = ['--creds', `${ADMIN}:${PASSWORD}`];
  const at = (name) => `docker://${slipway.host}/${name}`;

  test('a multi-platform image comes back byte for byte', async () => {
    const images = [
      await layout.image({ architecture: 'amd64' }),
      await layout.image({ architecture: 'arm64', variant: 'v8' }),
      await layout.image({ architecture: 'amd64', os: 'windows' }),
    ];
    const index = await layout.index(images);
    const source = await layout.name(index, 'multi');
    await must('skopeo', ['copy', '--all', '--preserve-digests', '--dest-tls-verify=false', '--dest-creds', creds[1], source, at('organization/multi:1.2.0')]);
    const back = join(folder, 'back');
    await must('skopeo', ['copy', '--all', '--preserve-digests', '--src-tls-verify=false', '--src-creds', creds[1], at('organization/multi:1.2.0'), `oci:${back}:multi`]);
    const answer = await manifest('organization/multi', '1.2.0');
    assert.equal(answer.headers.get('docker-content-digest'), index.digest);
    await must('diff', ['-r', join(layout.path, 'blobs', 'sha256', index.digest.slice(7)), join(back, 'blobs', 'sha256', index.digest.slice(7))]);
    for (const image of images) {
      const digest = image.digest.slice(7);
      await must('diff', [join(layout.path, 'blobs', 'sha256', digest), join(back, 'blobs', 'sha256', digest)]);
    }
  });

  test('copies from one repository to another, as Docker schema 2 too', async () => {
    const both = ['--src-tls-verify=false', '--dest-tls-verify=false', '--src-creds', creds[1], '--dest-creds', creds[1]];
    await must('skopeo', ['copy', '--all', ...both, at('organization/multi:1.2.0'), at('library/multi:latest')]);
    await must('skopeo', ['copy', '--format', 'v2s2', ...both, at('organization/multi:1.2.0'), at('organization/schema2:1')]);
    const answer = await manifest('organization/schema2', '1');
    assert.equal(answer.headers.get('content-type'), 'application/vnd.docker.distribution.manifest.v2+json');
  });

  test('anybody pulls from the public project', async () => {
    await must('skopeo', ['inspect', '--tls-verify=false', '--no-creds', at('library/multi:latest')]);
  });

  test('lists tags and deletes an image', async () => {
    const { stdout } = await must('skopeo', ['list-tags', '--tls-verify=false', ...creds, at('organization/schema2')]);
    assert.deepEqual(JSON.parse(stdout).Tags, ['1']);
    await must('skopeo', ['delete', '--tls-verify=false', ...creds, at('organization/schema2:1')]);
    assert.equal((await manifest('organization/schema2', '1')).status, 404);
  });
});

describe('podman', { skip: withoutPodman || withoutSkopeo }, () => {
  const storage = () => ['--root', join(folder, 'podman'), '--runroot', join(folder, 'podman-run'), '--storage-driver', 'vfs'];
  const podman = (...args) => must('podman', [...storage(), ...args]);

  test('login, push, remove and pull give the same image', async () => {
    const source = await layout.name(await layout.image(), 'podman');
    const auth = join(folder, 'auth.json');
    await must('podman', [...storage(), 'login', '--authfile', auth, '--tls-verify=false', '-u', ADMIN, '--password-stdin', slipway.host], { input: PASSWORD });
    const archive = join(folder, 'podman.tar');
    await must('skopeo', ['copy', source, `docker-archive:${archive}:myimage:podman`]);
    await podman('load', '-q', '-i', archive);
    const before = (await podman('images', '-q', '--no-trunc')).stdout.trim();
    const name = `${slipway.host}/organization/podman:1`;
    await podman('tag', before, name);
    await podman('push', '--authfile', auth, '--tls-verify=false', name);
    await podman('rmi', '-f', before);
    await podman('pull', '-q', '--authfile', auth, '--tls-verify=false', name);
    assert.equal((await podman('images', '-q', '--no-trunc')).stdout.trim(), before);
  });
});

describe('a robot, by either of its names, and an access token', { skip: withoutDocker || withoutSkopeo || withoutPodman }, () => {
  let accounts;
  let source;
  let docker;

  before(async () => {
    docker = await Docker.start({ insecure: slipway.host });
    const { names, secret } = await slipway.createRobot('organization', 'ci');
    const token = await slipway.createAccessToken('laptop');
    accounts = [...names.map((name) => [name, secret]), [ADMIN, token]];
    source = await layout.name(await layout.image(), 'robots');
  });
  after(() => docker?.stop());

  test('log in with Docker, push and pull', async () => {
    const archive = join(folder, 'robots.tar');
    await must('skopeo', ['copy', source, `docker-archive:${archive}:myimage:robots`]);
    await docker.run('load', '-i', archive);
    for (const [at, [name, secret]] of accounts.entries()) {
      const login = await docker.login(slipway.host, name, secret);
      assert.equal(login.code, 0, `${name}: ${login.output}`);
      const image = `${slipway.host}/organization/robots/docker:${at}`;
      await docker.run('tag', 'myimage:robots', image);
      await docker.run('push', image);
      await docker.run('pull', image);
      await docker.run('logout', slipway.host);
    }
    const login = await docker.login(slipway.host, accounts[0][0], accounts[2][1]);
    assert.notEqual(login.code, 0, 'a token with another name');
  });

  test('log in with skopeo and podman, copy and pull', async () => {
    const storage = ['--root', join(folder, 'podman-robots'), '--runroot', join(folder, 'podman-robots-run'), '--storage-driver', 'vfs'];
    for (const [at, [name, secret]] of accounts.entries()) {
      const auth = join(folder, `auth-${at}.json`);
      const image = `${slipway.host}/organization/robots/skopeo:${at}`;
      await must('skopeo', ['login', '--authfile', auth, '--tls-verify=false', '-u', name, '--password-stdin', slipway.host], { input: secret });
      await must('skopeo', ['copy', '--dest-authfile', auth, '--dest-tls-verify=false', source, `docker://${image}`]);
      await must('podman', [...storage, 'login', '--authfile', auth, '--tls-verify=false', '-u', name, '--password-stdin', slipway.host], { input: secret });
      await must('podman', [...storage, 'pull', '-q', '--authfile', auth, '--tls-verify=false', image]);
    }
  });

  test('a shell takes the safe name as it stands, and the lines of the console work in one', async () => {
    const [name, secret] = accounts[0];
    const line = `echo ${secret} | skopeo login --authfile ${join(folder, 'line.json')} --tls-verify=false ${slipway.host} -u ${name} --password-stdin`;
    for (const shell of ['sh', 'bash']) await must(shell, ['-c', line]);
  });
});

describe('the first start', { skip: withoutDocker }, () => {
  test('the default password opens no terminal and says where to change it', async () => {
    const fresh = await Slipway.start({ fresh: true });
    try {
      const answer = await run('docker', ['--config', join(folder, 'fresh'), 'login', '-u', ADMIN, '--password-stdin', fresh.host], { input: DEFAULT_PASSWORD });
      assert.notEqual(answer.code, 0);
      const token = await fetch(`${fresh.url}/service/token?service=harbor-registry`, { headers: fresh.basic(ADMIN, DEFAULT_PASSWORD) });
      assert.ok([401, 403].includes(token.status));
      const text = await token.text();
      assert.match(text, /still has its first password/);
      assert.ok(text.includes(`${fresh.url}/password`) || text.includes(`${fresh.url}/login`), text);
    } finally {
      await fresh.stop();
    }
  });
});
