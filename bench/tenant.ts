// A local tenant in a process of its own, and the plain Graph calls that prepare a measurement. Nothing of the product
// is used for them, so that what is measured and what measures share no mistake.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What the tenant has been asked since its start. */
export interface Stats {
  readonly requests: number;
  readonly batchItems: number;
  readonly writes: number;
  readonly resourceUnits: number;
  readonly throttled: number;
}

interface Connection {
  readonly graph: string;
  readonly authority: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface BenchTenant {
  /** The JSON line that it printed, for `--directory`. */
  readonly line: string;
  readonly graph: string;
  token(): Promise<string>;
  stats(): Promise<Stats>;
  /** What of memory is the tenant's process's own, in bytes: its database file, mapped, is the system's to give and take. */
  memory(): Promise<number>;
  stop(): Promise<void>;
}

export interface TenantChoices {
  readonly generate?: number;
  readonly data?: string;
  readonly latencyMs: number;
  /** The size of the tenant whose limits are kept; none by default. */
  readonly throttle?: 'small' | 'medium' | 'large';
  /** How many times faster its time runs. */
  readonly timeScale?: number;
}

const RANDOM_SEED = 1;

/** Starts a tenant and waits until it is ready. */
export const startTenant = async (choices: TenantChoices): Promise<BenchTenant> => {
  const { generate, data, latencyMs, throttle, timeScale } = choices;
  const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
  const args = ['tenant', 'start', '--port', '0', '--latency', String(latencyMs), '--output', 'json'];
  if (generate !== undefined) args.push('--generate', String(generate), '--random-seed', String(RANDOM_SEED));
  if (data !== undefined) args.push('--data', data);
  if (throttle !== undefined) args.push('--throttle', throttle);
  if (timeScale !== undefined) args.push('--time-scale', String(timeScale));
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('error', reject);
    child.once('exit', (status) => reject(new Error(`the tenant ended with ${status}; what it said stands above`)));
  });
  const connection: Connection = JSON.parse(line);
  return {
    line,
    graph: connection.graph,
    token: () => requestToken(connection),
    stats: async () => (await get(`${new URL(connection.graph).origin}/_tenant/stats`)) as Stats,
    memory: async () => {
      const told = await get(`${new URL(connection.graph).origin}/_tenant/memory`);
      return (told as { ownBytes: number }).ownBytes;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
};

/** What the tenant was asked between two looks. */
export const since = (before: Stats, after: Stats): Stats => ({
  requests: after.requests - before.requests,
  batchItems: after.batchItems - before.batchItems,
  writes: after.writes - before.writes,
  resourceUnits: after.resourceUnits - before.resourceUnits,
  throttled: after.throttled - before.throttled,
});

export interface BenchUser {
  readonly id: string;
  readonly displayName: string;
  readonly userPrincipalName: string;
}

/** Every user, page after page. */
export async function* readUsers(tenant: BenchTenant): AsyncGenerator<BenchUser> {
  const token = await tenant.token();
  let next: string | undefined = `${tenant.graph}/users?$select=id,displayName,userPrincipalName&$top=999`;
  while (next) {
    const page = (await get(next, token)) as { value: BenchUser[]; '@odata.nextLink'?: string };
    yield* page.value;
    next = page['@odata.nextLink'];
  }
}

/** Registers an application with one role, as the manual procedure finds it. */
export const registerApplication = async (
  tenant: BenchTenant,
  name: string,
  role: string,
): Promise<{ resourceId: string; appRoleId: string }> => {
  const token = await tenant.token();
  const appRole = {
    id: crypto.randomUUID(),
    displayName: role,
    description: role,
    value: role,
    isEnabled: true,
    allowedMemberTypes: ['User'],
  };
  const application = (await post(`${tenant.graph}/applications`, token, {
    displayName: name,
    appRoles: [appRole],
  })) as {
    appId: string;
  };
  const principal = await post(`${tenant.graph}/servicePrincipals`, token, { appId: application.appId });
  return { resourceId: (principal as { id: string }).id, appRoleId: appRole.id };
};

/** The ids of all assignments to a service principal. */
export const readAssignments = async (tenant: BenchTenant, resourceId: string): Promise<readonly string[]> => {
  const token = await tenant.token();
  const ids: string[] = [];
  let next: string | undefined = `${tenant.graph}/servicePrincipals/${resourceId}/appRoleAssignedTo?$top=999`;
  while (next) {
    const page = (await get(next, token)) as { value: { id: string }[]; '@odata.nextLink'?: string };
    ids.push(...page.value.map(({ id }) => id));
    next = page['@odata.nextLink'];
  }
  return ids;
};

const requestToken = async ({ graph, authority, tenantId, clientId, clientSecret }: Connection): Promise<string> => {
  const answer = await fetch(`${authority}/${tenantId}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope: `${new URL(graph).origin}/.default`,
    }),
  });
  return ((await answered(answer)) as { access_token: string }).access_token;
};

const get = async (url: string, token?: string): Promise<unknown> =>
  answered(await fetch(url, { headers: token ? { authorization: `Bearer ${token}` } : {} }));

const post = async (url: string, token: string, body: unknown): Promise<unknown> =>
  answered(
    await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  );

const answered = async (answer: Response): Promise<unknown> => {
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status} ${text.slice(0, 300)}`);
  return JSON.parse(text);
};
