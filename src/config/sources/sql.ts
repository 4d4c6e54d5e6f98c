// source.sql: what people write of a database and its query, and what the code uses.
import { z } from 'zod';
import { readStatement } from '../../collect/sql/statement.ts';
import type { SqlEngine, SqlServer, SqlSettings, SqlSignIn } from '../../model/source-settings.ts';
import { choice, either, object, secretPlace, secretRef, type ToPath, text } from '../shapes.ts';

const PORTS = { postgresql: 5432, mysql: 3306, mariadb: 3306, sqlserver: 1433, oracle: 1521 } as const;
const ORACLE_TLS_PORT = 2484;

const port = z.int('expected a number of a port').min(1, 'expected 1 to 65535').max(65535, 'expected 1 to 65535');
const seconds = z.number().positive('expected seconds').max(86_400, 'expected at most 86400 seconds');

const HOST = {
  host: text
    .regex(/^[^\s/:@?#]+$|^[0-9a-fA-F:]+$|^\/\S+$/, 'expected the name or number of a host')
    .describe('The server. Of PostgreSQL and MySQL also the path of a socket of this machine.'),
  port: port.optional(),
};

const TLS = {
  caFile: text.optional().describe('Certificates (PEM) to trust besides those of the operating system.'),
  tls: z
    .literal(true, 'expected true: only a server of this machine is reached without TLS, and it need not be said')
    .optional()
    .describe('Use TLS with a server of this machine, too. Over the network it is always used.'),
};

const server = object({
  ...HOST,
  database: text,
  user: text,
  password: secretRef,
  ...TLS,
});

const sqlserver = object({
  ...HOST,
  database: text,
  signIn: choice(['password', 'ntlm', 'entra']).optional().describe('Default: password.'),
  user: text.optional(),
  password: secretRef.optional(),
  domain: text.optional().describe('With signIn: ntlm.'),
  clientId: text.optional().describe('With signIn: entra, of a managed identity.'),
  ...TLS,
}).superRefine((written, context) => {
  const signIn = written.signIn ?? 'password';
  const needed: readonly string[] = { password: ['user', 'password'], ntlm: ['domain', 'user', 'password'], entra: [] }[
    signIn
  ];
  const allowed = signIn === 'entra' ? ['clientId'] : needed;
  for (const key of ['user', 'password', 'domain', 'clientId'] as const) {
    const there = written[key] !== undefined;
    if (!there && needed.includes(key)) {
      context.addIssue({ code: 'custom', path: [key], message: `missing; "signIn: ${signIn}" needs it` });
    }
    if (there && !allowed.includes(key)) {
      context.addIssue({ code: 'custom', path: [key], message: `does not go with "signIn: ${signIn}"` });
    }
  }
});

const oracle = object({
  ...HOST,
  service: text.describe('The name of the service.'),
  user: text,
  password: secretRef,
  ...TLS,
});

const engines = {
  postgresql: server.optional(),
  mysql: server.optional(),
  mariadb: server.optional(),
  sqlserver: sqlserver.optional(),
  oracle: oracle.optional(),
  sqlite: object({ path: text.describe('The file, seen from this one.') }).optional(),
};

const parameter = either(
  [z.string(), z.number(), z.boolean(), secretRef],
  'expected a text, a number, true or false, or { env }, { file } or { keychain }',
);

export const sqlWritten = object({
  ...engines,
  query: text.describe('One SELECT, or WITH … SELECT. :name stands for a parameter.'),
  parameters: z
    .record(z.string(), parameter)
    .superRefine((parameters, context) => {
      for (const name of Object.keys(parameters).filter((key) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(key))) {
        context.addIssue({ code: 'custom', path: [name], message: 'expected a name without the colon' });
      }
    })
    .optional(),
  connectSeconds: seconds.optional().describe('How long the server may take to connect. Default: 30.'),
  querySeconds: seconds.optional().describe('How long it may work before the next rows come. Default: 600.'),
}).superRefine((written, context) => {
  const named = Object.keys(engines).filter((engine) => engine in written);
  if (named.length !== 1) {
    const found = named.length === 0 ? 'missing; expected' : `expected one, not ${named.length},`;
    context.addIssue({ code: 'custom', message: `${found} one of ${Object.keys(engines).join(', ')}` });
    return;
  }
  const statement = readStatement(written.query, named[0] as SqlEngine);
  if (!('code' in statement)) return;
  const { message, line, column } = statement;
  context.addIssue({
    code: 'custom',
    path: ['query'],
    message: `${message} (line ${line}, column ${column} of the query); expected one SELECT that only reads`,
  });
});

export const sqlSettings = (written: z.infer<typeof sqlWritten>, path: ToPath): SqlSettings => {
  const parameters = Object.entries(written.parameters ?? {}).map(([name, value]) => [
    name,
    typeof value === 'object' ? secretPlace(value, path) : value,
  ]);
  return {
    kind: 'sql',
    database: databaseOf(written, path),
    query: written.query,
    parameters: Object.fromEntries(parameters),
    connectSeconds: written.connectSeconds ?? 30,
    querySeconds: written.querySeconds ?? 600,
  };
};

const databaseOf = (written: z.infer<typeof sqlWritten>, path: ToPath): SqlSettings['database'] => {
  if (written.sqlite) return { engine: 'sqlite', path: path(written.sqlite.path) };
  if (written.oracle) {
    const { service, ...rest } = written.oracle;
    return serverOf('oracle', { ...rest, database: service }, passwordOf(rest, path), path);
  }
  if (written.sqlserver) return serverOf('sqlserver', written.sqlserver, signInOf(written.sqlserver, path), path);
  for (const engine of ['postgresql', 'mysql', 'mariadb'] as const) {
    const found = written[engine];
    if (found) return serverOf(engine, found, passwordOf(found, path), path);
  }
  throw new RangeError('the schema lets no file pass that names no database');
};

type ServerWritten = Pick<z.infer<typeof server>, 'host' | 'port' | 'database' | 'caFile' | 'tls'>;

const serverOf = (
  engine: SqlServer['engine'],
  { host, port: written, database, caFile, tls }: ServerWritten,
  signIn: SqlSignIn,
  path: ToPath,
): SqlServer => {
  const secured = tls === true || !isLocal(host);
  return {
    engine,
    host,
    port: written ?? (engine === 'oracle' && secured ? ORACLE_TLS_PORT : PORTS[engine]),
    database,
    tls: secured,
    caFile: caFile === undefined ? null : path(caFile),
    signIn,
  };
};

const isLocal = (host: string): boolean =>
  host.startsWith('/') || host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host);

const passwordOf = (
  { user, password }: Pick<z.infer<typeof server>, 'user' | 'password'>,
  path: ToPath,
): SqlSignIn => ({ kind: 'password', user, password: secretPlace(password, path) });

const signInOf = (written: z.infer<typeof sqlserver>, path: ToPath): SqlSignIn => {
  const { signIn = 'password', clientId, domain } = written;
  if (signIn === 'entra') return { kind: 'entra', clientId: clientId ?? null };
  // The schema has seen to it that what a way of signing in needs is there.
  const { user, password } = passwordOf({ user: written.user!, password: written.password! }, path) as Extract<
    SqlSignIn,
    { kind: 'password' }
  >;
  return signIn === 'ntlm' ? { kind: 'ntlm', domain: domain!, user, password } : { kind: 'password', user, password };
};
