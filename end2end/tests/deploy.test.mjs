// The files of docs/deploy and the commands of docs/on-aws.md, looked at by what knows what may stand there.

import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { PATIENCE, freePort, missing, must } from '../harness/process.mjs';
import { program } from '../harness/python.mjs';
import { BINARY } from '../harness/slipway.mjs';

const at = (path) => new URL(`../../docs/${path}`, import.meta.url).pathname;
const [KUBERNETES, COMPOSE, AWS] = ['kubernetes-validate', 'check-jsonschema', 'aws'].map(program);

/** A folder for as long as `work` lasts. */
async function within(work) {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-deploy-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('Kubernetes', { skip: await missing(KUBERNETES) }, () => {
  // The oldest that the documentation names, and the newest that is known here.
  for (const version of ['1.30', '1.37']) {
    test(`knows the manifests, ${version}`, () => must(KUBERNETES, ['--strict', '-k', version, at('deploy/kubernetes.yaml')]));
  }
});

describe('Compose', { skip: await missing(COMPOSE) }, () => {
  test('knows the file', () => must(COMPOSE, ['--builtin-schema', 'vendor.compose-spec', at('deploy/compose.yaml')]));

  test('is given all that it asks for', async () => {
    const [file, values] = await Promise.all(['compose.yaml', 'compose.env'].map((name) => readFile(at(`deploy/${name}`), 'utf8')));
    const asked = [...file.matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
    const given = [...values.matchAll(/^(\w+)=/gm)].map(([, name]) => name);
    assert.deepEqual([...new Set(asked)].toSorted(), given.toSorted());
  });
});

describe('systemd', { skip: await missing('systemd-analyze') }, () => {
  test('knows the unit', () => within(async (folder) => {
    const unit = await readFile(at('deploy/slipway.service'), 'utf8');
    assert.match(unit, /^ExecStart=\/usr\/local\/bin\/slipway serve$/m);
    const file = join(folder, 'slipway.service');
    await writeFile(file, unit.replace(/^ExecStart=\S+/m, `ExecStart=${BINARY}`));
    // What it does not know it ignores, with a word.
    const { output } = await must('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', file]);
    assert.equal(output, '');
  }));
});

describe('AWS', { skip: await missing(AWS) }, () => {
  test('knows the commands', () => within(async (folder) => {
    const page = await readFile(at('on-aws.md'), 'utf8');
    const blocks = (kind) => [...page.matchAll(new RegExp(`^\`\`\`${kind}\\n([^]*?)^\`\`\``, 'gm'))].map(([, block]) => block);
    const script = blocks('sh').filter((block) => /^export |\baws /m.test(block)).join('');
    const commands = script.match(/\baws [a-z0-9]+ [a-z-]+/g);
    assert.ok(commands.length > 10, script);
    const [said, bin] = ['said', 'aws'].map((name) => join(folder, name));
    // Where nobody listens: a command that is as AWS wants it ends with that, and any other before. What it would say is made up.
    await writeFile(bin, `#!/bin/sh
      "${AWS}" "$@" --endpoint-url http://127.0.0.1:${await freePort()} --no-sign-request >>"${said}" 2>&1
      case "$*" in *.\\[*) echo registry.example.com Z0000000000000 ;; *) echo arn:aws:service:region:account:thing ;; esac
    `);
    await chmod(bin, 0o755);
    await writeFile(join(folder, 'policy.json'), blocks('json')[0]);
    await writeFile(join(folder, 'sleep'), '#!/bin/sh\n', { mode: 0o755 });
    const env = { PATH: `${folder}:${process.env.PATH}`, AWS_DEFAULT_REGION: 'ap-southeast-1', AWS_CONFIG_FILE: join(folder, 'none'), AWS_MAX_ATTEMPTS: '1' };
    // Each command is a program that takes seconds to start.
    await must('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder, env, timeout: 15 * PATIENCE });
    const answers = await readFile(said, 'utf8');
    assert.equal(answers.match(/Could not connect to the endpoint URL/g)?.length, commands.length, answers);
  }));
});
