// A certificate authority of the test's own, and requests that trust it.

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as https } from 'node:https';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from './process.mjs';

export class Authority {
  static async create() {
    const authority = new Authority();
    authority.folder = await mkdtemp(join(tmpdir(), 'slipway-authority-'));
    const at = (name) => join(authority.folder, name);
    authority.key = at('ca.key');
    authority.certificate = at('ca.crt');
    await must('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '40',
      '-subj', '/CN=Slipway test authority', '-keyout', authority.key, '-out', authority.certificate]);
    authority.pem = await readFile(authority.certificate, 'utf8');
    // What skopeo and podman take as --cert-dir.
    authority.trusted = at('trusted');
    await mkdir(authority.trusted);
    await writeFile(join(authority.trusted, 'ca.crt'), authority.pem);
    return authority;
  }

  /** A certificate for these names and addresses: the paths of `cert`, `key`, and of both in one file, `all`. */
  async issue(name, ...hosts) {
    const [cert, key, all, asked, names] = ['pem', 'key', 'all.pem', 'csr', 'ext'].map((kind) => join(this.folder, `${name}.${kind}`));
    const entries = hosts.map((host) => `${isIP(host) ? 'IP' : 'DNS'}:${host}`);
    await writeFile(names, `subjectAltName=${entries.join(',')}\nextendedKeyUsage=serverAuth\n`);
    await must('openssl', ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`, '-keyout', key, '-out', asked]);
    await must('openssl', ['x509', '-req', '-in', asked, '-CA', this.certificate, '-CAkey', this.key, '-CAcreateserial', '-days', '30', '-extfile', names, '-out', cert]);
    await writeFile(all, await readFile(cert, 'utf8') + await readFile(key, 'utf8'));
    return { cert, key, all };
  }

  /** `fetch` without redirects and streams, over connections that this authority vouches for. */
  get fetch() {
    return (url, { method = 'GET', headers = {}, body } = {}) => new Promise((resolve, reject) => {
      const text = body instanceof URLSearchParams ? body.toString() : body;
      const form = body instanceof URLSearchParams ? { 'content-type': 'application/x-www-form-urlencoded' } : {};
      const length = { 'content-length': Buffer.byteLength(text ?? '') };
      const call = https(url, { method, headers: { ...form, ...length, ...headers }, ca: this.pem }, async (answer) => {
        const chunks = [];
        for await (const chunk of answer) chunks.push(chunk);
        const received = new Headers();
        for (let at = 0; at < answer.rawHeaders.length; at += 2) received.append(answer.rawHeaders[at], answer.rawHeaders[at + 1]);
        const empty = [204, 304].includes(answer.statusCode) || method === 'HEAD';
        resolve(new Response(empty ? null : Buffer.concat(chunks), { status: answer.statusCode, headers: received }));
      });
      call.on('error', reject);
      call.end(text);
    });
  }

  remove() {
    return rm(this.folder, { recursive: true, force: true });
  }
}
