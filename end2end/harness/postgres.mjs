// A PostgreSQL server of the test's own: made, started, and removed with everything in it.

import { chmod, mkdtemp, readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, must, remove, run, start, stop, until } from './process.mjs';

/** The folder of its programs, which Debian does not put on the path; undefined where it is not installed. */
async function programs() {
  const versions = await readdir('/usr/lib/postgresql').catch(() => []);
  for (const version of versions.sort((a, b) => b - a)) {
    const folder = `/usr/lib/postgresql/${version}/bin`;
    if (await stat(join(folder, 'initdb')).catch(() => undefined)) return folder;
  }
  const { code, stdout } = await run('pg_config', ['--bindir']).catch(() => ({ code: 1 }));
  return code === 0 ? stdout.trim() : undefined;
}

/** The reason to skip, or `false`. */
export async function missingPostgres() {
  if (await programs()) return false;
  if (process.env.CI === 'true') throw new Error('PostgreSQL is needed and not installed');
  return 'PostgreSQL is not installed';
}

// It refuses to run as root.
const asItsUser = (program, args) => (process.getuid() === 0
  ? ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', program, ...args]]
  : [program, args]);

export class Postgres {
  static async start() {
    const postgres = new Postgres();
    postgres.bin = await programs();
    postgres.folder = await mkdtemp(join(tmpdir(), 'slipway-postgres-'));
    postgres.port = await freePort();
    postgres.url = `postgres://slipway@127.0.0.1:${postgres.port}/postgres?sslmode=disable`;
    if (process.getuid() === 0) await must('chown', ['postgres:postgres', postgres.folder]);
    await chmod(postgres.folder, 0o700);
    await must(...asItsUser(join(postgres.bin, 'initdb'), ['-D', join(postgres.folder, 'data'), '-U', 'slipway', '-A', 'trust', '-E', 'UTF8', '--no-sync']));
    await postgres.launch();
    return postgres;
  }

  async launch() {
    const options = ['-D', join(this.folder, 'data'), '-p', `${this.port}`, '-k', this.folder, '-c', 'listen_addresses=127.0.0.1'];
    this.process = start(...asItsUser(join(this.bin, 'postgres'), options));
    await until('PostgreSQL', async () => (await run(join(this.bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', `${this.port}`])).code === 0)
      .catch((error) => { throw new Error(`${error.message}\n${this.process.log()}`); });
  }

  /** What a statement gives, as text. */
  async query(statement) {
    const { stdout } = await must(join(this.bin, 'psql'), ['-h', '127.0.0.1', '-p', `${this.port}`, '-U', 'slipway', '-d', 'postgres', '-qAt', '-c', statement]);
    return stdout.trim();
  }

  /** Lets every password in a browser have been given eleven minutes ago, so that it is asked for again. */
  forgetProofs() {
    return this.query(`UPDATE sessions SET data = convert_to(jsonb_set(convert_from(data, 'UTF8')::jsonb, '{proved_at}',
      to_jsonb((convert_from(data, 'UTF8')::jsonb ->> 'proved_at')::bigint - 660))::text, 'UTF8')`);
  }

  /** Has accounts that wait because of wrong passwords wait a minute longer, so that whoever is slow still finds them waiting. */
  lengthenWaits() {
    return this.query("UPDATE sign_in_attempts SET next_allowed_at = next_allowed_at + 60000000 WHERE key NOT LIKE 'address:%'");
  }

  /** Takes that minute back. */
  shortenWaits() {
    return this.query("UPDATE sign_in_attempts SET next_allowed_at = next_allowed_at - 60000000 WHERE key NOT LIKE 'address:%'");
  }

  /** Ends every connection at once, as a failing machine does, and comes back. */
  async restart() {
    await stop(this.process, 'SIGQUIT');
    await this.launch();
  }

  async stop() {
    await stop(this.process, 'SIGINT');
    await remove(this.folder);
  }
}
