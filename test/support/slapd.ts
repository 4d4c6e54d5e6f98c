// OpenLDAP's server for tests: an own process on free loopback ports, with a certificate of its own and an own schema.

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'ldapts';
import { freePort, missing, startServer } from './servers.ts';
import { hostIdentity } from './tls.ts';

const run = promisify(execFile);

const PROGRAM = '/usr/sbin/slapd';
const SUFFIX = 'dc=contoso,dc=com';
const ADMIN = `cn=admin,${SUFFIX}`;
const PASSWORD = 'not a real secret';

export const slapdMissing = missing(PROGRAM, 'slapd');

export type Attributes = Readonly<Record<string, string | readonly string[] | readonly Buffer[]>>;

export interface Slapd {
  readonly suffix: string;
  readonly admin: string;
  readonly password: string;
  /** A name and a password that may read and is held to the limits of `limits`. */
  readonly reader: string;
  readonly port: number;
  readonly tlsPort: number;
  readonly socket: string;
  /** The authority that signed its certificate; made out to `localhost`. */
  readonly caFile: string;
  add(dn: string, attributes: Attributes): Promise<void>;
  /** Adds many, some at once. */
  addAll(entries: Iterable<readonly [dn: string, attributes: Attributes]>): Promise<void>;
  close(): Promise<void>;
}

/** Attributes that other servers have, so that they can be kept here. */
const SCHEMA = `
attributetype ( 1.3.6.1.4.1.4203.666.1.9001 NAME 'trialBytes' SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )
attributetype ( 1.3.6.1.4.1.4203.666.1.9002 NAME 'nsAccountLock' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.4203.666.1.9003 NAME 'trialRole' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectclass ( 1.3.6.1.4.1.4203.666.3.9001 NAME 'trialAccount' AUXILIARY
  MAY ( trialBytes $ nsAccountLock $ trialRole $ userAccountControl $ objectGUID $ objectSid $ pwdLastSet $ accountExpires $
    lastLogonTimestamp $ memberOf ) )
`;

export interface SlapdOptions {
  /** What the server gives out to the reader. Default: `size=unlimited`. */
  readonly limits?: string;
  /** Who may see what, before that all may read all. */
  readonly access?: readonly string[];
  /** In PEM: who is known by a certificate. */
  readonly clients?: readonly string[];
  /** A file in LDIF that the server starts with, in place of a tree of its own. */
  readonly load?: string;
}

export const startSlapd = async (options: SlapdOptions = {}): Promise<Slapd> => {
  const { limits = 'size=unlimited', access = [], clients = [], load } = options;
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-slapd-'));
  const data = join(folder, 'data');
  await mkdir(data);
  const [port, tlsPort] = [await freePort(), await freePort()];
  const identity = await hostIdentity('localhost');
  const file = async (name: string, text: string) => {
    const path = join(folder, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  const caFile = await file('ca.pem', identity.ca);
  const trusted = await file('trusted.pem', [identity.ca, ...clients].join('\n'));
  const cert = await file('cert.pem', identity.cert);
  const key = await file('key.pem', identity.key);
  const schema = await file('trial.schema', SCHEMA);
  const socket = join(folder, 'ldapi');
  const reader = `cn=reader,${SUFFIX}`;
  const configuration = await file(
    'slapd.conf',
    [
      ...['core', 'cosine', 'inetorgperson', 'nis', 'msuser'].map((name) => `include /etc/ldap/schema/${name}.schema`),
      `include ${schema}`,
      'modulepath /usr/lib/ldap',
      'moduleload back_mdb',
      'moduleload memberof',
      `TLSCACertificateFile ${trusted}`,
      `TLSCertificateFile ${cert}`,
      `TLSCertificateKeyFile ${key}`,
      'TLSVerifyClient try',
      'database mdb',
      `suffix ${SUFFIX}`,
      `rootdn ${ADMIN}`,
      `rootpw "${PASSWORD}"`,
      `directory ${data}`,
      // Room for a million entries; the file takes what is in it.
      'maxsize 17179869184',
      'dbnosync',
      'index objectClass eq',
      `limits dn.exact="${reader}" ${limits}`,
      'overlay memberof',
      ...access,
      'access to * by * read',
      '',
    ].join('\n'),
  );
  const addresses = `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${tlsPort} ldapi://${encodeURIComponent(socket)}`;
  if (load !== undefined) await run(PROGRAM.replace('slapd', 'slapadd'), ['-q', '-f', configuration, '-l', load]);
  const running = await startServer(PROGRAM, ['-d', '0', '-h', addresses, '-f', configuration], port);
  const client = new Client({ url: `ldap://127.0.0.1:${port}` });
  const add = (dn: string, attributes: Attributes) => client.add(dn, attributes as Record<string, string[]>);
  await client.bind(ADMIN, PASSWORD);
  if (load === undefined) {
    await add(SUFFIX, { objectClass: ['dcObject', 'organization'], dc: 'contoso', o: 'Contoso' });
    await add(reader, { objectClass: ['organizationalRole', 'simpleSecurityObject'], userPassword: PASSWORD });
  }
  return {
    suffix: SUFFIX,
    admin: ADMIN,
    password: PASSWORD,
    reader,
    port,
    tlsPort,
    socket,
    caFile,
    add,
    addAll: async (entries) => {
      let waiting: Promise<void>[] = [];
      for (const [dn, attributes] of entries) {
        waiting.push(add(dn, attributes));
        if (waiting.length < 100) continue;
        await Promise.all(waiting);
        waiting = [];
      }
      await Promise.all(waiting);
    },
    close: async () => {
      await client.unbind();
      await running.stop();
      await rm(folder, { recursive: true });
    },
  };
};
