// Many clients of a tenant in one process, each with a connection of its own that is kept open. Started by bench/load.ts with a
// JSON argument; prints one JSON document.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';

/** What the clients are told to do. */
export interface ClientsInput {
  readonly graph: string;
  readonly token: string;
  readonly clients: number;
  readonly seconds: number;
  /** Names of users that are there, one a line. */
  readonly namesFile: string;
  /** The service principal to assign users to, with its role; without it, the clients only look users up. */
  readonly assign?: { readonly resourceId: string; readonly appRoleId: string };
}

/** What they did, and what they were told was done. */
export interface ClientsResult {
  readonly requests: number;
  readonly lookups: number;
  readonly seconds: number;
  /** Status and code of what was not answered as wanted, with how often: `503 ServiceUnavailable`. */
  readonly errors: Readonly<Record<string, number>>;
  /** Names of the users that were created. */
  readonly created: readonly string[];
  /** Ids of the assignments that were made. */
  readonly assigned: readonly string[];
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const BATCH = 20;
const VALUES = 15;
/** Of so many turns one looks up, two create, the others read. */
const MIX = 8;

const run = async (input: ClientsInput): Promise<ClientsResult> => {
  const { graph, token, clients, seconds, namesFile, assign } = input;
  const names = readFileSync(namesFile, 'utf8').trim().split('\n');
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const errors: Record<string, number> = {};
  const created: string[] = [];
  const assigned: string[] = [];
  let requests = 0;
  let lookups = 0;

  const failed = (what: string): void => {
    errors[what] = (errors[what] ?? 0) + 1;
  };

  const ask = (method: string, path: string, body?: unknown): Promise<Answer | undefined> =>
    new Promise((resolve) => {
      requests += 1;
      const lost = (error: NodeJS.ErrnoException) => {
        failed(error.code ?? error.message);
        resolve(undefined);
      };
      const headers = {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      };
      const sent = request(`${graph}${path}`, { method, agent, headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', lost);
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: answer.statusCode ?? 0, body: text === '' ? {} : JSON.parse(text) });
        });
      });
      sent.on('error', lost);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });

  /** The body, if the answer is as wanted; else it is counted as an error. */
  const wanted = (answer: Answer | undefined, status: number): Answer['body'] | undefined => {
    if (answer?.status === status) return answer.body;
    if (answer) failed(`${answer.status} ${(answer.body['error'] as { code?: string } | undefined)?.code ?? ''}`);
    return undefined;
  };

  let next = 0;
  const name = (): string => {
    // A stride that visits every name, far from the one before.
    next = (next + 7919) % names.length;
    return names[next]!;
  };

  const lookUp = async (): Promise<void> => {
    const envelope = Array.from({ length: BATCH }, (_, i) => {
      const values = Array.from({ length: VALUES }, () => `'${name().replaceAll("'", "''")}'`).join(',');
      const filter = encodeURIComponent(`userPrincipalName in (${values})`);
      return { id: String(i), method: 'GET', url: `/users?$filter=${filter}&$select=id,userPrincipalName` };
    });
    const body = wanted(await ask('POST', '/$batch', { requests: envelope }), 200);
    for (const item of (body?.['responses'] ?? []) as { status: number; body: Answer['body'] }[]) {
      const found = wanted(item, 200);
      if (found && (found['value'] as unknown[]).length !== VALUES) failed('a lookup did not find everybody');
      lookups += 1;
    }
  };

  const readOne = async (): Promise<void> => {
    wanted(await ask('GET', `/users/${encodeURIComponent(name())}?$select=id,displayName`), 200);
  };

  const createOne = async (client: number, round: number): Promise<void> => {
    const alias = `load${client}-${round}`;
    const userPrincipalName = `${alias}@contoso.com`;
    const user = wanted(
      await ask('POST', '/users', {
        accountEnabled: false,
        displayName: alias,
        mailNickname: alias,
        userPrincipalName,
        passwordProfile: { password: `Load-${alias}-Pass1`, forceChangePasswordNextSignIn: true },
      }),
      201,
    );
    if (!user || !assign) return;
    created.push(userPrincipalName);
    if (created.length % 2 === 0) return;
    const { resourceId, appRoleId } = assign;
    const made = wanted(
      await ask('POST', `/servicePrincipals/${resourceId}/appRoleAssignedTo`, {
        principalId: user['id'],
        resourceId,
        appRoleId,
      }),
      201,
    );
    if (made) assigned.push(String(made['id']));
  };

  const from = performance.now();
  const end = from + seconds * 1000;
  const client = async (_: unknown, i: number): Promise<void> => {
    for (let round = 0; performance.now() < end; round += 1) {
      // Each begins with something else, so that all kinds of requests meet from the start.
      const turn = (i + round) % MIX;
      if (!assign || turn === 0) await lookUp();
      else if (turn % 3 === 0) await createOne(i, round);
      else await readOne();
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return { requests, lookups, seconds: (performance.now() - from) / 1000, errors, created, assigned };
};

process.stdout.write(JSON.stringify(await run(JSON.parse(process.argv[2]!))));
