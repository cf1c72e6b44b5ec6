// Images with the history of real ones, the same bytes at every run, pushed straight through `/v2`.

import { createCipheriv, createHash } from 'node:crypto';
import { sha256 } from './images.mjs';

const OCI = 'application/vnd.oci.image';
const INDEX = `${OCI}.index.v1+json`;
const MANIFEST = `${OCI}.manifest.v1+json`;
const EMPTY = 'application/vnd.oci.empty.v1+json';

export const SIGNATURE = 'application/vnd.dev.cosign.artifact.sig.v1+json';
export const SBOM = 'application/spdx+json';
export const PROVENANCE = 'application/vnd.in-toto+json';

/** So many bytes that look random and follow from a name. */
function bytes(name, size) {
  const key = createHash('sha256').update(name).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

/** Pushes to one server as one person. */
export class Pusher {
  constructor(slipway) {
    this.slipway = slipway;
    this.tokens = new Map();
    this.stored = new Set();
  }

  async token(repository) {
    const kept = this.tokens.get(repository);
    if (!kept || kept.until < Date.now()) {
      const { url } = this.slipway;
      const answer = await fetch(`${url}/service/token?service=slipway&scope=repository:${repository}:pull,push,delete`, { headers: this.slipway.basic() });
      if (!answer.ok) throw new Error(`no token for ${repository}: ${answer.status} ${await answer.text()}`);
      const { token, expires_in: life } = await answer.json();
      this.tokens.set(repository, { token, until: Date.now() + life * 500 });
    }
    return this.tokens.get(repository).token;
  }

  async send(method, repository, path, { body, type } = {}) {
    const headers = { authorization: `Bearer ${await this.token(repository)}`, ...(type ? { 'content-type': type } : {}) };
    const answer = await fetch(`${this.slipway.url}/v2/${repository}/${path}`, { method, headers, body });
    if (!answer.ok) throw new Error(`${method} ${repository}/${path}: ${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
    return answer;
  }

  async blob(repository, content, mediaType) {
    const digest = sha256(content);
    if (!this.stored.has(`${repository}@${digest}`)) {
      await this.send('POST', repository, `blobs/uploads/?digest=${digest}`, { body: content, type: 'application/octet-stream' });
      this.stored.add(`${repository}@${digest}`);
    }
    return { mediaType, digest, size: content.length };
  }

  json(repository, value, mediaType) {
    return this.blob(repository, Buffer.from(JSON.stringify(value)), mediaType);
  }

  async manifest(repository, manifest, ...tags) {
    const body = Buffer.from(JSON.stringify(manifest));
    const digest = sha256(body);
    for (const reference of tags.length > 0 ? tags : [digest]) {
      await this.send('PUT', repository, `manifests/${reference}`, { body, type: manifest.mediaType });
    }
    return { mediaType: manifest.mediaType, digest, size: body.length };
  }

  /** An image. Each step is `{ by, size, name }`, without a size where it made no layer; the name decides the bytes. */
  async image(repository, { platform, steps, config, annotations, created }, ...tags) {
    const layers = [];
    for (const { by, size, name } of steps) {
      if (size) layers.push(await this.blob(repository, bytes(`${name ?? by} ${JSON.stringify(platform)}`, size), `${OCI}.layer.v1.tar+gzip`));
    }
    const history = steps.map(({ by, size }) => ({ created, created_by: by, ...(size ? {} : { empty_layer: true }) }));
    const about = await this.json(repository, {
      ...platform, created, config, history, rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    }, `${OCI}.config.v1+json`);
    const manifest = { schemaVersion: 2, mediaType: MANIFEST, config: about, layers, ...(annotations ? { annotations } : {}) };
    return { ...await this.manifest(repository, manifest, ...tags), platform };
  }

  index(repository, manifests, annotations, ...tags) {
    return this.manifest(repository, { schemaVersion: 2, mediaType: INDEX, manifests, ...(annotations ? { annotations } : {}) }, ...tags);
  }

  /** Something that refers to a manifest. */
  async attach(repository, { mediaType, digest, size }, artifactType, content, annotations) {
    const layer = await this.blob(repository, Buffer.from(content), artifactType);
    const config = await this.blob(repository, Buffer.from('{}'), EMPTY);
    return this.manifest(repository, {
      schemaVersion: 2, mediaType: MANIFEST, artifactType, config, layers: [layer], subject: { mediaType, digest, size },
      ...(annotations ? { annotations } : {}),
    });
  }

  /** Somebody fetches a manifest. */
  async pull(repository, reference, times = 1) {
    for (let time = 0; time < times; time += 1) {
      const headers = { authorization: `Bearer ${await this.token(repository)}`, accept: `${INDEX}, ${MANIFEST}` };
      await (await fetch(`${this.slipway.url}/v2/${repository}/manifests/${reference}`, { headers })).arrayBuffer();
    }
  }
}
