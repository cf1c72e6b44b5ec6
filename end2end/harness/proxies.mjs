// Load balancers that end TLS, with the very configurations that docs/proxies shows.

import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, remove, start, stop, until } from './process.mjs';
import { program as installed } from './python.mjs';

/** The distribution has none. */
export const TRAEFIK = installed('traefik');

const shown = (name) => readFile(new URL(`../../docs/proxies/${name}`, import.meta.url), 'utf8');

/** Replaces what must be there. */
function replace(text, pairs) {
  for (const [from, to] of pairs) {
    if (!text.includes(from)) throw new Error(`the configuration does not say ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

const upstreams = (text, line, servers) => {
  const found = text.split('\n').find((candidate) => candidate.includes(line));
  if (!found) throw new Error(`the configuration has no line ${line}`);
  const lines = servers.map((server, index) => found.replace('127.0.0.1:8080', server).replace('server one', `server s${index}`));
  return text.replace(found, lines.join('\n'));
};

/** Each gives the arguments of a program that listens on `port` and passes on to `servers`. */
const KINDS = {
  async nginx({ folder, port, servers, tls }) {
    let site = replace(await shown('nginx.conf'), [
      ['listen 443 ssl', `listen ${port} ssl`],
      ['/etc/ssl/registry.example.com/cert.pem', tls.cert], ['/etc/ssl/registry.example.com/key.pem', tls.key],
    ]);
    site = upstreams(site, 'server 127.0.0.1:8080 ', servers);
    const conf = join(folder, 'nginx.conf');
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ');
    await writeFile(conf, `daemon off; pid ${folder}/pid; error_log stderr warn; events {} http { access_log off; ${temporary}\n${site}\n}`);
    return ['nginx', '-e', 'stderr', '-p', folder, '-c', conf];
  },

  async haproxy(options) {
    return haproxy('haproxy.cfg', options);
  },

  async 'haproxy in TCP mode'(options) {
    return haproxy('haproxy-tcp.cfg', options);
  },

  async caddy({ folder, host, port, servers, tls }) {
    const site = replace(await shown('Caddyfile'), [
      ['registry.example.com {', `{\n\tadmin off\n\tauto_https disable_redirects\n}\n\nhttps://${host}:${port} {\n\ttls ${tls.cert} ${tls.key}`],
      ['127.0.0.1:8080', servers.join(' ')],
    ]);
    const file = join(folder, 'Caddyfile');
    await writeFile(file, site);
    return ['caddy', 'run', '--config', file, '--adapter', 'caddyfile'];
  },

  async traefik({ folder, host, port, servers, tls }) {
    const [itself, rest] = ['traefik.yaml', 'slipway.yaml'].map((name) => join(folder, name));
    await writeFile(itself, replace(await shown('traefik.yaml'), [['":443"', `":${port}"`], ['/etc/traefik/slipway.yaml', rest]]));
    const site = replace(await shown('traefik-slipway.yaml'), [
      ['registry.example.com`', `${host}\``],
      ['/etc/ssl/registry.example.com/cert.pem', tls.cert], ['/etc/ssl/registry.example.com/key.pem', tls.key],
    ]);
    await writeFile(rest, upstreams(site, '- url: http://127.0.0.1:8080', servers));
    return [TRAEFIK, `--configFile=${itself}`];
  },

  async 'traefik with labels'({ folder, port, tls, socket }) {
    const [itself, store] = ['traefik.yaml', 'store.yaml'].map((name) => join(folder, name));
    // The authority is out of reach, so there is a certificate beforehand.
    await writeFile(store, `tls: {stores: {default: {defaultCertificate: {certFile: "${tls.cert}", keyFile: "${tls.key}"}}}}\n`);
    await writeFile(itself, replace(await shown('traefik-docker.yaml'), [
      ['":443"', `":${port}"`], ['/etc/traefik/acme.json', join(folder, 'acme.json')],
      ['  docker:\n', `  file:\n    filename: ${store}\n  docker:\n    endpoint: ${socket}\n`],
      ['    acme:\n', `    acme:\n      caServer: http://127.0.0.1:${await freePort()}/\n`],
    ]));
    return [TRAEFIK, `--configFile=${itself}`];
  },
};

/** The labels that the documentation gives to the container of Slipway, which Traefik reads. */
export async function labels({ host, port }) {
  const page = await readFile(new URL('../../docs/behind-a-proxy.md', import.meta.url), 'utf8');
  const found = [...page.matchAll(/^ {2}- (traefik\..+)$/gm)].map(([, label]) => label).join('\n');
  return replace(found, [['registry.example.com', host], ['port=8080', `port=${port}`]]).split('\n');
}

async function haproxy(name, { folder, port, servers, tls }) {
  const text = replace(await shown(name), [['bind :443', `bind :${port}`], ['/etc/ssl/registry.example.com/all.pem', tls.all]]);
  const file = join(folder, name);
  await writeFile(file, upstreams(text, 'server one', servers));
  return ['haproxy', '-db', '-f', file];
}

export class Proxy {
  /** Starts one before `servers` (`host:port`), or before the containers of the Docker Engine at `socket`, reached as `host`. */
  static async start(kind, { host, servers, tls, port, socket }) {
    const proxy = new Proxy();
    proxy.folder = await mkdtemp(join(tmpdir(), 'slipway-proxy-'));
    proxy.port = port ?? await freePort();
    proxy.host = `${host}:${proxy.port}`;
    proxy.url = `https://${proxy.host}`;
    // nginx gives up its rights and must still reach its folders.
    await chmod(proxy.folder, 0o755);
    await mkdir(join(proxy.folder, 'home'));
    const [program, ...args] = await KINDS[kind]({ folder: proxy.folder, host, port: proxy.port, servers, tls, socket });
    const home = join(proxy.folder, 'home');
    proxy.process = start(program, args, { env: { HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home } });
    // Traefik listens before it has read where to.
    const isThere = () => (kind.startsWith('traefik') ? leads(proxy.url) : listens(host, proxy.port));
    await until(kind, isThere).catch((error) => { throw new Error(`${error.message}\n${proxy.process.log()}`); });
    return proxy;
  }

  async stop() {
    await stop(this.process);
    await remove(this.folder);
  }
}

function listens(host, port) {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => { socket.destroy(); resolve(true); });
    socket.on('error', () => resolve(false));
  });
}

/** Whether requests go on to a server; its certificate is looked at by the tests. */
function leads(url) {
  return new Promise((resolve) => {
    const asked = get(`${url}/healthz`, { rejectUnauthorized: false }, (answer) => resolve(answer.resume().statusCode === 200));
    asked.on('error', () => resolve(false));
    asked.setTimeout(10_000, () => asked.destroy());
  });
}
