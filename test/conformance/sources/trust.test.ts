// Whose authority the operating system trusts, a source trusts too: a company puts its own there, and nobody has to name a caFile.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createSecure } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { postgresqlMissing, startPostgresql } from '../../support/databases.ts';
import { held, listening, SCIM_TOKEN, scimApplication } from '../../support/scim-server.ts';
import { slapdMissing, startSlapd } from '../../support/slapd.ts';
import { hostIdentity } from '../../support/tls.ts';

const MAIN = resolve(import.meta.dirname, '../../../src/cli/main.ts');
const IN = { env: 'TRIAL_SECRET' };

/** Where OpenSSL, and so Node.js on Linux, looks for the system's authorities. */
const elsewhere =
  process.platform === 'linux' ? undefined : 'skipped: other systems keep authorities in a store of their own';

/** "collect --sample" as a process of its own, on a system that trusts those of the file alone. */
const sample = async (source: object, systemFile: string, secret: string) => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-trust-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const config = join(folder, 'rollcall.yaml');
  const match = [{ column: 'EMail', attribute: 'mail' }];
  await writeFile(config, JSON.stringify({ application: 'CORPDB1', directory: 'local', source, match }));
  const { NODE_EXTRA_CA_CERTS: _, ...others } = process.env;
  const env = { ...others, SSL_CERT_FILE: systemFile, SSL_CERT_DIR: folder, TRIAL_SECRET: secret };
  return new Promise<{ status: number; err: string }>((done) => {
    execFile(process.execPath, [MAIN, 'collect', '--sample', '1', '--config', config], { env }, (error, _out, err) =>
      done({ status: error === null ? 0 : Number(error.code), err }),
    );
  });
};

interface Server {
  readonly source: object;
  readonly secret: string;
  readonly caFile: string;
}

const ldap = async (): Promise<Server> => {
  const slapd = await startSlapd();
  onTestFinished(() => slapd.close());
  await slapd.add(`cn=ana,${slapd.suffix}`, { objectClass: 'inetOrgPerson', sn: 'x', mail: 'ana@contoso.com' });
  const bind = { dn: slapd.reader, password: IN };
  const url = `ldaps://localhost:${slapd.tlsPort}`;
  return {
    source: { ldap: { url, bind, base: slapd.suffix, columns: { EMail: 'mail' } } },
    secret: slapd.password,
    caFile: slapd.caFile,
  };
};

const sql = async (): Promise<Server> => {
  const database = await startPostgresql();
  onTestFinished(() => database.close());
  const { port, user } = database;
  const postgresql = { host: 'localhost', port, database: database.database, user, password: IN, tls: true };
  const query = `select 'ana@contoso.com' as "EMail"`;
  return { source: { sql: { postgresql, query } }, secret: database.password, caFile: database.caFile };
};

const scim = async (): Promise<Server> => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-trust-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const identity = await hostIdentity('localhost');
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, identity.ca);
  held.users = [{ id: 'a', userName: 'ana@contoso.com' }];
  const server = createSecure(identity, scimApplication);
  const port = await listening(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = `https://localhost:${port}/scim`;
  return {
    source: { scim: { address, signIn: { bearer: IN }, columns: { EMail: 'userName' } } },
    secret: SCIM_TOKEN,
    caFile,
  };
};

for (const [kind, start, lacking] of [
  ['ldap', ldap, slapdMissing],
  ['sql', sql, postgresqlMissing],
  ['scim', scim, undefined],
] as const) {
  const missing = lacking ?? elsewhere;
  test.skipIf(missing !== undefined)(
    `${kind}: an authority that the system trusts is trusted, and no other${missing ? ` (${missing})` : ''}`,
    async () => {
      const { source, secret, caFile } = await start();
      expect(await sample(source, caFile, secret)).toEqual({ status: 0, err: '' });
      const other = join(tmpdir(), 'rollcall-no-such-file.pem');
      const refused = await sample(source, other, secret);
      expect(refused.status).toBe(1);
      expect(refused.err).toContain('signed by an authority that is not known');
    },
  );
}
