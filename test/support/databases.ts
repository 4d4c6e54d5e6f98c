// PostgreSQL's and MariaDB's servers for tests: own processes on free loopback ports, with data folders of their own, as
// users who are nobody where they refuse root.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { freePort, missing, type Running, startServer } from './servers.ts';
import { hostIdentity } from './tls.ts';

const run = promisify(execFile);

/** Who the servers run as, where the tests run as root. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;

const POSTGRESQL_FOLDER = '/usr/lib/postgresql';

/** The folder of programs of the newest PostgreSQL that is there. */
const postgresqlPrograms = (): string => {
  const versions = existsSync(POSTGRESQL_FOLDER) ? readdirSync(POSTGRESQL_FOLDER).map(Number) : [];
  return join(POSTGRESQL_FOLDER, String(Math.max(0, ...versions)), 'bin');
};

export const postgresqlMissing = missing(join(postgresqlPrograms(), 'initdb'), 'postgresql');
export const mariadbMissing = missing('/usr/sbin/mariadbd', 'mariadb-server');

export interface Database {
  readonly port: number;
  /** Who may do everything. */
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** The socket of this machine, as a host is named by it. */
  readonly socket: string;
  /** The authority that signed its certificate; made out to `localhost`. */
  readonly caFile: string;
  /** Runs statements, one after the other, as who may do everything. */
  run(...statements: readonly string[]): Promise<void>;
  /** Puts many rows in: each a list of values. */
  insert(table: string, rows: Iterable<readonly (string | null)[]>): Promise<void>;
  /** The first cell of what a query answers. */
  ask(query: string): Promise<unknown>;
  close(): Promise<void>;
}

const PASSWORD = 'not a real secret';
/** Values of one statement. */
const ROWS_AT_ONCE = 1000;

