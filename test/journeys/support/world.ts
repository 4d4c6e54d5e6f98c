// A journey's world: a folder with an application, a tenant over HTTP, and the command line as a person runs it.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Agent, fetch as undiciFetch } from 'undici';
import { onTestFinished } from 'vitest';
import { type RunningTenant, startTenant, type TenantOptions } from '../../../src/tenant/server.ts';

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));

/** How a command ended, and what it printed. */
export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface World {
  readonly folder: string;
  /** Runs `rollcall …` in the folder, connected to the tenant. */
  rollcall(...args: readonly string[]): Promise<Ended>;
  /** Runs it with `--output json` and answers what it printed, after checking the exit status. */
  json(expectedStatus: number, ...args: readonly string[]): Promise<Record<string, unknown>>;
  start(...args: readonly string[]): { readonly pid: number; readonly ended: Promise<Ended> };
  readonly tenant: RunningTenant;
  writes(): Promise<number>;
}

/** A folder that is gone when the test ends. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-journey-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
};

/** Where the traffic of a well-behaved journey is recorded, if the run asks for it. */
export const recordTo = (name: string): { record: string } | Record<string, never> => {
  const folder = process.env['ROLLCALL_TEST_RECORD'];
  return folder ? { record: join(folder, `${name}.ndjson`) } : {};
};

/** A world with an example in it. What it sends is recorded under `name`, unless that is undefined. */
export const exampleWorld = async (
  example: string,
  name: string | undefined,
  options: TenantOptions = {},
): Promise<World> => {
  const folder = temporaryFolder();
  cpSync(join(EXAMPLES, example), folder, { recursive: true });
  const tenant = await startTenant({
    users: join(folder, 'directory.ndjson'),
    ...(name !== undefined && recordTo(name)),
    ...options,
  });
  onTestFinished(() => tenant.close());
  return worldIn(folder, tenant);
};

/** A configuration that uses all of the main job, over the columns EMail, Full name and Login of users.csv. */
export const FINDS_CREATES_ASSIGNS = [
  'application: CORPDB1',
  'directory: local',
  'source: { csv: { path: users.csv } }',
  'match: [{ column: EMail, attribute: userPrincipalName }]',
  'create: { displayName: "{Full name}", userPrincipalName: "{EMail}", mailNickname: "{Login}" }',
].join('\n');

/** A world of one's own making: the files go into the folder as they are. */
export const emptyWorld = async (
  files: Readonly<Record<string, string>>,
  name: string | undefined,
  options: TenantOptions = {},
): Promise<World> => {
  const folder = temporaryFolder();
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  const tenant = await startTenant({ ...(name !== undefined && recordTo(name)), ...options });
  onTestFinished(() => tenant.close());
  return worldIn(folder, tenant);
};

const worldIn = (folder: string, tenant: RunningTenant): World => {
  const connection = join(folder, 'connection.json');
  const { graph, authority, tenantId, clientId, clientSecret, caFile } = tenant;
  writeFileSync(connection, JSON.stringify({ graph, authority, tenantId, clientId, clientSecret, caFile }));
  const start: World['start'] = (...args) => startCommand(folder, [...args, '--directory', connection]);
  const rollcall: World['rollcall'] = (...args) => start(...args).ended;
  return {
    folder,
    tenant,
    start,
    rollcall,
    json: async (expectedStatus, ...args) => {
      const { status, out, err } = await rollcall(...args, '--output', 'json');
      if (status !== expectedStatus)
        throw new Error(`rollcall ${args.join(' ')} ended with ${status}, not ${expectedStatus}:\n${err}`);
      return JSON.parse(out);
    },
    writes: async () => (await stats(tenant)).writes,
  };
};

/** Runs the command line as its own process, with no terminal. */
export const startCommand = (
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  onError: (text: string) => void = () => undefined,
): { pid: number; ended: Promise<Ended> } => {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text;
    onError(text);
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status, signal, out, err }));
  });
  return { pid: child.pid!, ended };
};

/** Asks the tenant, and trusts the authority of its certificate where it serves over TLS. */
export const ask = (
  { caFile }: Pick<RunningTenant, 'caFile'>,
  url: string,
  init: { method?: string; headers?: Record<string, string>; body?: string | URLSearchParams } = {},
): Promise<Pick<Response, 'ok' | 'status' | 'text' | 'json'>> =>
  caFile === undefined
    ? fetch(url, init)
    : undiciFetch(url, {
        ...init,
        dispatcher: new Agent({ connect: { ca: readFileSync(caFile) }, keepAliveTimeout: 1 }),
      });

export interface Stats {
  readonly requests: number;
  readonly writes: number;
  readonly resourceUnits: number;
}

export const stats = async (tenant: Pick<RunningTenant, 'authority' | 'caFile'>): Promise<Stats> =>
  (await ask(tenant, `${tenant.authority}/_tenant/stats`)).json() as Promise<Stats>;

/** Reads the whole of a list, as an administrator's script would. */
export const readAll = async (tenant: RunningTenant, path: string): Promise<readonly Record<string, unknown>[]> => {
  const token = await signIn(tenant);
  const all: Record<string, unknown>[] = [];
  for (let next: string | undefined = `${tenant.graph}${path}`; next; ) {
    const answer = await ask(tenant, next, { headers: { authorization: `Bearer ${token}` } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    const page = (await answer.json()) as { value: Record<string, unknown>[]; '@odata.nextLink'?: string };
    all.push(...page.value);
    next = page['@odata.nextLink'];
  }
  return all;
};

/** A change that somebody else makes in the directory. */
export const change = async (tenant: RunningTenant, method: string, path: string, body?: unknown): Promise<unknown> => {
  const answer = await ask(tenant, `${tenant.graph}${path}`, {
    method,
    headers: { authorization: `Bearer ${await signIn(tenant)}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
};

const signIn = async (tenant: RunningTenant): Promise<string> => {
  const { authority, tenantId, clientId, clientSecret, graph } = tenant;
  const answer = await ask(tenant, `${authority}/${tenantId}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope: `${new URL(graph).origin}/.default`,
    }),
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  return token;
};
