// The yardstick: the published manual procedure, as an administrator runs it today. One lookup for each row, one after
// another; arrays searched from the front; one write for each missing assignment. Faithful on purpose, flaws included:
// whoever makes it faster makes every comparison with it worthless.
//
//   node bench/seed.ts --graph URL --csv users.csv --column EMail --attribute userPrincipalName \
//     --app CORPDB1 --role General [--limit N] [--match-only]       (the token comes from BENCH_TOKEN)
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** What one run of the procedure cost and found. Printed as one JSON line. */
export interface SeedResult {
  readonly rows: number;
  /** HTTP requests, of the whole run and of the matching alone. */
  readonly requests: number;
  readonly matchRequests: number;
  /** Seconds of each phase: `match`, and `assign` unless only matching was asked for. */
  readonly seconds: { readonly match: number; readonly assign?: number };
  readonly counts: {
    readonly notQueried: number;
    readonly duplicate: number;
    readonly notMatched: number;
    readonly ambiguous: number;
    readonly failed: number;
    readonly notEnabled: number;
    readonly matched: number;
    readonly assigned: number;
  };
  /** Peak resident memory of the process, KiB. */
  readonly maxRssKiB: number;
}

export interface SeedInput {
  /** Graph's root with its version. */
  readonly graph: string;
  readonly token: string;
  /** The text of the users file. */
  readonly csv: string;
  readonly column: string;
  readonly attribute: string;
  readonly app: string;
  readonly role: string;
  readonly limit?: number;
  readonly matchOnly?: boolean;
}

interface Found {
  readonly id: string;
  readonly accountEnabled?: boolean;
}

interface Principal {
  readonly id: string;
  readonly appRoles: readonly {
    readonly id: string;
    readonly displayName: string;
    readonly allowedMemberTypes: string[];
  }[];
}

/** Runs the procedure. Throws at the first request of the assigning phase that fails. */
export const runSeed = async (input: SeedInput): Promise<SeedResult> => {
  const graph = seedGraph(input.graph, input.token);
  const all = readRows(input.csv);
  const accounts = input.limit === undefined ? all : all.slice(0, input.limit);

  const begun = performance.now();
  const matched = await matchRows(graph, accounts, input);
  const matchSeconds = (performance.now() - begun) / 1000;
  const matchRequests = graph.requests();

  const { matchedIds, notEnabled, ...lists } = matched;
  const counts = {
    notQueried: lists.notQueried.length,
    duplicate: lists.duplicate.length,
    notMatched: lists.notMatched.length,
    ambiguous: lists.ambiguous.length,
    failed: lists.failed.length,
    notEnabled: notEnabled.length,
    matched: matchedIds.length,
    assigned: 0,
  };
  const seconds: { match: number; assign?: number } = { match: matchSeconds };
  if (!input.matchOnly) {
    const from = performance.now();
    counts.assigned = await assignMissing(graph, matchedIds, input);
    seconds.assign = (performance.now() - from) / 1000;
  }
  return {
    rows: accounts.length,
    requests: graph.requests(),
    matchRequests,
    seconds,
    counts,
    maxRssKiB: process.resourceUsage().maxRSS,
  };
};

type Row = Readonly<Record<string, string | undefined>>;

const matchRows = async (graph: SeedGraph, accounts: readonly Row[], { column, attribute }: SeedInput) => {
  const notQueried: Row[] = [];
  const duplicate: Row[] = [];
  const notMatched: Row[] = [];
  const ambiguous: Row[] = [];
  const failed: Row[] = [];
  const matchedIds: string[] = [];
  const notEnabled: string[] = [];
  const seen: string[] = [];
  for (const account of accounts) {
    const value = account[column];
    if (value === undefined || value.length === 0) {
      notQueried.push(account);
      continue;
    }
    const escaped = quoted(value);
    if (seen.some((one) => one.toLowerCase() === escaped.toLowerCase())) {
      duplicate.push(account);
      continue;
    }
    seen.push(escaped);
    try {
      const query = `${filter(`${attribute} eq '${escaped}'`)}&$select=id,accountEnabled`;
      const found = await graph.all<Found>(`/users?${query}`);
      if (found.length === 0) notMatched.push(account);
      else if (found.length > 1) ambiguous.push(account);
      else {
        matchedIds.push(found[0]!.id);
        if (found[0]!.accountEnabled === false) notEnabled.push(found[0]!.id);
      }
    } catch {
      failed.push(account);
    }
  }
  return { notQueried, duplicate, notMatched, ambiguous, failed, matchedIds, notEnabled };
};

