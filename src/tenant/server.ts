// The local tenant as a server: a Graph-compatible directory over HTTP, on the loopback interface alone.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type ClientCheck, createClientCheck } from './authority/client.ts';
import { createCodes, createRefreshTokens } from './authority/codes.ts';
import { createDeviceCodes } from './authority/device-codes.ts';
import { checkFederated, type FederatedCredential } from './authority/federated.ts';
import { createPeople } from './authority/people.ts';
import type { Authority } from './authority/token-endpoint.ts';
import { startClock } from './clock.ts';
import { answerControl } from './control.ts';
import { Stats, type TenantStats } from './costs.ts';
import { Database } from './database.ts';
import { errorBody, GraphError } from './errors.ts';
import { createExchange, type ExchangeEvent } from './exchange.ts';
import { type Chance, Faults } from './faults.ts';
import { inventUsers } from './generate.ts';
import { listen } from './listen.ts';
import { checkGrant, DEFAULT_GRANT } from './permissions.ts';
import { recordTo } from './record.ts';
import { Replication } from './replication.ts';
import type { Tenant } from './request.ts';
import { DOWNLOADS, downloadReport } from './reviews/history.ts';
import { settleReviews } from './reviews/progress.ts';
import { fillOnce, readUsersFile } from './seed.ts';
import { answerSignIn } from './sign-in.ts';
import { type TenantSize, Throttle } from './throttle.ts';
import { createTokens } from './tokens.ts';
import { LONGEST_BODY, LONGEST_CONTROL_BODY, readBody, refusal, sendJson } from './wire.ts';

export type { TenantStats } from './costs.ts';
export type { ExchangeEvent } from './exchange.ts';
export type { TenantSize } from './throttle.ts';

export interface TenantOptions {
  /** On the loopback interface; 0, the default, takes a free one. */
  readonly port?: number;
  /** Serve over TLS, with a certificate of an authority that is made at the start. */
  readonly tls?: boolean;
  /** The file that the directory is kept in. Default: memory, gone at the end. */
  readonly data?: string;
  /** Users that a new directory starts with: NDJSON, or CSV with Graph's property names as header. */
  readonly users?: string;
  /** So many invented users that a new directory starts with. */
  readonly generate?: number;
  readonly randomSeed?: number;
  /** Each HTTP request is answered this much later. Milliseconds of the wall's clock. */
  readonly latencyMs?: number;
  /** What was written is shown this much later. Milliseconds of the tenant's clock. */
  readonly replicationDelayMs?: number;
  /** Events of the audit log are shown this much later. Milliseconds of the tenant's clock. Default: twice the other. */
  readonly auditDelayMs?: number;
  /** Limits of a tenant of this size. Default: none. */
  readonly throttle?: TenantSize;
  /** So many times faster than the wall's the tenant's clock runs: limits, delays and lifetimes with it. Default: 1. */
  readonly timeScale?: number;
  /** Faults by chance. */
  readonly faults?: Chance;
  /** A file that each exchange is appended to. */
  readonly record?: string;
  /** Permissions of Microsoft Graph that the tenant's client holds. Default: what the product needs. */
  readonly grant?: readonly string[];
  /** Who administers: user principal names with their roles. Who is not in the directory is added. */
  readonly administrators?: Readonly<Record<string, readonly string[]>>;
  /** Certificates in PEM that the client may sign in with. */
  readonly certificates?: readonly string[];
  /** Identities of other issuers that may sign in as the client. */
  readonly federated?: readonly FederatedCredential[];
  /** Serve tokens of a managed identity, as the machines of Azure do. */
  readonly managedIdentity?: boolean;
  /** Verified domains. Default: contoso.com and others that are nobody's. */
  readonly domains?: readonly string[];
  /** Those of the domains that are federated: their users sign in elsewhere. Default: none. */
  readonly federatedDomains?: readonly string[];
  /** So many objects the directory takes; a deleted one counts a quarter. Default: no limit. */
  readonly objectQuota?: number;
  /** Licences of the Entra Suite for so many people; 0: none. Default: for everybody who is in the directory, and for 1,000 at least. */
  readonly seats?: number;
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
  /** With TLS: certificates in PEM to trust. The file is there for as long as the tenant runs. */
  readonly caFile?: string;
  stats(): TenantStats;
  close(): Promise<void>;
}

