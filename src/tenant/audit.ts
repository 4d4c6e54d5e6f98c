// The audit log: an event for each write, done or refused, under the names of Microsoft's audit activity reference.
import { badRequest } from './errors.ts';
import type { Filter } from './filter.ts';
import { matches } from './object-filter.ts';
import { queryOptions } from './query-options.ts';
import { decodeToken, encodeToken, type GraphRequest, type GraphResponse, nextLink, type Tenant } from './request.ts';

export interface AuditTarget {
  readonly id: string;
  readonly type: string;
  readonly displayName: string | null;
  readonly userPrincipalName?: string | null;
}

export interface AuditEntry {
  readonly activity: string;
  readonly category: 'UserManagement' | 'ApplicationManagement' | 'GroupManagement';
  readonly operation: 'Add' | 'Update' | 'Delete' | 'Assign' | 'Unassign';
  readonly targets: readonly AuditTarget[];
  /** Why it was refused; absent where it was done. */
  readonly failure?: string;
}

export const audit = (tenant: Tenant, { claims, correlationId }: GraphRequest, entry: AuditEntry): void => {
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
    loggedByService: 'Core Directory',
    operationType: entry.operation,
    initiatedBy: {
      user: null,
      app: { appId: claims.appid, displayName: 'Rollcall', servicePrincipalId: claims.oid, servicePrincipalName: null },
    },
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

const DEFAULT_PAGE = 1000;

/** `GET /auditLogs/directoryAudits`: newest first unless asked otherwise. */
export const listAudits = (tenant: Tenant, request: GraphRequest): GraphResponse => {
  const options = queryOptions(request.query, request.headers);
  if (options.orderBy && options.orderBy.property !== 'activityDateTime')
    throw badRequest(`Invalid $orderby property '${options.orderBy.property}'.`);
  const descending = options.orderBy?.descending ?? true;
  const size = options.top ?? DEFAULT_PAGE;
  const start = options.skipToken === undefined ? undefined : Number(decodeToken(options.skipToken));
  const target = options.filter && targetOf(options.filter);
  const rows = tenant.db.iterate<{ n: number; body: string }>(
    `select n, body from audits where ${target === undefined ? '1' : 'n in (select audit from audit_targets where target = ?)'}
      ${start === undefined ? '' : `and n ${descending ? '<' : '>'} ${start}`} order by n ${descending ? 'desc' : 'asc'}`,
    ...(target === undefined ? [] : [target]),
  );
  const value: unknown[] = [];
  for (const { n, body } of rows) {
    const event = JSON.parse(body);
    if (options.filter && !matches(options.filter, event)) continue;
    if (value.length === size) return page(request, value, encodeToken(n + (descending ? 1 : -1)));
    value.push(event);
  }
  return page(request, value, undefined);
};

const page = (request: GraphRequest, value: readonly unknown[], token: string | undefined): GraphResponse => ({
  status: 200,
  body: {
    '@odata.context': `${request.root}/$metadata#auditLogs/directoryAudits`,
    ...(token !== undefined && { '@odata.nextLink': nextLink(request, token) }),
    value,
  },
});

/** The object that every event must be about, if the filter says so: then the index finds them. */
const targetOf = (filter: Filter): string | undefined => {
  if (filter.kind === 'and') return targetOf(filter.left) ?? targetOf(filter.right);
  if (filter.kind !== 'any' || filter.path !== 'targetResources' || filter.of?.kind !== 'compare') return undefined;
  const { path, operator, value } = filter.of;
  return path.endsWith('/id') && operator === 'eq' ? String(value).toLowerCase() : undefined;
};
