// `slipway storage migrate` beside a server: from a folder into a bucket of Garage, killed on the way, and back.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Garage, missingGarage } from '../harness/garage.mjs';
import { Gate } from '../harness/gate.mjs';
import { Layout } from '../harness/images.mjs';
import { Postgres, missingPostgres } from '../harness/postgres.mjs';
import { missing, must, run, start, stop, until } from '../harness/process.mjs';
import { ADMIN, BINARY, PASSWORD, Slipway } from '../harness/slipway.mjs';

const skip = await missing('skopeo') || await missingPostgres() || await missingGarage();

/** So much is sent to the bucket before the first move is killed: less than there is, and more than the first blobs. */
const MIDDLE = 5 << 20;

describe('slipway storage migrate', { skip }, () => {
  const images = [];
  let postgres;
  let garage;
  let gate;
  let layout;
  let folder;
  let slipway;
  /** What the server is told wherever the blobs are, and what says that they are in the bucket. */
  let common;
  let bucket;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-move-'));
    [postgres, garage, layout] = await Promise.all([Postgres.start(), Garage.start('127.0.0.1'), Layout.create()]);
    gate = await Gate.start(Number(new URL(garage.url).port));
    bucket = { ...garage.env, SLIPWAY_STORAGE__S3__ENDPOINT: gate.url };
    slipway = await Slipway.start({ env: { SLIPWAY_SECRET_KEY: randomBytes(32).toString('hex'), SLIPWAY_DATABASE__URL: postgres.url, SLIPWAY_TRASH__KEEP: '0s' } });
    common = slipway.env;
    // One with a layer that a bucket gets in parts.
    images.push(await push(9 << 20), ...await Promise.all([0, 1, 2].map(() => push(3 << 20))));
  });

  after(async () => {
    await slipway?.stop();
    gate?.stop();
    await Promise.all([postgres?.stop(), garage?.stop()]);
    for (const path of [folder, layout?.path]) if (path) await rm(path, { recursive: true, force: true });
  });

  /** Pushes an image that nobody has. */
  async function push(size) {
    const image = await layout.image({ sizes: [size, 100_000, 300] });
    const { digest } = image;
    const tag = digest.slice(7, 19);
    const source = await layout.name(image, tag);
    const name = `docker://${slipway.host}/library/moved:${tag}`;
    await must('skopeo', ['copy', '--quiet', '--preserve-digests', '--dest-tls-verify=false', '--dest-creds', `${ADMIN}:${PASSWORD}`, source, name]);
    return { name, digest };
  }

  /** Pulls an image and holds it against what was pushed, byte for byte. */
  async function whole({ name, digest }) {
    const back = await mkdtemp(join(folder, 'back-'));
    await must('skopeo', ['copy', '--quiet', '--preserve-digests', '--src-tls-verify=false', name, `oci:${back}:it`]);
    const files = await readdir(join(back, 'blobs', 'sha256'));
    assert.ok(files.includes(digest.slice(7)) && files.length === 5, files.join());
    for (const file of files) {
      const [pulled, pushed] = await Promise.all([back, layout.path].map((path) => readFile(join(path, 'blobs', 'sha256', file))));
      assert.ok(pulled.equals(pushed), `${file} of ${name}`);
    }
    await rm(back, { recursive: true });
  }

  const allAreWhole = () => Promise.all(images.map(whole));

  /** Pushes and pulls images, one after the other, for as long as the work takes. */
  async function beside(work) {
    let going = true;
    const pushing = (async () => {
      do {
        const image = await push(100_000);
        await whole(image);
        images.push(image);
      } while (going);
    })();
    const [done] = await Promise.all([work().finally(() => { going = false; }), pushing]);
    return done;
  }

  /** Starts the server anew with these settings. */
  async function restart(settings) {
    const { code } = await stop(slipway.process);
    assert.equal(code, 0, slipway.process.log());
    slipway.env = { ...common, ...settings };
    await slipway.launch();
  }

  /** Keeps a configuration of before. */
  async function keep(name, text) {
    const path = join(folder, name);
    await writeFile(path, text);
    return { SLIPWAY_STORAGE__PREVIOUS: path };
  }

  /** A command with the server's settings. */
  const command = (...args) => [BINARY, [...args, '--data-dir', slipway.data], { env: slipway.env }];

  async function moveAll() {
    const { stdout } = await must(...command('storage', 'migrate'));
    assert.match(stdout, /^Copied [1-9][\d,]* blobs of/);
    assert.match(stdout, /All blobs are in the new place/);
  }

  /** Reads and hashes all blobs where the server looks for them. */
  async function isClean() {
    const { code, output } = await run(...command('fsck', '--deep', '--rate', '0'));
    assert.equal(code, 0, output);
    assert.match(output, /Nothing is damaged/);
  }

  /** What a server answers who is sent a blob that nobody has. */
  async function pushBlob(to) {
    const body = randomBytes(1_000);
    const digest = createHash('sha256').update(body).digest('hex');
    const headers = { 'content-type': 'application/octet-stream' };
    return (await to.v2(`library/moved/blobs/uploads/?digest=sha256:${digest}`, { method: 'POST', headers, body })).status;
  }

  /** The server has heard that all blobs have moved. */
  const switched = () => until('the switch', () => slipway.process.log().includes('storage.previous is without effect'));

  /** Takes what there is of blobs out of the folder, as an operator does who needs it no more. */
  async function clear() {
    for (const name of await readdir(slipway.data)) if (name.length === 2) await rm(join(slipway.data, name), { recursive: true });
  }

  /** Pushes, pulls, deletes and collects. */
  async function goesOn() {
    const [image, gone] = [await push(3 << 20), await push(100_000)];
    images.push(image);
    const { status } = await slipway.v2(`library/moved/manifests/${gone.digest}`, { method: 'DELETE' });
    assert.equal(status, 202);
    await must(...command('gc', '--grace', '0s'));
    await allAreWhole();
  }

  test('a move into a bucket goes on after it was killed, beside pushes and pulls', async (context) => {
    const previous = await keep('folder.toml', `data_dir = '${slipway.data}'\n`);
    const forgotten = await Slipway.start({ env: { ...common, SLIPWAY_STORAGE__PATH: slipway.data } });
    context.after(() => forgotten.stop());
    await restart({ ...bucket, ...previous });
    await allAreWhole();

    const shut = gate.shutAfter(MIDDLE);
    // The server looks for jobs as well: it sleeps until the command has its own.
    slipway.process.child.kill('SIGSTOP');
    const moving = start(...command('storage', 'migrate'));
    const early = moving.ended.then(({ code }) => assert.fail(`it ended with ${code}: ${moving.log()}`));
    await Promise.race([shut, early]).finally(() => slipway.process.child.kill('SIGCONT'));
    await stop(moving, 'SIGKILL');
    const holder = await postgres.query("SELECT lease_owner FROM jobs WHERE kind = 'move' AND state = 'running'");
    assert.ok(holder.includes(`/${moving.child.pid}/`), `it is the command that moves, not ${holder}`);
    gate.open();
    await allAreWhole();

    // Its hold on the job would run out by itself, in half a minute.
    await postgres.query("UPDATE jobs SET lease_until = 0 WHERE kind = 'move' AND state = 'running'");
    await beside(moveAll);

    // The server hears of it by itself, and the folder can go.
    await switched();
    assert.equal(await pushBlob(forgotten), 500, 'what it took would be lost');
    await forgotten.stop();
    assert.equal(await pushBlob(slipway), 201);
    await clear();
    await goesOn();
    await isClean();

    // With the old settings it starts as well, and says that they can go.
    await restart({ ...bucket, ...previous });
    await switched();
    await goesOn();
    const { output } = await run(...command('check'));
    assert.match(output, /storage\.previous is without effect/);

    await restart(bucket);
    await allAreWhole();
    await isClean();
  });

  test('and back into a folder', async () => {
    const { access, secret } = garage;
    const previous = await keep('bucket.toml', `[storage.s3]
bucket = '${garage.bucket}'
region = 'garage'
endpoint = '${gate.url}'
access_key = '${access}'
secret_key = '${secret}'
`);
    await restart(previous);
    await beside(moveAll);
    await switched();
    await garage.stop();
    await goesOn();
    await restart(previous);
    await goesOn();
    await restart({});
    await allAreWhole();
    await isClean();
  });
});
