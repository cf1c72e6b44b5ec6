// Child processes: run to the end, or kept until the test is over.

import { execFile, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';

/** How long something that has to happen may take: it ends what hangs, and no slow machine comes near it. */
export const PATIENCE = 120_000;

const SIGNALS_EXIT = ['exit', 'SIGINT', 'SIGTERM'];
const running = new Set();
for (const signal of SIGNALS_EXIT) {
  process.on(signal, () => {
    for (const child of running) child.kill('SIGKILL');
    if (signal !== 'exit') process.exit(1);
  });
}

/** Runs a program to its end. Resolves with { code, stdout, stderr, output }; never rejects for an exit code. */
export function run(program, args, { env = {}, input, cwd, timeout = 5 * PATIENCE } = {}) {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ...env }, cwd, timeout, maxBuffer: 64 << 20 };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error && error.code === 'ENOENT') return reject(error);
      const code = error ? (error.code ?? 1) : 0;
      resolve({ code, stdout, stderr, output: stdout + stderr });
    });
    // A program that ends without reading its input is judged by its exit code.
    child.stdin.on('error', () => {});
    child.stdin.end(input ?? '');
  });
}

/** Runs a program that must succeed; its output is in the error if it does not. */
export async function must(program, args, options) {
  const result = await run(program, args, options);
  if (result.code !== 0) {
    throw new Error(`${program} ${args.join(' ')} ended with ${result.code}:\n${result.output}`);
  }
  return result;
}

/** Starts a program that stays; `log()` gives what it printed so far. */
export function start(program, args, { env = {}, cwd } = {}) {
  const child = spawn(program, args, { env: { ...process.env, ...env }, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const chunks = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(chunk));
  const ended = new Promise((resolve) => child.on('exit', (code, signal) => {
    running.delete(child);
    resolve({ code, signal });
  }));
  return { child, ended, log: () => Buffer.concat(chunks).toString() };
}

/** Ends what `start` began, and waits for it. */
export async function stop(process_, signal = 'SIGTERM', patience = PATIENCE) {
  process_.child.kill(signal);
  const timer = setTimeout(() => process_.child.kill('SIGKILL'), patience);
  const result = await process_.ended;
  clearTimeout(timer);
  return result;
}

/** Removes folders with all that is in them, also where what was ended a moment ago still lets go of them. */
export async function remove(...paths) {
  for (const path of paths) if (path) await rm(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}

const given = new Set();

/**
 * A port that is free at every address and was given to nobody else here. It is below those that systems give to whoever asks for any,
 * so that it stays free until a server is there, and while one is away; and none that browsers refuse.
 */
export async function freePort() {
  for (;;) {
    const port = 11_000 + Math.floor(Math.random() * 19_000);
    if (given.has(port) || !await isFree(port)) continue;
    given.add(port);
    return port;
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)));
  });
}

/** Waits until `probe` gives something true. */
export async function until(what, probe, timeout = PATIENCE) {
  const deadline = Date.now() + timeout;
  for (;;) {
    const found = await Promise.resolve().then(probe).catch(() => undefined);
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`waited ${timeout} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Whether a program can be started at all. */
export async function has(program, args = ['--version']) {
  return run(program, args).then(() => true, () => false);
}

/**
 * The reason to skip a test that needs a program, or `false`. Where nothing may be skipped (`CI=true`) a missing
 * program is a failure.
 */
export async function missing(...programs) {
  for (const program of programs) {
    if (await has(program)) continue;
    if (process.env.CI === 'true') throw new Error(`${program} is needed and not installed`);
    return `${program} is not installed`;
  }
  return false;
}
