// Images made of random bytes, as OCI layouts on disk, that every client can read.

import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const OCI = 'application/vnd.oci.image';

export const sha256 = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** A tar with one file. */
function tar(name, content) {
  const header = Buffer.alloc(512);
  const put = (text, at) => header.write(text, at, 'latin1');
  put(name, 0);
  put('0000644\0', 100);
  put('0000000\0', 108);
  put('0000000\0', 116);
  put(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  put('00000000000\0', 136);
  put('        ', 148);
  put('0', 156);
  put('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header, content, padding, Buffer.alloc(1024)]);
}

/** Writes OCI layouts. */
export class Layout {
  static async create() {
    const layout = new Layout();
    layout.path = await mkdtemp(join(tmpdir(), 'slipway-layout-'));
    await mkdir(join(layout.path, 'blobs', 'sha256'), { recursive: true });
    await writeFile(join(layout.path, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    layout.entries = [];
    return layout;
  }

  async blob(bytes, mediaType) {
    const digest = sha256(bytes);
    await writeFile(join(this.path, 'blobs', 'sha256', digest.slice(7)), bytes);
    return { mediaType, digest, size: bytes.length };
  }

  json(value, mediaType) {
    return this.blob(Buffer.from(JSON.stringify(value)), mediaType);
  }

  /** An image with a layer of each given size. */
  async image({ sizes = [1 << 20, 64 << 10, 300], architecture = 'amd64', os = 'linux', variant } = {}) {
    const layers = [];
    const diffIds = [];
    const history = [];
    for (const [index, size] of sizes.entries()) {
      const content = tar(`layer-${index}`, randomBytes(size));
      diffIds.push(sha256(content));
      layers.push(await this.blob(gzipSync(content, { level: 1 }), `${OCI}.layer.v1.tar+gzip`));
      history.push({ created: '2026-11-01T00:00:00Z', created_by: `COPY layer-${index} / # buildkit` });
    }
    history.push({ created: '2026-11-01T00:00:00Z', created_by: 'ENTRYPOINT ["/layer-0"]', empty_layer: true });
    const config = await this.json({
      architecture, os, ...(variant ? { variant } : {}), created: '2026-11-01T00:00:00Z',
      config: {
        Entrypoint: ['/layer-0'], Cmd: ['serve', '--port', '8080'], User: '10001:10001', WorkingDir: '/srv',
        Env: ['PATH=/usr/local/bin:/usr/bin', 'TZ=Etc/UTC'], ExposedPorts: { '8080/tcp': {} }, Labels: { team: 'harbour' },
      },
      rootfs: { type: 'layers', diff_ids: diffIds }, history,
    }, `${OCI}.config.v1+json`);
    const manifest = { schemaVersion: 2, mediaType: `${OCI}.manifest.v1+json`, config, layers,
      annotations: { 'org.opencontainers.image.source': 'https://example.com/harbour/app' } };
    const descriptor = await this.json(manifest, manifest.mediaType);
    return { ...descriptor, platform: { architecture, os, ...(variant ? { variant } : {}) } };
  }

  /** An index over images. */
  async index(manifests) {
    const index = { schemaVersion: 2, mediaType: `${OCI}.index.v1+json`, manifests };
    return this.json(index, index.mediaType);
  }

  /** Gives a manifest a name in the layout and returns what skopeo calls it. */
  async name(descriptor, name) {
    this.entries.push({ ...descriptor, annotations: { 'org.opencontainers.image.ref.name': name } });
    // Never half a file for whoever reads it at this moment.
    this.written = (this.written ?? Promise.resolve()).then(async () => {
      const next = join(this.path, 'index.json.next');
      await writeFile(next, JSON.stringify({ schemaVersion: 2, manifests: this.entries }));
      await rename(next, join(this.path, 'index.json'));
    });
    await this.written;
    return `oci:${this.path}:${name}`;
  }
}
