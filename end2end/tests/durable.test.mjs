// What a power cut would leave: the calls that the server makes before it says that something is stored, as strace sees them. Each
// file is synced after its last byte, each folder after its last name, the database after that, and only then comes the answer.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { missing, run, until } from '../harness/process.mjs';
import { Slipway } from '../harness/slipway.mjs';

// Not every system has all of them; a question mark lets one be unknown.
const CALLS = 'openat,?rename,?renameat,renameat2,?mkdir,mkdirat,write,writev,pwrite64,pwritev,pwritev2,ftruncate,sendto,sendmsg,fsync,fdatasync';
const IMAGE = 'application/vnd.oci.image.manifest.v1+json';
const DATABASE = /\/slipway\.db-wal$/;

const skip = await missing('strace') || await forbidden();

/** The reason to skip the test where no process may look into another, or `false`. */
async function forbidden() {
  if ((await run('strace', ['-f', '-o', '/dev/null', 'true'])).code === 0) return false;
  if (process.env.CI === 'true') throw new Error('strace may not trace here');
  return 'strace may not trace here';
}

/** The calls of a trace that succeeded, each with the lines at which it began and ended. */
function callsOf(trace) {
  const found = [];
  const begun = new Map();
  for (const [at, line] of trace.split('\n').entries()) {
    const [, thread, rest] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (!rest) continue;
    const unfinished = /^(\w+)\((.*) <unfinished \.\.\.>$/.exec(rest);
    const resumed = /^<\.\.\. \w+ resumed>(.*)\) += (.*)$/.exec(rest);
    const whole = /^(\w+)\((.*)\) += (.*)$/.exec(rest);
    if (unfinished) {
      begun.set(thread, { name: unfinished[1], told: unfinished[2], began: at });
    } else if (resumed && begun.has(thread)) {
      const { told, ...call } = begun.get(thread);
      found.push({ ...call, told: told + resumed[1], result: resumed[2], ended: at });
    } else if (whole) {
      found.push({ name: whole[1], told: whole[2], result: whole[3], began: at, ended: at });
    }
  }
  return found.filter(({ result }) => !result.startsWith('-1'));
}

/** The file or folder that a call is about by its descriptor. */
const path = ({ told }) => /^\d+<([^>]*)>/.exec(told)?.[1] ?? '';
const isSync = ({ name }) => name === 'fsync' || name === 'fdatasync';
const isWrite = ({ name }) => /^(p?writev?2?|pwrite64|ftruncate)$/.test(name);
const isAnswer = ({ name, told }) => /^(sendto|sendmsg|writev?)$/.test(name) && told.includes('"HTTP/1.1 201');

/** The first call of these that began after another one had ended, which has to be there. */
const after = (all, call, wanted) => call && all.find((other) => other.began > call.ended && wanted(other));

/** What made a row durable between two answers: absent where nothing did. */
function committed(all, since) {
  const row = after(all, since, (call) => isWrite(call) && DATABASE.test(path(call)));
  return { database: after(all, row, (call) => isSync(call) && DATABASE.test(path(call))) };
}

/** The calls that made a blob and its row durable between two answers; absent are those that did not happen, or too late. */
function stored(calls, folder, since, answer) {
  const all = calls.filter((call) => call.ended < answer.began);
  const renamed = ({ name, told }) => name.startsWith('rename') && /"uploads\/([0-9a-f]{32})", .*"(([0-9a-f]{2})\/[0-9a-f]{32})"/.exec(told);
  const created = ({ name, told }) => name === 'openat' && told.includes('O_CREAT') && /()"(([0-9a-f]{2})\/[0-9a-f]{32})"/.exec(told);
  const named = after(all, since, (call) => path(call) === folder && (renamed(call) || created(call)));
  const [, upload, object, shard] = (named && (renamed(named) || created(named))) ?? [];
  const mine = (call) => [`${folder}/uploads/${upload}`, `${folder}/${object}`].includes(path(call));
  const written = all.findLast((call) => isWrite(call) && mine(call));
  // Whatever bears an object's name is whole.
  const file = after(upload ? all.filter((call) => call.ended < named.began) : all, written, (call) => isSync(call) && mine(call));
  const names = after(all, named, (call) => call.name === 'fsync' && path(call) === `${folder}/${shard}`);
  const later = file && names && [file, names].reduce((one, other) => (one.ended > other.ended ? one : other));
  return { file, names, ...committed(all, later) };
}

