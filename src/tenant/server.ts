// The local tenant as a server: a Graph-compatible directory over HTTP, on the loopback interface alone.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { authorise } from './authorise.ts';
import { answerBatch } from './batch.ts';
import { answerControl } from './control.ts';
import { resourceUnits, Stats, type TenantStats } from './costs.ts';
import { Database } from './database.ts';
import { methodNotAllowed } from './errors.ts';
import { ConnectionReset, type Fault, Faults, suffer } from './faults.ts';
import { inventUsers } from './generate.ts';
import { checkGrant, DEFAULT_GRANT } from './permissions.ts';
import { recordTo } from './record.ts';
import { Replication } from './replication.ts';
import type { GraphRequest, GraphResponse, Tenant } from './request.ts';
import { routeOf } from './routes.ts';
import { fillOnce, readUsersFile } from './seed.ts';
import { answerSignIn } from './sign-in.ts';
import { createAuthority } from './tokens.ts';
import { parsed, readBody, refusal, send, sendJson } from './wire.ts';

export type { TenantStats } from './costs.ts';

/** One HTTP exchange, for tests that strike at a certain moment. */
export interface ExchangeEvent {
  readonly method: string;
  readonly url: string;
  /** Of the exchange among those with the directory, from 1. */
  readonly requestNumber: number;
  /** Undefined until it has been answered. */
  readonly status?: number;
}

export interface TenantOptions {
  /** On the loopback interface; 0, the default, takes a free one. */
  readonly port?: number;
  /** The file that the directory is kept in. Default: memory, gone at the end. */
  readonly data?: string;
  /** Users that a new directory starts with: NDJSON, or CSV with Graph's property names as header. */
  readonly users?: string;
  /** So many invented users that a new directory starts with. */
  readonly generate?: number;
  readonly randomSeed?: number;
  /** Each HTTP request is answered this much later. Milliseconds. */
  readonly latencyMs?: number;
  /** What was written is shown this much later. Milliseconds. */
  readonly replicationDelayMs?: number;
  /** A file that each exchange is appended to. */
  readonly record?: string;
  /** Permissions of Microsoft Graph that the tenant's client holds. Default: what the product needs. */
  readonly grant?: readonly string[];
  /** Verified domains. Default: contoso.com and others that are nobody's. */
  readonly domains?: readonly string[];
  /** Told, and waited for, before the work of an exchange is done, and after it, before the reply is sent. */
  readonly onExchange?: (exchange: ExchangeEvent, phase: 'received' | 'answered') => void | Promise<void>;
  /** Sees each request as it came, secrets and all. For tests that look for secrets elsewhere. */
  readonly onRequest?: (request: { readonly headers: IncomingMessage['headers']; readonly body: string }) => void;
}

export interface RunningTenant {
  /** Graph's root with its version. */
  readonly graph: string;
  readonly authority: string;
  readonly tenantId: string;
  readonly clientId: string;
  /** Made anew at each start, and kept in memory only. */
  readonly clientSecret: string;
  stats(): TenantStats;
  close(): Promise<void>;
}

const DOMAINS = ['contoso.com', 'example.com', 'fabrikam.com', 'contoso.onmicrosoft.com'];
const LOOPBACK = '127.0.0.1';
const VERSION = '/v1.0';
const CONTROL = '/_tenant/';

