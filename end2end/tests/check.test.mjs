// `slipway check` before an nginx that was configured badly, in each of the usual ways: what is wrong is named with its remedy.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Authority } from '../harness/authority.mjs';
import { freePort, missing, run, start, stop, until } from '../harness/process.mjs';
import { BINARY, Slipway } from '../harness/slipway.mjs';

const skip = await missing('nginx', 'openssl');
const GOOD = ['proxy_set_header Host $http_host', 'proxy_set_header X-Forwarded-Proto $scheme', 'proxy_set_header X-Forwarded-For $remote_addr'];
const UNLIMITED = ['client_max_body_size 0', 'proxy_request_buffering off'];

/** An nginx that ends TLS at 127.0.0.1 with these lines in its location. */
class Nginx {
  static async start({ port, tls, lines }) {
    const nginx = new Nginx();
    nginx.folder = await mkdtemp(join(tmpdir(), 'slipway-nginx-'));
    const conf = join(nginx.folder, 'nginx.conf');
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${nginx.folder}/${kind};`).join(' ');
    const server = `listen 127.0.0.1:${port} ssl; ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key}; location / { ${lines.join('; ')}; }`;
    const user = process.getuid() === 0 ? 'user root;' : '';
    await writeFile(conf, `${user} daemon off; pid ${nginx.folder}/pid; error_log stderr crit; events {} http { access_log off; ${temporary} server { ${server} } }`);
    nginx.process = start('nginx', ['-e', 'stderr', '-p', nginx.folder, '-c', conf]);
    await until('nginx', () => run('openssl', ['s_client', '-connect', `127.0.0.1:${port}`], { input: '' }).then(({ output }) => output.includes('BEGIN CERTIFICATE')))
      .catch((error) => { throw new Error(`${error.message}\n${nginx.process.log()}`); });
    return nginx;
  }

  async stop() {
    await stop(this.process);
    await rm(this.folder, { recursive: true, force: true });
  }
}

describe('slipway check', { skip }, () => {
  let authority;
  let tls;
  let strange;
  before(async () => {
    authority = await Authority.create();
    tls = await authority.issue('localhost', 'localhost');
    strange = await authority.issue('elsewhere', 'elsewhere.example.com');
  });
  after(() => authority?.remove());

  /** What is found when a server with these settings is looked at through such an nginx: names of findings by severity. */
  async function check({ lines = [...GOOD, ...UNLIMITED], env = {}, as = {}, certificate = tls, trusted = true, upstream = true, host = 'localhost' }) {
    const port = await freePort();
    const url = `https://${host}:${port}`;
    const expand = (settings) => Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, value?.replace('URL', url)]));
    const slipway = await Slipway.start({ env: expand(env) });
    let nginx;
    try {
      const pass = upstream ? [`proxy_pass http://127.0.0.1:${slipway.port}`, 'proxy_http_version 1.1'] : [];
      nginx = await Nginx.start({ port, tls: certificate, lines: [...pass, ...lines].map((line) => line.replace('URL', url)) });
      const settings = { ...slipway.env, SLIPWAY_PUBLIC_URL: url, ...expand(as), SSL_CERT_FILE: trusted ? authority.certificate : undefined };
      const { code, stdout, output } = await run(BINARY, ['check', '--json', '--data-dir', slipway.data], { env: settings });
      const report = JSON.parse(stdout || assert.fail(output));
      const wrong = report.findings.filter(({ severity }) => severity !== 'passed');
      for (const finding of wrong) for (const text of ['seen', 'why', 'remedy']) assert.ok(finding[text], `${finding.finding} has no ${text}`);
      assert.equal(code, wrong.some(({ severity }) => severity === 'failure') ? 1 : 0, stdout);
      return { names: wrong.map(({ finding }) => finding), findings: report.findings, wrong };
    } finally {
      await nginx?.stop();
      await slipway.stop();
    }
  }

  const TRUSTING = { SLIPWAY_TRUSTED_PROXIES: '127.0.0.1/32' };

  test('finds nothing wrong with a good one', async () => {
    const { names, findings } = await check({ env: TRUSTING, as: TRUSTING });
    assert.deepEqual(names, [], JSON.stringify(findings));
    for (const wanted of ['certificate_good', 'ours', 'realm_good', 'client_known', 'body_passed', 'clock_good', 'store_good']) {
      assert.ok(findings.some(({ finding }) => finding === wanted), `${wanted}: ${JSON.stringify(findings)}`);
    }
  });

  test('a realm with http, as nobody trusts the proxy and no address is set', async () => {
    const { names, wrong } = await check({});
    assert.deepEqual(names.toSorted(), ['proxy_untrusted', 'realm_scheme']);
    assert.match(wrong.find(({ finding }) => finding === 'realm_scheme').remedy, /public_url/);
    assert.match(wrong.find(({ finding }) => finding === 'proxy_untrusted').remedy, /trusted_proxies = \["127\.0\.0\.1"\]/);
  });

  test('a realm with another host, as the proxy does not pass it on', async () => {
    const lines = ['proxy_set_header X-Forwarded-Proto https', 'proxy_set_header X-Forwarded-For $remote_addr', ...UNLIMITED];
    const { names } = await check({ env: TRUSTING, as: TRUSTING, lines });
    assert.deepEqual(names, ['realm_host']);
  });

  test('bodies of 1 MB at most, which is what nginx takes by itself', async () => {
    const { names, wrong } = await check({ env: { ...TRUSTING, SLIPWAY_PUBLIC_URL: 'URL' }, lines: GOOD });
    assert.deepEqual(names, ['body_refused']);
    assert.equal(wrong[0].status, 413);
    assert.match(wrong[0].remedy, /client_max_body_size 0/);
  });

  test('a limit that only large layers meet', async () => {
    const lines = [...GOOD, 'client_max_body_size 500m', 'proxy_request_buffering off'];
    const { names } = await check({ env: { ...TRUSTING, SLIPWAY_PUBLIC_URL: 'URL' }, lines });
    assert.deepEqual(names, ['body_refused']);
  });

  test('bodies that are held back until they are whole', async () => {
    const { names } = await check({ env: { ...TRUSTING, SLIPWAY_PUBLIC_URL: 'URL' }, lines: [...GOOD, 'client_max_body_size 0'] });
    assert.deepEqual(names, ['body_held_back']);
  });

  test('no word of the client', async () => {
    const lines = ['proxy_set_header Host $http_host', 'proxy_set_header X-Forwarded-For ""', ...UNLIMITED];
    const { names } = await check({ env: { SLIPWAY_PUBLIC_URL: 'URL' }, lines });
    assert.deepEqual(names, ['client_hidden']);
  });

  test('a client that may say what it likes of itself', async () => {
    const lines = ['proxy_set_header Host $http_host', ...UNLIMITED];
    const { names } = await check({ env: { ...TRUSTING, SLIPWAY_PUBLIC_URL: 'URL' }, lines });
    assert.deepEqual(names, ['client_forged']);
  });

  test('a certificate that nobody trusts, and what is wrong behind it all the same', async () => {
    const { names } = await check({ env: { ...TRUSTING, SLIPWAY_PUBLIC_URL: 'URL' }, lines: GOOD, trusted: false });
    assert.deepEqual(names.toSorted(), ['body_refused', 'certificate_untrusted']);
  });

  test('a certificate for another name', async () => {
    const { names, wrong } = await check({ env: { ...TRUSTING, SLIPWAY_PUBLIC_URL: 'URL' }, certificate: strange });
    assert.deepEqual(names, ['certificate_for_others']);
    assert.match(wrong[0].seen, /elsewhere\.example\.com/);
  });

  test('a redirect that leads back to itself, and one that leads away', async () => {
    for (const [to, name] of [['URL$request_uri', 'redirect_loop'], ['https://elsewhere.example.com$request_uri', 'redirected_away']]) {
      const { names } = await check({ upstream: false, lines: [`return 301 ${to}`] });
      assert.deepEqual(names, [name]);
    }
  });

  test('a proxy that does not reach the server, and one that answers by itself', async () => {
    const port = await freePort();
    for (const [line, name] of [[`proxy_pass http://127.0.0.1:${port}`, 'gateway_failed'], ['return 200 hello', 'somebody_else']]) {
      const { names } = await check({ upstream: false, lines: [line] });
      assert.deepEqual(names, [name]);
    }
  });
});
