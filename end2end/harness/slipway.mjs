// A Slipway server of the test's own, on a free port with data in a temporary folder.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, remove, start, stop, until } from './process.mjs';
import { FormClient } from './forms.mjs';

export const BINARY = process.env.SLIPWAY ?? new URL('../../target/debug/slipway', import.meta.url).pathname;
export const ADMIN = 'admin';
export const DEFAULT_PASSWORD = 'Harbor12345';
export const PASSWORD = 'copper-tide-lantern-91';

export class Slipway {
  /**
   * Starts a server. Without `fresh`, the administrator's password was chosen by the operator. With `tls`, a certificate for
   * `name` that `fetch` trusts, it speaks TLS there. `under` is a program with its arguments that the server is started by.
   */
  static async start({ fresh = false, env = {}, port, name = '127.0.0.1', tls, fetch, under = [] } = {}) {
    const slipway = new Slipway();
    slipway.command = [...under, BINARY];
    slipway.data = await mkdtemp(join(tmpdir(), 'slipway-'));
    slipway.port = port ?? await freePort();
    slipway.host = `${name}:${slipway.port}`;
    slipway.url = `${tls ? 'https' : 'http'}://${slipway.host}`;
    slipway.address = tls ? name : '127.0.0.1';
    slipway.fetch = fetch ?? globalThis.fetch;
    if (tls) env = { ...env, SLIPWAY_TLS__CERTIFICATE: tls.cert, SLIPWAY_TLS__KEY: tls.key };
    // The server reads every SLIPWAY_… as a key of its own and refuses one that it does not know.
    slipway.env = { SLIPWAY_SCREENSHOTS: undefined, ...(fresh ? {} : { SLIPWAY_ADMIN_PASSWORD: PASSWORD }), ...env };
    await slipway.launch();
    return slipway;
  }

  async launch() {
    const args = ['serve', '--data-dir', this.data, '--listen', `${this.address}:${this.port}`];
    const [program, ...before] = this.command;
    this.process = start(program, [...before, ...args], { env: this.env });
    const ended = this.process.ended.then(() => { throw new Error('the server ended at once'); });
    ended.catch(() => {});
    const healthy = until('the server', async () => (await this.fetch(`${this.url}/healthz`)).ok);
    await Promise.race([healthy, ended]).catch((error) => { throw new Error(`${error.message}\n${this.process.log()}`); });
  }

  async stop() {
    await stop(this.process);
    await remove(this.data);
  }

  /** A browser without JavaScript, signed in. */
  async signedIn(user = ADMIN, password = PASSWORD) {
    const client = new FormClient(this.url);
    await client.open('/login');
    await client.submit({ username: user, password });
    return client;
  }

  /** Creates a project through the console's form. */
  async createProject(name, { isPublic = false } = {}) {
    const client = await this.signedIn();
    await client.open('/projects/new');
    const page = await client.submit({ name, access: isPublic ? 'public' : 'private', description: '' });
    if (!page.url.endsWith(`/projects/${name}`)) throw new Error(`no project ${name}: ${page.url}\n${page.text}`);
  }

  /** Says how much a project may hold, through the console's form. */
  async setQuota(project, quota) {
    const client = await this.signedIn();
    await client.open(`/projects/${project}?tab=settings`);
    const page = await client.submit({ quota });
    if (!page.url.includes('limited=1')) throw new Error(`no quota of ${quota}: ${page.url}\n${page.text}`);
  }

  /** Creates a robot that may pull and push, through the console's form: its secret, and its name in both spellings. */
  async createRobot(project, name, values = {}) {
    const client = await this.signedIn();
    await client.open(project ? `/projects/${project}?tab=robots&new=1` : '/admin/robots?new=1');
    const page = await client.submit({ name, description: '', ...values });
    const secret = /slipway_robot_\w{49}/.exec(page.text)?.[0];
    if (!secret) throw new Error(`no robot ${name}: ${page.url}\n${page.text}`);
    const full = project ? `${project}+${name}` : name;
    return { secret, names: [`robot+${full}`, `robot$${full}`] };
  }

  /** Has nobody overwrite or delete tags, through the console's form. */
  async protectTags(project, tags, repositories = '**') {
    const client = await this.signedIn();
    await client.open(`/projects/${project}?tab=rules&rule=new`);
    const page = await client.submit({ tags, tags_except: 'false', repositories, repositories_except: 'false' });
    if (!page.url.includes('done=saved')) throw new Error(`no rule for ${tags}: ${page.url}\n${page.text}`);
  }

  /** Creates a label over REST, of a project or (without one) of the system; its number. */
  async createLabel(project, name, color, description = '') {
    const headers = { ...this.basic(), 'content-type': 'application/json' };
    const rest = (path, options = {}) => fetch(`${this.url}/api/v2.0${path}`, { headers, ...options });
    const home = project ? { scope: 'p', project_id: (await (await rest(`/projects/${project}`)).json()).project_id } : { scope: 'g' };
    const made = await rest('/labels', { method: 'POST', body: JSON.stringify({ name, color, description, ...home }) });
    if (made.status !== 201) throw new Error(`no label ${name}: ${made.status} ${await made.text()}`);
    return Number(made.headers.get('location').split('/').at(-1));
  }

  /** Marks an artifact with a label over REST. */
  async label(repository, reference, id) {
    const [project, ...path] = repository.split('/');
    const address = `${this.url}/api/v2.0/projects/${project}/repositories/${path.join('%252F')}/artifacts/${reference}/labels`;
    const headers = { ...this.basic(), 'content-type': 'application/json' };
    const answer = await fetch(address, { method: 'POST', headers, body: JSON.stringify({ id }) });
    if (answer.status !== 200) throw new Error(`${repository}:${reference} is not labeled: ${answer.status} ${await answer.text()}`);
  }

  /** Adds a rule of retention, through the console's form. Nothing goes before a run. */
  async keepTags(project, kind, number, tags) {
    const client = await this.signedIn();
    await client.open(`/projects/${project}?tab=rules&keep=new`);
    const page = await client.submit({ kind, number, tags, tags_except: 'false', repositories: '**', repositories_except: 'false' });
    if (!page.url.includes('done=kept')) throw new Error(`no rule for ${tags}: ${page.url}\n${page.text}`);
  }

  /** Creates an access token of the administrator, who may push with it. */
  async createAccessToken(name, values = {}) {
    const client = await this.signedIn();
    await client.open('/account/tokens?new=1');
    const page = await client.submit({ name, projects: '', ...values });
    const token = /slipway_pat_\w{49}/.exec(page.text)?.[0];
    if (!token) throw new Error(`no token ${name}: ${page.url}\n${page.text}`);
    return token;
  }

  basic(user = ADMIN, password = PASSWORD) {
    return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
  }

  /** A request to `/v2` with the administrator's credentials. */
  v2(path, options = {}) {
    return fetch(`${this.url}/v2/${path}`, { ...options, headers: { ...this.basic(), ...options.headers } });
  }
}