const assignMissing = async (graph: SeedGraph, matchedIds: readonly string[], { app, role }: SeedInput) => {
  const [principal] = await graph.all<Principal>(`/servicePrincipals?${filter(`displayName eq '${quoted(app)}'`)}`);
  if (!principal) throw new Error(`there is no application ${app}: register it before the procedure runs`);
  const path = `/servicePrincipals/${principal.id}/appRoleAssignedTo`;
  const existing = await graph.all<{ principalId: string }>(path);
  const notInRole = matchedIds.filter((id) => !existing.some((one) => one.principalId === id));
  const appRole = principal.appRoles.find((one) => one.allowedMemberTypes.includes('User') && one.displayName === role);
  if (!appRole) throw new Error(`the application ${app} has no role ${role}: add it before the procedure runs`);
  let assigned = 0;
  for (const principalId of notInRole) {
    await graph.call('POST', path, { principalId, resourceId: principal.id, appRoleId: appRole.id });
    assigned += 1;
  }
  return assigned;
};

interface SeedGraph {
  readonly requests: () => number;
  readonly call: (method: string, path: string, body?: unknown) => Promise<unknown>;
  readonly all: <T>(path: string) => Promise<T[]>;
}

const MAX_TRIES = 10;

const seedGraph = (root: string, token: string): SeedGraph => {
  let requests = 0;
  let tries = 0;
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    requests += 1;
    const answer = await fetch(path.startsWith('http') ? path : root + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    // The cmdlets send a throttled call again after the time that the answer names, ten times at most.
    if (answer.status === 429) {
      tries += 1;
      if (tries <= MAX_TRIES) {
        await new Promise((done) => setTimeout(done, 1000 * Number(answer.headers.get('retry-after') ?? 1)));
        return call(method, path, body);
      }
    }
    tries = 0;
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 200)}`);
    return text ? JSON.parse(text) : undefined;
  };
  const all = async <T>(path: string): Promise<T[]> => {
    const found: T[] = [];
    let next: string | undefined = path;
    while (next) {
      const page = (await call('GET', next)) as { value: T[]; '@odata.nextLink'?: string };
      found.push(...page.value);
      next = page['@odata.nextLink'];
    }
    return found;
  };
  return { requests: () => requests, call, all };
};

const quoted = (value: string): string => value.replaceAll("'", "''");
const filter = (expression: string): string => `$filter=${encodeURIComponent(expression)}`;

/** The whole file at once, every row an object: as `Import-Csv` gives it. */
const readRows = (text: string): Row[] => {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let inQuotes = false;
  for (let i = text.charCodeAt(0) === 0xfeff ? 1 : 0; i < text.length; i += 1) {
    const c = text[i]!;
    if (inQuotes) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') {
        cell += '"';
        i += 1;
      } else inQuotes = false;
    } else if (c === '"') inQuotes = true;
    else if (c === ',') {
      row.push(cell);
      cell = '';
    } else if (c === '\n') {
      row.push(cell.replace(/\r$/, ''));
      rows.push(row);
      row = [];
      cell = '';
    } else cell += c;
  }
  if (cell || row.length > 0) rows.push([...row, cell]);
  const [header = [], ...records] = rows;
  return records.map((record) => Object.fromEntries(header.map((name, i) => [name, record[i]])));
};

const main = async (): Promise<void> => {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      graph: text,
      csv: text,
      column: text,
      attribute: text,
      app: text,
      role: text,
      limit: text,
      'match-only': { type: 'boolean', default: false },
    },
  });
  const { graph = '', csv = '', column = '', attribute = '', app = '', role = '', limit } = values;
  const result = await runSeed({
    graph,
    token: process.env['BENCH_TOKEN'] ?? 'none',
    csv: readFileSync(csv, 'utf8'),
    column,
    attribute,
    app,
    role,
    ...(limit !== undefined && { limit: Number(limit) }),
    matchOnly: values['match-only'],
  });
  console.log(JSON.stringify(result));
};

if (import.meta.main) await main();
