// The REST API, driven by clients from elsewhere: harborapi and harbor-cli, which know Harbor alone, and schemathesis, which knows
// nothing but the API's own document.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Layout } from '../harness/images.mjs';
import { PATIENCE, missing, must, run } from '../harness/process.mjs';
import { DRIVE, missingPython, program } from '../harness/python.mjs';
import { ADMIN, BINARY, PASSWORD, Slipway } from '../harness/slipway.mjs';

const skip = await missingPython() || await missing('skopeo');

describe('REST', { skip }, () => {
  let slipway;
  let layout;
  let folder;

  before(async () => {
    slipway = await Slipway.start();
    layout = await Layout.create();
    folder = await mkdtemp(join(tmpdir(), 'slipway-api-'));
  });
  after(async () => {
    await slipway?.stop();
    for (const path of [folder, layout?.path]) if (path) await rm(path, { recursive: true, force: true });
  });

  /** An image of its own in a repository. */
  const push = async (name, tag) => {
    const source = await layout.name(await layout.image({ sizes: [1000, 200] }), `${name}-${tag}`.replaceAll('/', '-'));
    await must('skopeo', ['copy', '--dest-tls-verify=false', '--dest-creds', `${ADMIN}:${PASSWORD}`, source, `docker://${slipway.host}/${name}:${tag}`]);
  };

  const project = async (name) => {
    const headers = { ...slipway.basic(), 'content-type': 'application/json' };
    const answer = await fetch(`${slipway.url}/api/v2.0/projects`, { method: 'POST', headers, body: JSON.stringify({ project_name: name }) });
    assert.equal(answer.status, 201, await answer.text());
  };

  test('harborapi drives it and finds every answer in the shape that it expects', async () => {
    await project('first');
    await push('first/app', '1.0');
    const { code, output } = await run(program('python'), [DRIVE, `${slipway.url}/api/v2.0/`, ADMIN, PASSWORD]);
    assert.equal(code, 0, output);
  });

  test('harbor-cli drives it', async () => {
    // With one of the last two it takes itself to be without a person, and then deletes nothing, whatever it is told.
    const env = { HOME: folder, XDG_CONFIG_HOME: folder, NO_COLOR: '1', COLUMNS: '200', CI: '', DEBIAN_FRONTEND: '' };
    // Without a file it asks questions.
    const config = join(folder, 'harbor-cli.toml');
    await writeFile(config, (await must(program('harbor'), ['sample-config'], { env })).stdout);
    const harbor = (...args) => run(program('harbor'), ['--config', config, '--url', `${slipway.url}/api/v2.0`, '--username', ADMIN, '--secret', PASSWORD,
      '--format', 'json', '--no-confirm-deletion', '--no-confirm-enumeration', '--no-warnings', ...args], { env });
    const done = async (...args) => {
      const { code, stdout, output } = await harbor(...args);
      assert.equal(code, 0, `${args.join(' ')}: ${output}`);
      const start = stdout.search(/[[{]/);
      return start < 0 ? null : JSON.parse(stdout.slice(start));
    };
    await done('project', 'create', 'third');
    await push('third/tool', '1.0');
    assert.equal((await done('project', 'get', 'third')).name, 'third');
    assert.ok((await done('project', 'list')).some(({ name }) => name === 'third'));
    assert.deepEqual((await done('project', 'repos', 'third')).map(({ name }) => name), ['third/tool']);
    const listed = JSON.stringify(await done('artifact', 'list', '--project', 'third', '--repo', 'tool'));
    assert.match(listed, /"name":"1\.0"/);
    await done('artifact', 'tag', 'create', 'third/tool:1.0', 'stable');
    assert.deepEqual((await done('artifact', 'tag', 'list', 'third/tool:1.0')).map(({ name }) => name).sort(), ['1.0', 'stable']);

    const refused = async (why, ...args) => {
      const { code, output } = await harbor(...args);
      assert.notEqual(code, 0, `${args.join(' ')}: ${output}`);
      assert.match(output, why, args.join(' '));
    };
    const absent = /not found|does not exist/i;
    await refused(absent, 'project', 'get', 'nothing');

    // It knows nothing of robots; harborapi, which it stands on, has them above.
    const roles = async () => Object.fromEntries((await done('project', 'member', 'list', 'third')).map((member) => [member.entity_name, member.role_id]));
    await done('user', 'create', 'grace', '--realname', 'Grace');
    await done('project', 'member', 'add-user', 'third', 'grace', 'guest');
    assert.deepEqual(await roles(), { [ADMIN]: 1, grace: 3 });
    await done('project', 'member', 'update-role', 'third', 'grace', 'maintainer');
    assert.deepEqual(await roles(), { [ADMIN]: 1, grace: 4 });
    const [{ id }] = await done('project', 'member', 'list', 'third', '--entity', 'grace');
    assert.equal((await done('project', 'member', 'get', 'third', String(id))).role_name, 'maintainer');
    await done('project', 'member', 'remove', 'third', 'grace');
    assert.deepEqual(await roles(), { [ADMIN]: 1 });
    await done('user', 'delete', 'grace', '--force');
    await refused(absent, 'user', 'get', 'grace');

    await done('artifact', 'copy', 'third/tool:1.0', 'third', 'copies');
    assert.deepEqual((await done('artifact', 'tag', 'list', 'third/copies:1.0')).map(({ name }) => name).sort(), ['1.0', 'stable']);
    await done('repository', 'delete', 'third', 'copies', '--force');
    await done('project', 'metadata', 'field', 'set', 'third', 'public', 'true');
    assert.equal((await done('project', 'get', 'third')).metadata.public, 'true');
    await done('project', 'metadata', 'field', 'delete', 'third', 'public', '--force');
    assert.equal((await done('project', 'get', 'third')).metadata.public, 'false');
    await refused(/412 Precondition/, 'project', 'delete', 'third', '--force');
    await done('artifact', 'tag', 'delete', 'third/tool:1.0', 'stable', '--force');
    assert.deepEqual((await done('artifact', 'tag', 'list', 'third/tool:1.0')).map(({ name }) => name), ['1.0']);
    await done('artifact', 'delete', 'third/tool:1.0', '--force');
    await refused(absent, 'artifact', 'get', 'third/tool:1.0');
    await done('repository', 'delete', 'third', 'tool', '--force');
    assert.deepEqual(await done('project', 'repos', 'third'), []);
    await done('project', 'delete', 'third', '--force');
    await refused(absent, 'project', 'get', 'third');
  });

  /** Sends all that the document allows, and more, in somebody's name. */
  const conforms = async (user, password, phases, examples) => {
    // One worker: what it stands on parses Python in each of its threads, which Python 3.11 cannot do at once (python/cpython#106905).
    const { code, output } = await run(program('st'), ['run', `${slipway.url}/api/v2.0/openapi.json`, '--auth', `${user}:${password}`,
      '--checks', 'not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance',
      '--phases', phases, '--max-examples', String(examples), '--seed', '4', '--no-color', '--warnings', 'off', '--workers', '1',
      '--suppress-health-check', 'filter_too_much,too_slow', '--request-timeout', '120',
    ],
    { cwd: folder, timeout: 10 * PATIENCE, env: { HOME: folder } });
    assert.equal(code, 0, output.slice(-8000));
  };

  test('no answer is a mistake of the server, or one that the document does not know', async () => {
    await project('fourth');
    await push('fourth/app', '1.0');
    await conforms(ADMIN, PASSWORD, 'examples,coverage,fuzzing', 20);
  });

  test('nor is one that a developer of a single project gets', async () => {
    await project('fifth');
    await push('fifth/app', '1.0');
    const headers = { ...slipway.basic(), 'content-type': 'application/json' };
    const post = async (path, body) => {
      const answer = await fetch(`${slipway.url}/api/v2.0${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      assert.equal(answer.status, 201, await answer.text());
    };
    await post('/users', { username: 'linus' });
    await post('/projects/fifth/members', { role_id: 2, member_user: { username: 'linus' } });
    const password = 'a wholly different wharf';
    const args = ['admin', 'reset-password', 'linus', '--password-file', '-', '--data-dir', slipway.data];
    await must(BINARY, args, { env: slipway.env, input: password });
    await conforms('linus', password, 'examples,fuzzing', 10);
  });
});
