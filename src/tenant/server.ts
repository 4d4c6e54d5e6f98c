// The local tenant as a server: a Graph-compatible directory over HTTP, on the loopback interface alone.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerBatch } from './batch.ts';
import { resourceUnits, Stats, type TenantStats } from './costs.ts';
import { Database } from './database.ts';
import { badRequest, errorBody, GraphError } from './errors.ts';
import { type Fault, Faults, faultError } from './faults.ts';
import { inventUsers } from './generate.ts';
import { type Recorder, recordTo } from './record.ts';
import { Replication } from './replication.ts';
import type { GraphRequest, GraphResponse, Tenant } from './request.ts';
import { routeOf } from './routes.ts';
import { ndjsonUsers, readUsersFile, seedUsers } from './seed.ts';
import { createAuthority } from './tokens.ts';

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
const LONGEST_BODY = 64 * 1024 * 1024;

/** Starts a tenant and answers when it is ready. */
export const startTenant = async (options: TenantOptions = {}): Promise<RunningTenant> => {
  const db = new Database(options.data ?? ':memory:');
  const domains = options.domains ?? DOMAINS;
  const tenantId = fact(db, 'tenantId', () => crypto.randomUUID());
  const clientId = fact(db, 'clientId', () => crypto.randomUUID());
  let offsetMs = Number(fact(db, 'clockOffsetMs', () => '0'));
  const now = () => Date.now() + offsetMs;
  await fill(db, options, domains[0]!, now);

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
  const authority = createAuthority({ tenantId, clientId, clientSecret, domains, audience: () => origin, now });
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
      if (struck?.do === 'delay') await sleep(struck.ms ?? 0);
      if (struck?.do === 'status') throw faultError(struck);
      response = route.answer(tenant, request);
    } catch (error) {
      response = refusal(error, request, now());
    }
    stats.served(name, request.method, units, response.status);
    return { ...response, headers: { ...response.headers, 'x-ms-resource-unit': String(units) } };
  };

  const control: Record<string, (body: string) => unknown> = {
    'GET stats': () => stats.summary(),
    'GET faults': () => ({ faults: faults.report() }),
    'POST faults': (body) => {
      faults.arm((JSON.parse(body) as { faults?: unknown }).faults);
      return { faults: faults.report() };
    },
    'POST clock': (body) => {
      offsetMs += durationMs(String((JSON.parse(body) as { advance?: unknown }).advance));
      db.run("update facts set value = ? where name = 'clockOffsetMs'", String(offsetMs));
      return { now: new Date(now()).toISOString() };
    },
    'POST users': async (body) => ({ added: await seedUsers(db, bulkUsers(body), now) }),
  };

  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await readBody(incoming);
    options.onRequest?.({ headers: incoming.headers, body });
    const method = incoming.method ?? 'GET';
    const [path = '', ...query] = (incoming.url ?? '/').split('?');
    if (path.startsWith('/_tenant/'))
      return answerControl(outgoing, control[`${method} ${path.slice('/_tenant/'.length)}`], body);
    if (!path.startsWith(`${VERSION}/`)) {
      const answer = authorityAnswer(method, path, body, incoming.headers.authorization);
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
      claims: { aud: '', tid: '', appid: '', oid: '', exp: 0, roles: [] },
      root: `${origin}${VERSION}`,
      correlationId: requestId,
    };
    const isBatch = request.path === '/$batch';
    let struck = faults.strike(method, addressOf(request));
    if (struck?.do === 'reset') return void incoming.socket.destroy();
    let response: GraphResponse;
    try {
      const claims = authority.check(incoming.headers.authorization);
      if (isBatch && struck?.do === 'status') throw faultError(struck);
      if (!isBatch) response = await serve({ ...request, claims }, struck);
      else if (method !== 'POST')
        throw new GraphError(405, 'Request_BadRequest', 'Specified HTTP method is not allowed for the request target.');
      else {
        response = await answerBatch({ ...request, claims }, (item) => {
          stats.item();
          const fault = faults.strike(item.method, addressOf(item));
          // A connection that breaks breaks for all items of the envelope.
          if (fault?.do === 'dropReply' || fault?.do === 'reset') struck = { ...fault, do: 'dropReply' };
          return serve(item, fault);
        });
      }
    } catch (error) {
      response = refusal(error, request, now());
    }
    await options.onExchange?.({ ...event, status: response.status }, 'answered');
    if (struck?.do === 'dropReply') return void incoming.socket.destroy();
    send(outgoing, response, requestId, incoming, now(), recorder, {
      url: `${origin}${incoming.url}`,
      body: parsed(body),
    });
  };

  const authorityAnswer = (
    method: string,
    path: string,
    body: string,
    basic: string | undefined,
  ): { status: number; body: unknown } => {
    const token = /^\/([^/]+)\/oauth2\/v2\.0\/token$/.exec(path);
    if (token && method === 'POST')
      return authority.token(decodeURIComponent(token[1]!), new URLSearchParams(body), basic);
    if (/^\/[^/]+\/v2\.0\/\.well-known\/openid-configuration$/.test(path)) {
      const discovery = {
        issuer: `${origin}/${tenantId}/v2.0`,
        token_endpoint: `${origin}/${tenantId}/oauth2/v2.0/token`,
        jwks_uri: `${origin}/${tenantId}/discovery/v2.0/keys`,
        grant_types_supported: ['client_credentials'],
        response_types_supported: ['token'],
        token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
      };
      return { status: 200, body: discovery };
    }
    if (/^\/[^/]+\/discovery\/v2\.0\/keys$/.test(path)) return { status: 200, body: authority.keys() };
    const message = `There is nothing at ${path}; the directory is at ${VERSION}/.`;
    return { status: 404, body: { error: { code: 'NotFound', message } } };
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

/** Users come in when the directory is new; one that was filled before is left as it is. */
const fill = async (
  db: Database,
  { users, generate, randomSeed }: TenantOptions,
  domain: string,
  now: () => number,
): Promise<void> => {
  if (db.one("select 1 from facts where name = 'filled'")) return;
  try {
    if (users !== undefined) await seedUsers(db, readUsersFile(users), now);
    if (generate !== undefined) await seedUsers(db, inventUsers(generate, randomSeed ?? 1, domain), now);
    db.indexUsers();
    fact(db, 'filled', () => 'yes');
  } catch (error) {
    db.close();
    throw error;
  }
};

/** What a fault's pattern is held against. */
const addressOf = ({ path, query }: Pick<GraphRequest, 'path' | 'query'>): string =>
  query ? `${path}?${query}` : path;

async function* bulkUsers(body: string): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const whole = parsed(body) as { users?: Record<string, unknown>[] } | string | undefined;
  if (typeof whole === 'object' && Array.isArray(whole.users)) yield* whole.users;
  else {
    const lines = async function* () {
      yield* body.split('\n');
    };
    yield* ndjsonUsers(lines(), 'the request');
  }
}

