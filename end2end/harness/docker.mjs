// A Docker Engine of the test's own: its socket, its data, no network, gone afterwards.

import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must, remove, run, start, stop, until } from './process.mjs';
import { BINARY } from './slipway.mjs';

const ROOTFS = new URL('../../scripts/rootfs', import.meta.url).pathname;
const DOCKERFILE = new URL('../../docs/deploy/Dockerfile', import.meta.url);

export class Docker {
  /** `insecure`: a registry that is spoken to without TLS. */
  static async start({ insecure, env = {} }) {
    const docker = new Docker();
    docker.folder = await mkdtemp(join(tmpdir(), 'slipway-docker-'));
    const at = (name) => join(docker.folder, name);
    docker.socket = `unix://${at('docker.sock')}`;
    docker.config = at('config');
    docker.daemon = start('dockerd', [
      '--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('pid'), '-H', docker.socket,
      '--iptables=false', '--bridge=none', '--storage-driver=vfs', ...(insecure ? ['--insecure-registry', insecure] : []),
    ], { env });
    await until('dockerd', async () => (await docker.try('info')).code === 0)
      .catch((error) => { throw new Error(`${error.message}\n${docker.daemon.log()}`); });
    return docker;
  }

  /** The socket of the containerd that it runs. */
  get containerd() {
    return join(this.folder, 'exec', 'containerd', 'containerd.sock');
  }

  /** `docker …`, which must succeed. */
  run(...args) {
    return must('docker', ['--config', this.config, '-H', this.socket, ...args]);
  }

  /** `docker …`, whatever becomes of it. */
  try(...args) {
    return run('docker', ['--config', this.config, '-H', this.socket, ...args]);
  }

  login(host, user, password) {
    return run('docker', ['--config', this.config, '-H', this.socket, 'login', '-u', user, '--password-stdin', host], { input: password });
  }

  async imageId(name) {
    return (await this.run('image', 'inspect', '--format', '{{.Id}}', name)).stdout.trim();
  }

  /** Makes the image `slipway`: what the last stage of docs/deploy/Dockerfile holds, from the binary that is tested. */
  async makeSlipway() {
    const folder = join(this.folder, 'image');
    await must(ROOTFS, [BINARY, join(folder, 'root')]);
    await must('tar', ['-C', join(folder, 'root'), '-cf', join(folder, 'root.tar'), '.']);
    const lines = (await readFile(DOCKERFILE, 'utf8')).split('\n');
    const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
    const changes = last.filter((line) => /^(USER|ENV|VOLUME|EXPOSE|ENTRYPOINT|CMD) /.test(line)).flatMap((line) => ['--change', line]);
    await this.run('import', ...changes, join(folder, 'root.tar'), 'slipway');
  }

  async stop() {
    const containerd = await readFile(join(this.folder, 'exec', 'containerd', 'containerd.pid'), 'utf8').catch(() => '');
    await stop(this.daemon);
    if (containerd.trim()) try { process.kill(Number(containerd), 'SIGKILL'); } catch { /* it went with the daemon */ }
    // Left behind by a container that used the host's network; without one there is nothing to unmount.
    await run('umount', ['-l', join(this.folder, 'exec', 'netns', 'default')]);
    await remove(this.folder);
  }
}