/** Starts a tenant and answers when it is ready. */
export const startTenant = async (options: TenantOptions = {}): Promise<RunningTenant> => {
  let granted: readonly string[] = [];
  const grant = (names: readonly string[]): void => {
    checkGrant(names);
    granted = names;
  };
  grant(options.grant ?? DEFAULT_GRANT);
  const db = new Database(options.data ?? ':memory:');
  const domains = options.domains ?? DOMAINS;
  const tenantId = fact(db, 'tenantId', () => crypto.randomUUID());
  const clientId = fact(db, 'clientId', () => crypto.randomUUID());
  let offsetMs = Number(fact(db, 'clockOffsetMs', () => '0'));
  const now = () => Date.now() + offsetMs;
  try {
    await fillOnce(db, usersToStartWith(options, domains[0]!), now);
  } catch (error) {
    db.close();
    throw error;
  }

  const clientSecret = `${crypto.randomUUID()}${crypto.randomUUID()}`.replaceAll('-', '');
  const tenant: Tenant = {
    db,
    tenantId,
    clientId,
    domains,
    now,
    replication: new Replication(options.replicationDelayMs ?? 0, now),
  };
  let origin = '';
  const authority = createAuthority({
    tenantId,
    clientId,
    clientSecret,
    domains,
    granted: () => granted,
    audience: () => origin,
    now,
  });
  const stats = new Stats();
  const faults = new Faults();
  const recorder = options.record === undefined ? undefined : recordTo(options.record);

  /** Serves one request of the directory, alone or out of a batch. */
  const serve = async (request: GraphRequest, struck: Fault | undefined): Promise<GraphResponse> => {
    const units = resourceUnits(request);
    let name = `${request.method} (unknown)`;
    let response: GraphResponse;
    try {
      const route = routeOf(request);
      name = route.name;
      await suffer(struck);
      authorise(tenant, request, route);
      response = route.answer(tenant, request);
    } catch (error) {
      if (error instanceof ConnectionReset) throw error;
      response = refusal(error, request, now());
    }
    stats.served(name, request.method, units, response.status);
    return { ...response, headers: { ...response.headers, 'x-ms-resource-unit': String(units) } };
  };

  const serveBatch = async (
    request: GraphRequest,
    struck: Fault | undefined,
    serveItem: (item: GraphRequest) => Promise<GraphResponse>,
  ): Promise<GraphResponse> => {
    if (request.method !== 'POST') throw methodNotAllowed();
    await suffer(struck);
    return answerBatch(request, now(), serveItem);
  };

  const advance = (ms: number): void => {
    offsetMs += ms;
    db.run("update facts set value = ? where name = 'clockOffsetMs'", String(offsetMs));
  };

  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await readBody(incoming);
    options.onRequest?.({ headers: incoming.headers, body });
    const method = incoming.method ?? 'GET';
    const [path = '', ...query] = (incoming.url ?? '/').split('?');
    if (path.startsWith(CONTROL)) {
      const what = path.slice(CONTROL.length);
      const answer = await answerControl({ db, stats, faults, now, grant, advance }, method, what, body);
      sendJson(outgoing, answer.status, answer.body);
      return;
    }
    if (!path.startsWith(`${VERSION}/`)) {
      const { authorization } = incoming.headers;
      const answer = answerSignIn(authority, { origin, tenantId }, { method, path, body, authorization });
      sendJson(outgoing, answer.status, answer.body);
      return;
    }
    stats.request();
    const requestNumber = stats.summary().requests;
    const event = { method, url: incoming.url ?? '/', requestNumber };
    await options.onExchange?.(event, 'received');
    if (options.latencyMs) await sleep(options.latencyMs);
    const requestId = crypto.randomUUID();
    const request: GraphRequest = {
      method,
      path: path.slice(VERSION.length),
      query: query.join('?'),
      headers: incoming.headers as Record<string, string | undefined>,
      body: parsed(body),
      claims: { aud: '', tid: '', appid: '', oid: '', exp: 0 },
      root: `${origin}${VERSION}`,
      correlationId: requestId,
    };
    const struck = faults.strike(method, addressOf(request));
    let isCut = struck?.do === 'dropReply';
    const serveItem = (item: GraphRequest): Promise<GraphResponse> => {
      stats.item();
      const fault = faults.strike(item.method, addressOf(item));
      // A connection that breaks breaks for all items of the envelope.
      if (fault?.do === 'dropReply') isCut = true;
      return serve(item, fault);
    };
    let response: GraphResponse;
    try {
      const claims = authority.check(incoming.headers.authorization);
      const known = { ...request, claims };
      response = await (request.path === '/$batch' ? serveBatch(known, struck, serveItem) : serve(known, struck));
    } catch (error) {
      if (error instanceof ConnectionReset) return void incoming.socket.destroy();
      response = refusal(error, request, now());
    }
    await options.onExchange?.({ ...event, status: response.status }, 'answered');
    const url = `${origin}${incoming.url}`;
    send({ incoming, outgoing, url, requestBody: request.body, requestId, now: now(), response, isCut }, recorder);
  };

  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch((error: unknown) => {
      if (!outgoing.headersSent)
        sendJson(outgoing, 500, { error: { code: 'InternalServerError', message: String(error) } });
      else outgoing.destroy();
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, LOOPBACK, resolve);
  }).catch((error: unknown) => {
    recorder?.close();
    db.close();
    throw error;
  });
  origin = `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`;

  return {
    graph: `${origin}${VERSION}`,
    authority: origin,
    tenantId,
    clientId,
    clientSecret,
    stats: () => stats.summary(),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      recorder?.close();
      db.close();
    },
  };
};

/** A fact that is made once and kept with the directory. */
const fact = (db: Database, name: string, make: () => string): string => {
  const known = db.one<{ value: string }>('select value from facts where name = ?', name);
  if (known) return known.value;
  const value = make();
  db.run('insert into facts (name, value) values (?, ?)', name, value);
  return value;
};

const usersToStartWith = ({ users, generate, randomSeed }: TenantOptions, domain: string) => [
  ...(users === undefined ? [] : [readUsersFile(users)]),
  ...(generate === undefined ? [] : [inventUsers(generate, randomSeed ?? 1, domain)]),
];

/** What a fault's pattern is held against. */
const addressOf = ({ path, query }: Pick<GraphRequest, 'path' | 'query'>): string =>
  query ? `${path}?${query}` : path;