test('what is answered with 201 would be there after a power cut', { skip }, async (t) => {
  const place = await mkdtemp(join(tmpdir(), 'slipway-trace-'));
  t.after(() => rm(place, { recursive: true }));
  const output = join(place, 'trace');
  const slipway = await Slipway.start({ under: ['strace', '-D', '-f', '-y', '-o', output, '-e', `trace=${CALLS}`] });
  const folder = await realpath(slipway.data);
  const kinds = [];

  async function send(status, method, address, { body, type = 'application/octet-stream' } = {}) {
    const answer = await slipway.v2(`library/power/${address}`, { method, body, headers: { 'content-type': type } });
    assert.equal(answer.status, status, await answer.text());
    return answer.headers.get('location')?.replace('/v2/library/power/', '');
  }
  const described = (bytes, mediaType) => {
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    return { mediaType, size: bytes.length, digest };
  };
  /** Pushes a blob, the rest of it from `at` on with the request that ends the upload. */
  async function push(kind, size, at) {
    const bytes = randomBytes(size);
    const descriptor = described(bytes, 'application/vnd.oci.image.layer.v1.tar');
    if (at === undefined) {
      await send(201, 'POST', `blobs/uploads/?digest=${descriptor.digest}`, { body: bytes });
    } else {
      const begun = await send(202, 'POST', 'blobs/uploads/');
      const going = await send(202, 'PATCH', begun, { body: bytes.subarray(0, at) });
      await send(201, 'PUT', `${going}?digest=${descriptor.digest}`, { body: bytes.subarray(at) });
    }
    kinds.push(kind);
    return descriptor;
  }

  try {
    const layers = [
      await push('a small one', 1_000),
      await push('a large one in one request', 3 << 20),
      await push('one whose last bytes come with the end', 3 << 20, 2 << 20),
      await push('one that is whole before its end', 3 << 20, 3 << 20),
    ];
    const config = await push('a configuration', 100);
    const manifest = { schemaVersion: 2, mediaType: IMAGE, config: { ...config, mediaType: 'application/vnd.oci.image.config.v1+json' }, layers };
    await send(201, 'PUT', 'manifests/v1', { body: JSON.stringify(manifest), type: IMAGE });
  } finally {
    await slipway.stop();
  }
  const ended = new RegExp(`^${slipway.process.child.pid} +\\+\\+\\+`, 'm');
  const trace = await until('the end of the trace', () => readFile(output, 'utf8').then((text) => ended.test(text) && text));
  const all = callsOf(trace);
  const answers = all.filter(isAnswer);
  assert.equal(answers.length, kinds.length + 1, trace.slice(-10_000));

  // The folders that objects come into, from the first start on.
  const made = all.findLast(({ name, told }) => name.startsWith('mkdir') && told.includes('"ff"'));
  const synced = after(all, made, (call) => call.name === 'fsync' && path(call) === folder);
  assert.ok(synced?.ended < answers[0].began, 'the names of folders are not synced');

  let since = all[0];
  for (const [at, answer] of answers.entries()) {
    const kind = kinds[at] ?? 'a manifest';
    const judge = (calls, told) => (kinds[at]
      ? stored(calls, folder, since, told)
      : committed(calls.filter((call) => call.ended < told.began), since));
    const syncs = judge(all, answer);
    for (const [what, sync] of Object.entries(syncs)) {
      assert.ok(sync, `${kind}: ${what} not synced before the answer`);
      // Without it, or with an answer that comes before it, this test would fail.
      const without = all.filter((call) => !(isSync(call) && path(call) === path(sync)));
      assert.equal(judge(without, answer)[what], undefined, `${kind}: ${what}`);
      assert.equal(judge(all, { ...answer, began: sync.ended })[what], undefined, `${kind}: ${what}`);
    }
    since = answer;
  }
});
