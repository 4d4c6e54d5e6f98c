// Who does what in a review: a signed-in user, an application, or the service by itself; and what the audit log says of it.
import { type AuditTarget, audit, type Doer } from '../audit.ts';
import { denied } from '../errors.ts';
import type { GraphRequest, Tenant } from '../request.ts';
import { userNamed } from '../users.ts';
import { type Identity, NOBODY } from './records.ts';

const SERVICE_NAME = 'AAD Access Reviews';

/** The service, which reviews and applies by itself. */
export const SERVICE: Identity = { ...NOBODY, displayName: SERVICE_NAME, userPrincipalName: SERVICE_NAME };

/** The same, as the audit log names it. */
export const byService = (): Doer => ({
  claims: { aud: '', tid: '', appid: '', oid: '', exp: 0, nbf: 0 },
  correlationId: crypto.randomUUID(),
  serviceName: SERVICE_NAME,
});

/** Who sent a request. */
export const callerOf = ({ db }: Tenant, { claims }: GraphRequest): Identity => {
  const { oid, upn } = claims;
  if (claims.scp === undefined) return { id: oid, displayName: 'Rollcall', userPrincipalName: null };
  const user = userNamed(db, oid);
  return { id: oid, displayName: String(user?.['displayName'] ?? upn), userPrincipalName: upn ?? null };
};

/** The signed-in user. Throws Graph's 403 where an application asks for what only a person can do. */
export const signedIn = (tenant: Tenant, request: GraphRequest): Identity => {
  if (request.claims.scp === undefined) throw denied();
  return callerOf(tenant, request);
};

export type ReviewActivity =
  | 'Create access review'
  | 'Update access review'
  | 'Delete access review'
  | 'Access review ended'
  | 'Approve decision'
  | 'Deny decision'
  | "Don't know decision"
  | 'Reset decision'
  | 'Apply decision'
  | `Bulk ${'Approve' | 'Deny' | "Don't know" | 'Reset'} decisions`
  | 'Apply review'
  | 'Auto review'
  | 'Auto apply review';

/** Those that stand in another category than the others. Source: https://learn.microsoft.com/entra/identity/monitoring-health/reference-audit-activities */
const OF_USERS: readonly ReviewActivity[] = ['Apply review', 'Auto review', 'Auto apply review'];

export const auditReview = (
  tenant: Tenant,
  doer: Doer,
  activity: ReviewActivity,
  targets: readonly AuditTarget[],
): void => {
  const operation =
    activity === 'Create access review' ? 'Add' : activity === 'Delete access review' ? 'Delete' : 'Update';
  const category = OF_USERS.includes(activity) ? 'UserManagement' : 'Policy';
  audit(tenant, doer, { activity, category, operation, targets, service: 'Access Reviews' });
};

export const reviewTarget = ({
  id,
  displayName,
}: {
  readonly id: string;
  readonly displayName: string;
}): AuditTarget => ({
  id,
  type: 'Other',
  displayName,
});
