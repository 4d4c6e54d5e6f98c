// The audit log: an event for each write, done or refused, under the names of Microsoft's audit activity reference.
import type { Database } from './database.ts';
import { notFound } from './errors.ts';
import type { Filter } from './filter.ts';
import { matchesExactly } from './object-filter.ts';
import { DIRECTORY_AUDIT } from './object-kinds.ts';
import { optionsFor } from './query-options.ts';
import { encodeToken, type GraphRequest, type GraphResponse, nextLink, placeOf, type Tenant } from './request.ts';
import type { TokenClaims } from './tokens.ts';

export interface AuditTarget {
  readonly id: string;
  readonly type: string;
  readonly displayName: string | null;
  readonly userPrincipalName?: string | null;
}

export interface AuditEntry {
  readonly activity: string;
  readonly category: 'UserManagement' | 'ApplicationManagement' | 'GroupManagement' | 'Policy';
  readonly operation: 'Add' | 'Update' | 'Delete' | 'Assign' | 'Unassign';
  readonly targets: readonly AuditTarget[];
  /** Which service logs it. Default: the directory itself. */
  readonly service?: 'Access Reviews';
  /** Why it was refused; absent where it was done. */
  readonly failure?: string;
}

/** Who did it, and with which request. */
export interface Doer extends Pick<GraphRequest, 'claims' | 'correlationId'> {
  /** A service of Microsoft's own that did it by itself, in place of whoever the claims name. */
  readonly serviceName?: string;
}

export const audit = (tenant: Tenant, { claims, correlationId, serviceName }: Doer, entry: AuditEntry): void => {
  const { db } = tenant;
  const at = new Date(tenant.now()).toISOString();
  const id = `Directory_${crypto.randomUUID()}`;
  const body = {
    id,
    category: entry.category,
    correlationId,
    result: entry.failure === undefined ? 'success' : 'failure',
    resultReason: entry.failure ?? '',
    activityDisplayName: entry.activity,
    activityDateTime: at,
    loggedByService: entry.service ?? 'Core Directory',
    operationType: entry.operation,
    initiatedBy:
      claims.scp === undefined
        ? { user: null, app: appOf(claims, serviceName) }
        : { user: userOf(db, claims), app: null },
    targetResources: entry.targets.map(({ id: target, type, displayName, userPrincipalName }) => ({
      id: target,
      displayName,
      type,
      userPrincipalName: userPrincipalName ?? null,
      groupType: null,
      modifiedProperties: [],
    })),
    additionalDetails: [],
  };
  const { rowid } = db.run('insert into audits (id, at, body) values (?, ?, ?)', id, at, JSON.stringify(body));
  for (const target of new Set(entry.targets.map((one) => one.id.toLowerCase()))) {
    db.run('insert into audit_targets (target, audit) values (?, ?)', target, rowid);
  }
};

const appOf = ({ appid, oid }: TokenClaims, serviceName: string | undefined) => ({
  appId: serviceName === undefined ? appid : null,
  displayName: serviceName ?? 'Rollcall',
  servicePrincipalId: serviceName === undefined ? oid : null,
  servicePrincipalName: null,
});

const userOf = (db: Database, { oid, upn }: TokenClaims) => ({
  id: oid,
  displayName:
    db.one<{ name: string | null }>('select display_name as name from users where id = ?', oid)?.name ?? null,
  userPrincipalName: upn ?? null,
  ipAddress: null,
});

const DEFAULT_PAGE = 1000;
/** Of a tenant with P1 or P2. */
const RETENTION_MS = 30 * 24 * 3_600_000;

const isoTime = (ms: number): string => new Date(ms).toISOString();

/** `GET /auditLogs/directoryAudits`: newest first unless asked otherwise; events show as late as all else that is written. */
export const listAudits = (tenant: Tenant, request: GraphRequest): GraphResponse => {
  const { select, filter, orderBy, top, skipToken } = optionsFor(DIRECTORY_AUDIT, request.query, request.headers);
  const descending = orderBy?.descending ?? true;
  const size = top ?? DEFAULT_PAGE;
  const target = filter && targetOf(filter);
  const [oldest, newest] = shownTimes(tenant);
  const rows = tenant.db.iterate<{ n: number; body: string }>(
    `select n, body from audits where at > ? and at <= ? and ${target === undefined ? '1' : 'n in (select audit from audit_targets where target = ?)'}
      ${skipToken === undefined ? '' : `and n ${descending ? '<' : '>'} ?`} order by n ${descending ? 'desc' : 'asc'}`,
    oldest,
    newest,
    ...(target === undefined ? [] : [target]),
    ...(skipToken === undefined ? [] : [placeOf(skipToken)]),
  );
  const value: unknown[] = [];
  let last = 0;
  let more: string | undefined;
  for (const { n, body } of rows) {
    const event: Readonly<Record<string, unknown>> = JSON.parse(body);
    // The reporting service compares letter by letter, as far as is known.
    if (filter && !matchesExactly(filter, event)) continue;
    if (value.length === size) {
      more = encodeToken(last);
      break;
    }
    value.push(select ? Object.fromEntries(select.map((name) => [name, event[name] ?? null])) : event);
    last = n;
  }
  const names = select ? `(${select.join(',')})` : '';
  return {
    status: 200,
    body: {
      '@odata.context': `${request.root}/$metadata#auditLogs/directoryAudits${names}`,
      ...(more !== undefined && { '@odata.nextLink': nextLink(request, more) }),
      value,
    },
  };
};

/** `GET /auditLogs/directoryAudits/{id}`: an event as long as it is kept, and once it shows. */
export const getAudit = (tenant: Tenant, request: GraphRequest, id: string): GraphResponse => {
  const { select } = optionsFor(DIRECTORY_AUDIT, request.query, request.headers);
  const [oldest, newest] = shownTimes(tenant);
  const row = tenant.db.one<{ body: string }>(
    'select body from audits where id = ? and at > ? and at <= ?',
    id,
    oldest,
    newest,
  );
  if (!row) throw notFound(id);
  const event: Readonly<Record<string, unknown>> = JSON.parse(row.body);
  const names = select ? `(${select.join(',')})` : '';
  return {
    status: 200,
    body: {
      '@odata.context': `${request.root}/$metadata#auditLogs/directoryAudits${names}/$entity`,
      ...(select ? Object.fromEntries(select.map((name) => [name, event[name] ?? null])) : event),
    },
  };
};

/** Events are kept for a while, and show as late as they are told to. */
const shownTimes = ({ now, auditDelayMs }: Tenant): readonly [oldest: string, newest: string] => [
  isoTime(now() - RETENTION_MS),
  isoTime(now() - auditDelayMs),
];

/** The object that every event must be about, if the filter says so: then the index finds them. */
const targetOf = (filter: Filter): string | undefined => {
  if (filter.kind === 'and') return targetOf(filter.left) ?? targetOf(filter.right);
  if (filter.kind !== 'any' || filter.path !== 'targetResources' || filter.of?.kind !== 'compare') return undefined;
  const { path, operator, value } = filter.of;
  return path.endsWith('/id') && operator === 'eq' ? String(value).toLowerCase() : undefined;
};
