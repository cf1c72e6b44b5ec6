// An S3 store of the test's own: one node of Garage.

import { randomBytes } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, missing, remove, start, stop, until } from './process.mjs';

const GARAGE = process.env.GARAGE ?? join(homedir(), '.cache', 'slipway', 'garage-2.5.0', 'bin', 'garage');

/** The reason to skip, or `false`. */
export const missingGarage = () => missing(GARAGE);

export class Garage {
  /** `host`: an address that clients reach. */
  static async start(host) {
    const garage = new Garage();
    garage.folder = await mkdtemp(join(tmpdir(), 'slipway-garage-'));
    const [api, rpc] = [await freePort(), await freePort()];
    garage.url = `http://${host}:${api}`;
    garage.access = `GK${randomBytes(12).toString('hex')}`;
    garage.secret = randomBytes(32).toString('hex');
    garage.bucket = 'slipway';
    const file = join(garage.folder, 'garage.toml');
    await writeFile(file, `
metadata_dir = "${garage.folder}/meta"
data_dir = "${garage.folder}/data"
db_engine = "sqlite"
replication_factor = 1
rpc_bind_addr = "127.0.0.1:${rpc}"
rpc_public_addr = "127.0.0.1:${rpc}"
rpc_secret = "${randomBytes(32).toString('hex')}"
[s3_api]
s3_region = "garage"
api_bind_addr = "0.0.0.0:${api}"
`);
    garage.process = start(GARAGE, ['-c', file, 'server', '--single-node', '--default-bucket'], {
      env: {
        GARAGE_DEFAULT_ACCESS_KEY: garage.access, GARAGE_DEFAULT_SECRET_KEY: garage.secret, GARAGE_DEFAULT_BUCKET: garage.bucket,
        RUST_LOG: 'garage=warn',
      },
    });
    // Without a signature it answers 403 once the bucket is there.
    await until('Garage', async () => (await fetch(`${garage.url}/${garage.bucket}/`)).status === 403)
      .catch((error) => { throw new Error(`${error.message}\n${garage.process.log()}`); });
    return garage;
  }

  /** What makes Slipway use it. */
  get env() {
    return {
      SLIPWAY_STORAGE__S3__BUCKET: this.bucket, SLIPWAY_STORAGE__S3__REGION: 'garage', SLIPWAY_STORAGE__S3__ENDPOINT: this.url,
      SLIPWAY_STORAGE__S3__ACCESS_KEY: this.access, SLIPWAY_STORAGE__S3__SECRET_KEY: this.secret,
    };
  }

  async stop() {
    await stop(this.process);
    await remove(this.folder);
  }
}
