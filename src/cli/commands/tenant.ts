// rollcall tenant: the local tenant, started; and a running one, told something.
import { readFileSync } from 'node:fs';
import { RollcallError, UsageError } from '../../model/errors.ts';
import type { TenantOptions, TenantSize } from '../../tenant/server.ts';
import type { Io } from '../io.ts';
import { startLocalTenant } from '../local-tenant.ts';
import { askTenant, tenantConnection } from '../tenant-connection.ts';

export interface TenantStartOptions {
  readonly port: number;
  readonly data?: string;
  readonly users?: string;
  readonly generate?: number;
  readonly randomSeed?: number;
  readonly latency?: number;
  readonly replicationDelay?: number;
  readonly auditDelay?: number;
  readonly throttle?: 'none' | TenantSize;
  readonly timeScale?: number;
  readonly faults?: number;
  readonly record?: string;
  readonly tls?: boolean;
  readonly grant?: readonly string[];
  readonly admin?: readonly string[];
  readonly clientCertificate?: readonly string[];
  readonly federated?: string;
  readonly managedIdentity?: boolean;
  readonly seats?: number;
}

/** Serves until interrupted. The one line that it prints is for `--directory`. */
export const tenantStart = async (options: TenantStartOptions, io: Io): Promise<number> => {
  const { latency, replicationDelay, auditDelay, throttle, faults, ...rest } = options;
  const chosen: TenantOptions = {
    port: rest.port,
    ...(rest.timeScale !== undefined && { timeScale: rest.timeScale }),
    ...(throttle !== undefined && throttle !== 'none' && { throttle }),
    ...(faults !== undefined && { faults: { rate: faults, seed: rest.randomSeed ?? 1 } }),
    ...(rest.data !== undefined && { data: rest.data }),
    ...(rest.users !== undefined && { users: rest.users }),
    ...(rest.generate !== undefined && { generate: rest.generate }),
    ...(rest.randomSeed !== undefined && { randomSeed: rest.randomSeed }),
    ...(rest.record !== undefined && { record: rest.record }),
    ...(rest.tls && { tls: true }),
    ...(rest.seats !== undefined && { seats: rest.seats }),
    ...(rest.managedIdentity && { managedIdentity: true }),
    ...(rest.admin !== undefined && { administrators: administratorsIn(rest.admin) }),
    ...(rest.clientCertificate !== undefined && { certificates: rest.clientCertificate.map(textOf) }),
    ...(rest.federated !== undefined && { federated: federatedIn(rest.federated) }),
    ...(rest.grant !== undefined && { grant: rest.grant }),
    ...(latency !== undefined && { latencyMs: latency }),
    ...(auditDelay !== undefined && { auditDelayMs: auditDelay }),
    ...(replicationDelay !== undefined && { replicationDelayMs: replicationDelay }),
  };
  const tenant = await startLocalTenant(chosen);
  const { graph, authority, tenantId, clientId, clientSecret, caFile } = tenant;
  const { timeScale = 1 } = rest;
  const line = {
    ...{ graph, authority, tenantId, clientId, clientSecret, caFile },
    throttle: throttle ?? 'none',
    ...(timeScale !== 1 && { timeScale }),
  };
  io.out(`${JSON.stringify(line)}\n`);
  if (io.interactive) io.err('Serving until interrupted (Ctrl-C).\n');
  if (!io.signal.aborted) await new Promise((resolve) => io.signal.addEventListener('abort', resolve, { once: true }));
  await tenant.close();
  return 0;
};

/** `UPN=Role,Role`, once for each administrator. */
const administratorsIn = (texts: readonly string[]): Record<string, readonly string[]> =>
  Object.fromEntries(
    texts.map((text) => {
      const [, name, roles] = /^([^=]+)=(.+)$/.exec(text) ?? [];
      if (name === undefined || roles === undefined)
        throw new UsageError(
          `--admin takes a user principal name and roles, not "${text}".`,
          'Write --admin "admin@contoso.com=User Administrator,Application Administrator".',
        );
      return [name.trim(), roles.split(',').map((role) => role.trim())];
    }),
  );

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}.`, 'Name a file that is there.');
  }
};

const federatedIn = (file: string): NonNullable<TenantOptions['federated']> => {
  try {
    const read: unknown = JSON.parse(textOf(file));
    if (Array.isArray(read)) return read;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UsageError(
    `${file} is no list of federated credentials.`,
    'Write JSON: [{ "issuer": …, "subject": …, "keys": [JSON Web Keys] or the address of keys on this machine }].',
  );
};

interface RunningOptions {
  readonly directory: string;
  readonly output: 'text' | 'json';
}

export const tenantSeed = async (options: RunningOptions & { readonly users: string }, io: Io): Promise<number> => {
  const { readUsersFile } = await import('../../tenant/seed.ts');
  const lines: string[] = [];
  try {
    for await (const user of readUsersFile(options.users)) lines.push(JSON.stringify(user));
  } catch (error) {
    throw unreadable(options.users, error);
  }
  const { added } = (await control(options, 'POST', 'users', io, lines.join('\n'))) as { added: number };
  return told({ added }, `${added} users added`, options, io);
};

export const tenantAdvance = async (
  options: RunningOptions & { readonly duration: string },
  io: Io,
): Promise<number> => {
  const { now } = (await control(options, 'POST', 'clock', io, JSON.stringify({ advance: options.duration }))) as {
    now: string;
  };
  return told({ now }, `The tenant's clock says ${now}`, options, io);
};

export const tenantStats = async (options: RunningOptions, io: Io): Promise<number> => {
  const stats = (await control(options, 'GET', 'stats', io)) as Record<string, unknown>;
  const lines = Object.entries(stats).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).map(([route, n]) => `  ${n}  ${route}`)
      : [`${name}  ${value}`],
  );
  return told(stats, lines.join('\n'), options, io);
};

const told = (data: unknown, text: string, { output }: RunningOptions, io: Io): number => {
  io.out(output === 'json' ? `${JSON.stringify(data, null, 2)}\n` : `${text}\n`);
  return 0;
};

const unreadable = (file: string, error: unknown): UsageError =>
  new UsageError(
    `${file} cannot be read: ${(error as Error).message}.`,
    'Name a file of users: NDJSON with one Graph user object a line, or CSV with Graph property names as header.',
  );

const control = async (
  { directory }: RunningOptions,
  method: 'GET' | 'POST',
  what: string,
  io: Io,
  body?: string,
): Promise<unknown> => {
  const connection = tenantConnection(directory);
  const ask = await askTenant(connection, io.signal);
  const url = `${connection.authority}/_tenant/${what}`;
  const { status, text } = await ask({ method, url, ...(body !== undefined && { body }) });
  const told = JSON.parse(text || '{}') as { error?: { message: string } };
  if (status !== 200)
    throw new RollcallError(
      `The tenant refused: ${told.error?.message ?? status}`,
      'Correct what was given and try again.',
    );
  return told;
};