const DOMAINS = ['contoso.com', 'example.com', 'fabrikam.com', 'contoso.onmicrosoft.com'];
/** Microsoft says minutes: so many times the delay of a write. */
const AUDITS_ARE_LATER = 2;
const VERSION = '/v1.0';
const OTHER_VERSION = /^\/(?:beta|v(?!1\.0\/)\d+\.\d+)(?:\/|$)/i;
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
  const clock = startClock(db, options.timeScale);
  const { now } = clock;
  const clientSecret = `${crypto.randomUUID()}${crypto.randomUUID()}`.replaceAll('-', '');
  const federatedDomains = (options.federatedDomains ?? []).map((name) => name.toLowerCase());
  const { objectQuota, seats } = options;
  const auditDelayMs = options.auditDelayMs ?? (options.replicationDelayMs ?? 0) * AUDITS_ARE_LATER;
  const tenant: Omit<Tenant, 'replication'> = {
    db,
    tenantId,
    clientId,
    domains,
    federatedDomains,
    objectQuota,
    seats,
    now,
    auditDelayMs,
  };
  const people = createPeople(db);
  let client: ClientCheck;
  try {
    const { certificates = [], federated = [] } = options;
    checkFederated(federated);
    client = createClientCheck({ clientId, clientSecret, certificates, federated });
    await fillOnce(db, usersToStartWith(options, domains[0]!), now);
    for (const [name, roles] of Object.entries(options.administrators ?? {})) people.addAdministrator(name, roles);
  } catch (error) {
    db.close();
    throw error;
  }
  let origin = '';
  const servicePrincipalId = fact(db, 'servicePrincipalId', () => crypto.randomUUID());
  const audience = () => origin;
  const identity = { tenantId, clientId, servicePrincipalId };
  const asked = { ...identity, now, timeScale: clock.scale, granted: () => granted, audience };
  const authority: Authority = {
    ...asked,
    names: [tenantId, ...domains].map((name) => name.toLowerCase()),
    tokens: createTokens(asked),
    client,
    people,
    deviceCodes: createDeviceCodes(now),
    codes: createCodes(now),
    refreshTokens: createRefreshTokens(now),
  };
  const stats = new Stats();
  const faults = new Faults(options.faults);
  const throttle = new Throttle(options.throttle, tenantId, clock);
  const recorder = options.record === undefined ? undefined : recordTo(options.record);
  const replication = new Replication(options.replicationDelayMs ?? 0, options.randomSeed ?? 1, now);
  const settle = (): void => settleReviews(tenant, replication);
  const exchange = createExchange({
    tenant,
    replication,
    tokens: authority.tokens,
    stats,
    faults,
    throttle,
    recorder,
    latencyMs: options.latencyMs ?? 0,
    ...(options.onExchange && { onExchange: options.onExchange }),
  });

  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const method = incoming.method ?? 'GET';
    const [path = '', ...query] = (incoming.url ?? '/').split('?');
    const body = await readBody(incoming, path.startsWith(CONTROL) ? LONGEST_CONTROL_BODY : LONGEST_BODY);
    options.onRequest?.({ headers: incoming.headers, body });
    if (path.startsWith(CONTROL)) {
      const what = path.slice(CONTROL.length);
      const controlled = { db, stats, faults, throttle, clock, grant, people, settle };
      const answer = await answerControl(controlled, method, what, body);
      sendJson(outgoing, answer.status, answer.body);
      return;
    }
    if (path.startsWith(DOWNLOADS)) {
      const report = downloadReport(db, path, now());
      outgoing.writeHead(report === undefined ? 404 : 200, { 'Content-Type': 'text/csv; charset=utf-8' }).end(report);
      return;
    }
    if (OTHER_VERSION.test(path)) {
      const error = new GraphError(
        404,
        'NotFound',
        `The local tenant answers ${VERSION} alone, not ${path.slice(0, 100)}.`,
      );
      const id = crypto.randomUUID();
      sendJson(outgoing, error.status, errorBody(error, id, id, now()));
      return;
    }
    if (!path.startsWith(`${VERSION}/`)) {
      const { headers } = incoming;
      const request = { method, path, query: query.join('?'), body, headers };
      const answer = await answerSignIn(authority, { managedIdentity: options.managedIdentity ?? false }, request);
      outgoing.writeHead(answer.status, answer.headers).end(answer.body);
      return;
    }
    const below = { version: VERSION, path: path.slice(VERSION.length), query: query.join('?') };
    await exchange({ incoming, outgoing, origin, ...below, body });
  };

  const onRequest: RequestListener = (incoming, outgoing) => {
    handle(incoming, outgoing).catch((error: unknown) => {
      if (outgoing.headersSent || incoming.destroyed) return void outgoing.destroy();
      const { status, body, headers } = refusal(error, { headers: {}, correlationId: crypto.randomUUID() }, now());
      sendJson(outgoing, status, body, headers);
    });
  };
  const listening = await listen(onRequest, options.port ?? 0, options.tls ?? false).catch((error: unknown) => {
    recorder?.close();
    db.close();
    throw error;
  });
  origin = listening.origin;

  return {
    graph: `${origin}${VERSION}`,
    authority: origin,
    tenantId,
    clientId,
    clientSecret,
    ...(listening.caFile !== undefined && { caFile: listening.caFile }),
    stats: () => stats.summary(),
    close: async () => {
      await listening.close();
      recorder?.close();
      clock.keep();
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
