// Helm and ORAS do what the console's lines say: charts and files come back byte for byte.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { run } from '../harness/process.mjs';
import { ARTIFACTS, CHARTS, missingPython, program } from '../harness/python.mjs';
import { ADMIN, PASSWORD, Slipway } from '../harness/slipway.mjs';

const skip = await missingPython();

describe('what is no image', { skip }, () => {
  let slipway;
  let browser;
  let folder;
  let accounts;

  before(async () => {
    slipway = await Slipway.start();
    await slipway.createProject('organization');
    browser = await slipway.signedIn();
    folder = await mkdtemp(join(tmpdir(), 'slipway-charts-'));
    const { names, secret } = await slipway.createRobot('organization', 'ci');
    accounts = [[ADMIN, PASSWORD], ...names.map((name) => [name, secret]), [ADMIN, await slipway.createAccessToken('laptop')]];
  });
  after(async () => {
    await slipway?.stop();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  /** The lines that a page of the console has to copy. */
  const lines = async (path) => {
    const { text } = await browser.open(path);
    return [...text.matchAll(/command-line[\s\S]*?<code>([\s\S]*?)<\/code>/g)].map(([, code]) => code.replaceAll(/<[^>]*>/g, '').trim());
  };

  const drive = (driver) => (account, words, cwd = folder) =>
    run(program('python'), [driver, ...account, ...words], { cwd, env: { HOME: folder } });
  const helm = drive(CHARTS);
  const oras = drive(ARTIFACTS);

  /** Does what a line says, as somebody; what it prints. */
  const follow = async (line, account, cwd) => {
    const [client, ...words] = line.split(' ');
    const { code, stdout, output } = await { helm, oras }[client](account, words, cwd);
    assert.equal(code, 0, `${line}: ${output}`);
    return stdout.trim();
  };

  /** The only file that a line leaves in an empty folder. */
  const fetched = async (line, account) => {
    const empty = await mkdtemp(join(folder, 'empty-'));
    await follow(line, account, empty);
    const [name, ...others] = await readdir(empty);
    assert.deepEqual(others, [], line);
    return readFile(join(empty, name));
  };

  const packaged = async (version) => {
    await follow(`helm create my-chart ${version}`, accounts[0]);
    return readFile(join(folder, `my-chart-${version}.tgz`));
  };

  test('Helm pushes a chart by the line of the empty project, and pulls it by the line of the repository', async () => {
    const chart = await packaged('1.0.0');
    const [login, push] = await lines('/projects/organization?client=helm');
    assert.equal(login, `helm registry login --plain-http ${slipway.host} -u ${ADMIN}`);
    assert.equal(push, `helm push --plain-http my-chart-1.0.0.tgz oci://${slipway.host}/organization`);
    const here = '/projects/organization/my-chart';
    for (const account of accounts) {
      await follow(push, account);
      const [pull] = await lines(here);
      assert.equal(pull, `helm pull --plain-http oci://${slipway.host}/organization/my-chart --version 1.0.0`);
      assert.deepEqual(await fetched(pull, account), chart);
    }
    const [byDigest] = await lines(`${here}:1.0.0?by=digest`);
    assert.match(byDigest, /^helm pull --plain-http oci:\/\/\S+\/organization\/my-chart@sha256:\w{64}$/);
    assert.deepEqual(await fetched(byDigest, accounts[0]), chart);
    const [install] = await lines(`${here}?client=helm-install`);
    assert.equal(install, `helm install --plain-http my-chart oci://${slipway.host}/organization/my-chart --version 1.0.0`);
  });

  test('a version with a plus is pulled by the line of its tag, which has none', async () => {
    const chart = await packaged('1.1.0+build.5');
    await follow(`helm push --plain-http my-chart-1.1.0+build.5.tgz oci://${slipway.host}/organization`, accounts[0]);
    const [pull] = await lines('/projects/organization/my-chart:1.1.0_build.5');
    assert.equal(pull, `helm pull --plain-http oci://${slipway.host}/organization/my-chart --version 1.1.0+build.5`);
    assert.deepEqual(await fetched(pull, accounts[0]), chart);
  });

  test('who is refused is told why, by Helm too', async () => {
    await packaged('1.0.0');
    const words = (project) => ['push', '--plain-http', 'my-chart-1.0.0.tgz', `oci://${slipway.host}/${project}`];
    for (const [account, project, why] of [
      [[ADMIN, 'not the password'], 'organization', /the user name or the password is wrong/],
      [accounts[1], 'library', /a robot of project organization works in organization alone; use a robot of library/],
      [accounts[0], 'nothing', /project nothing does not exist/],
    ]) {
      const { code, output } = await helm(account, words(project));
      assert.notEqual(code, 0, output);
      assert.match(output, why);
    }
  });

  test('ORAS pushes files by the line of the project, pulls them by the line of the repository, and attaches others', async () => {
    const report = randomBytes(100_000);
    await writeFile(join(folder, 'report.pdf'), report);
    await writeFile(join(folder, 'bom.json'), '{}');
    const [, push] = await lines('/projects/organization?push=1&client=oras');
    const name = `${slipway.host}/organization/my-files`;
    assert.equal(push, `oras push --plain-http ${name}:1.0.0 --artifact-type application/vnd.example.files report.pdf`);
    let digest;
    for (const account of accounts) {
      digest = await follow(push, account);
      for (const [query, reference] of [['', ':1.0.0'], ['?by=digest', `@${digest}`]]) {
        const [pull] = await lines(`/projects/organization/my-files${query}`);
        assert.equal(pull, `oras pull --plain-http ${name}${reference}`);
        assert.deepEqual(await fetched(pull, account), report);
      }
    }
    const attached = await follow(`oras attach --plain-http ${name}:1.0.0 --artifact-type application/spdx+json bom.json`, accounts[0]);
    const { manifests } = await (await slipway.v2(`organization/my-files/referrers/${digest}`)).json();
    assert.deepEqual(manifests.map((one) => [one.digest, one.artifactType]), [[attached, 'application/spdx+json']]);
    const { text } = await browser.open('/projects/organization/my-files:1.0.0');
    assert.ok(text.includes(`/projects/organization/my-files@${attached}`), 'the page shows what is attached');
  });
});