/** An ISO 8601 duration of weeks, days, hours, minutes and seconds, in milliseconds. */
const durationMs = (text: string): number => {
  const found = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text);
  if (!found || text.length < 3) throw badRequest(`'${text}' is no ISO 8601 duration such as P14D.`);
  const [weeks, days, hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return ((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
};

const readBody = async (incoming: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LONGEST_BODY) throw badRequest('The request is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
};

const parsed = (body: string): unknown => {
  if (body === '') return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
};

const refusal = (
  error: unknown,
  request: Pick<GraphRequest, 'headers' | 'correlationId'>,
  now: number,
): GraphResponse => {
  const known =
    error instanceof GraphError
      ? error
      : new GraphError(500, 'InternalServerError', String(error instanceof Error ? error.stack : error));
  const clientRequestId = request.headers['client-request-id'] ?? request.correlationId;
  return {
    status: known.status,
    body: errorBody(known, request.correlationId, clientRequestId, now),
    headers: known.headers,
  };
};

const send = (
  outgoing: ServerResponse,
  response: GraphResponse,
  requestId: string,
  incoming: IncomingMessage,
  now: number,
  recorder: Recorder | undefined,
  { url, body }: { readonly url: string; readonly body: unknown },
): void => {
  const hasBody = response.body !== undefined;
  const text = hasBody ? (response.isText ? String(response.body) : JSON.stringify(response.body)) : '';
  const headers: Record<string, string> = {
    'Cache-Control': 'no-cache',
    Date: new Date(now).toUTCString(),
    'request-id': requestId,
    'client-request-id': String(incoming.headers['client-request-id'] ?? requestId),
    'x-ms-ags-diagnostic':
      '{"ServerInfo":{"DataCenter":"Local","Slice":"E","Ring":"1","ScaleUnit":"000","RoleInstance":"LOCAL"}}',
    ...(hasBody && {
      'Content-Type': response.isText
        ? 'text/plain'
        : 'application/json;odata.metadata=minimal;odata.streaming=true;charset=utf-8',
    }),
    ...response.headers,
  };
  outgoing.writeHead(response.status, headers);
  outgoing.end(text);
  recorder?.add({
    method: incoming.method ?? 'GET',
    url,
    requestHeaders: incoming.headers,
    requestBody: body,
    status: response.status,
    responseHeaders: headers,
    responseBody: hasBody ? (response.isText ? text : response.body) : undefined,
  });
};

const sendJson = (outgoing: ServerResponse, status: number, body: unknown): void => {
  outgoing.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  outgoing.end(JSON.stringify(body));
};

const answerControl = async (
  outgoing: ServerResponse,
  answer: ((body: string) => unknown) | undefined,
  body: string,
): Promise<void> => {
  if (!answer)
    return sendJson(outgoing, 404, {
      error: { code: 'NotFound', message: 'The control plane has stats, faults, clock and users.' },
    });
  try {
    sendJson(outgoing, 200, await answer(body));
  } catch (error) {
    sendJson(outgoing, 400, {
      error: { code: 'BadRequest', message: error instanceof Error ? error.message : String(error) },
    });
  }
};