interface Prepared {
  readonly folder: string;
  readonly data: string;
  readonly port: number;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

const prepare = async (name: string): Promise<Prepared> => {
  const folder = await mkdtemp(join(tmpdir(), `rollcall-${name}-`));
  const identity = await hostIdentity('localhost');
  const file = async (called: string, text: string) => {
    const path = join(folder, called);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  const prepared = {
    folder,
    data: join(folder, 'data'),
    port: await freePort(),
    caFile: await file('ca.pem', identity.ca),
    certFile: await file('cert.pem', identity.cert),
    keyFile: await file('key.pem', identity.key),
  };
  await mkdir(prepared.data, { mode: 0o700 });
  if (NOBODY) {
    for (const path of [folder, ...(await readdir(folder)).map((entry) => join(folder, entry))]) {
      await chown(path, NOBODY.uid, NOBODY.gid);
    }
  }
  return prepared;
};

const stopper = (running: Running, folder: string, end: () => Promise<void>) => async (): Promise<void> => {
  await end();
  await running.stop();
  await rm(folder, { recursive: true });
};

const blocks = function* (rows: Iterable<readonly (string | null)[]>): Generator<(readonly (string | null)[])[]> {
  let block: (readonly (string | null)[])[] = [];
  for (const row of rows) {
    block.push(row);
    if (block.length < ROWS_AT_ONCE) continue;
    yield block;
    block = [];
  }
  if (block.length > 0) yield block;
};

export const startPostgresql = async (): Promise<Database> => {
  const programs = postgresqlPrograms();
  const { folder, data, port, caFile, certFile, keyFile } = await prepare('postgresql');
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, PASSWORD, { mode: 0o644 });
  await run(
    join(programs, 'initdb'),
    [
      ...['-D', data, '-U', 'owner', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8'],
      ...['--locale=C', '--no-sync'],
    ],
    { ...NOBODY, cwd: folder },
  );
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: folder,
    fsync: 'off',
    ssl: 'on',
    ssl_cert_file: certFile,
    ssl_key_file: keyFile,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const running = await startServer(join(programs, 'postgres'), ['-D', data, ...args], port, NOBODY);
  const pool = new pg.Pool({
    host: '127.0.0.1',
    port,
    user: 'owner',
    password: PASSWORD,
    database: 'postgres',
    max: 1,
  });
  await orStop(running, () => untilReady(() => pool.query('SELECT 1')));
  return {
    ...{ port, socket: folder, user: 'owner', password: PASSWORD, database: 'postgres', caFile },
    run: async (...statements) => {
      for (const statement of statements) await pool.query(statement);
    },
    insert: async (table, rows) => {
      for (const block of blocks(rows)) {
        const columns = block[0]!.map((_, at) => block.map((row) => row[at]));
        const lists = columns.map((_, at) => `$${at + 1}::text[]`).join(', ');
        await pool.query(`INSERT INTO ${table} SELECT * FROM unnest(${lists})`, columns);
      }
    },
    ask: async (query) => Object.values((await pool.query(query)).rows[0] ?? {})[0],
    close: stopper(running, folder, () => pool.end()),
  };
};

export const startMariadb = async (): Promise<Database> => {
  const { folder, data, port, caFile, certFile, keyFile } = await prepare('mariadb');
  const own = ['--no-defaults', `--datadir=${data}`, `--tmpdir=${folder}`];
  await run('mariadb-install-db', [...own, '--auth-root-authentication-method=normal', '--skip-test-db'], {
    ...NOBODY,
    cwd: folder,
  });
  const running = await startServer(
    '/usr/sbin/mariadbd',
    [
      ...own,
      ...['--bind-address=127.0.0.1', `--port=${port}`, `--socket=${join(folder, 'socket')}`, '--skip-name-resolve'],
      ...[`--ssl-ca=${caFile}`, `--ssl-cert=${certFile}`, `--ssl-key=${keyFile}`, '--character-set-server=utf8mb4'],
      ...['--innodb-flush-log-at-trx-commit=0', '--innodb-log-file-size=16M', `--pid-file=${join(folder, 'pid')}`],
    ],
    port,
    NOBODY,
  );
  await orStop(running, async () => {
    const root = await untilReady(() => mysql.createConnection({ socketPath: join(folder, 'socket'), user: 'root' }));
    await root.query(`CREATE DATABASE trial`);
    await root.query(`CREATE USER owner@'%' IDENTIFIED BY '${PASSWORD}'`);
    await root.query(`GRANT ALL ON *.* TO owner@'%' WITH GRANT OPTION`);
    await root.end();
  });
  const pool = mysql.createPool({
    ...{ host: '127.0.0.1', port, user: 'owner', password: PASSWORD, database: 'trial', charset: 'utf8mb4' },
    connectionLimit: 1,
  });
  return {
    ...{ port, socket: join(folder, 'socket'), user: 'owner', password: PASSWORD, database: 'trial', caFile },
    run: async (...statements) => {
      for (const statement of statements) await pool.query(statement);
    },
    insert: async (table, rows) => {
      for (const block of blocks(rows)) await pool.query(`INSERT INTO ${table} VALUES ?`, [block]);
    },
    ask: async (query) => Object.values(((await pool.query(query))[0] as object[])[0] ?? {})[0],
    close: stopper(running, folder, () => pool.end()),
  };
};

/** What is done to a server before a test has it: where that fails, nobody else would stop it. */
const orStop = async (running: Running, prepare: () => Promise<unknown>): Promise<void> => {
  try {
    await prepare();
  } catch (error) {
    await running.stop();
    throw error;
  }
};

/** What servers answer that listen already, on one address at least, and are not ready. */
const NOT_READY = ['57P03', 'ECONNREFUSED', 'ENOENT'];

/** Asks until the server is ready; it has been started, so that comes, or it ends and the connection fails otherwise. */
const untilReady = async <T>(ask: () => Promise<T>): Promise<T> => {
  for (let tries = 0; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (tries === MOST_TRIES || !NOT_READY.includes((error as { code?: string }).code ?? '')) throw error;
      await sleep(50);
    }
  }
};

/** A bound for what never gets ready. */
const MOST_TRIES = 1200;
