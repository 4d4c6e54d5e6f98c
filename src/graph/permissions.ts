// What each call needs, and what to do when it is not allowed.
import type { PermissionName } from '../permissions/catalogue.ts';
import type { Call } from './call.ts';

interface Least {
  readonly permissions: readonly PermissionName[];
  /** Why more than the least that the reference names, or what else is needed. */
  readonly note?: string;
}

/**
 * The least permission of Microsoft Graph for each call, the same for app-only and delegated sessions.
 * Source: https://learn.microsoft.com/graph/permissions-reference and the reference page of each call
 */
const LEAST: Readonly<Record<string, Least>> = {
  // User.ReadBasic.All lists users, but without accountEnabled and most attributes that accounts are matched by.
  'GET /users': { permissions: ['User.Read.All'] },
  'GET /users/$count': { permissions: ['User.Read.All'] },
  'POST /users': {
    permissions: ['User.ReadWrite.All'],
    note: 'a signed-in administrator also needs the role User Administrator',
  },
  'GET /applications': { permissions: ['Application.Read.All'] },
  "GET /applications(uniqueName='{uniqueName}')": { permissions: ['Application.Read.All'] },
  "GET /applications(appId='{appId}')": { permissions: ['Application.Read.All'] },
  "PATCH /applications(uniqueName='{uniqueName}')": {
    permissions: ['Application.ReadWrite.All'],
    note: 'a signed-in administrator also needs the role Application Administrator or Cloud Application Administrator',
  },
  'PATCH /applications/{id}': { permissions: ['Application.ReadWrite.All'] },
  "GET /servicePrincipals(appId='{appId}')": { permissions: ['Application.Read.All'] },
  'POST /servicePrincipals': { permissions: ['Application.ReadWrite.All'] },
  'PATCH /servicePrincipals/{id}': { permissions: ['Application.ReadWrite.All'] },
  'GET /servicePrincipals/{id}/appRoleAssignedTo': { permissions: ['Application.Read.All'] },
  'GET /users/{id}/appRoleAssignments': { permissions: ['AppRoleAssignment.ReadWrite.All'] },
  'POST /servicePrincipals/{id}/appRoleAssignedTo': {
    permissions: ['AppRoleAssignment.ReadWrite.All', 'Application.Read.All'],
    note: 'both are needed; a signed-in administrator also needs a role such as Application Administrator or Identity Governance Administrator',
  },
  'GET /organization': { permissions: ['Organization.Read.All'] },
  'GET /subscribedSkus': { permissions: ['Organization.Read.All'] },
  'GET /auditLogs/directoryAudits': {
    permissions: ['AuditLog.Read.All'],
    note: 'a signed-in administrator also needs a role such as Reports Reader',
  },
};

/** What a person does about a call that was not allowed; undefined where nothing special is known. */
export const remedyFor = ({ method, template }: Call, status: number): string | undefined => {
  if (status === 401)
    return 'Sign in again. If that does not help, check that the sign-in is for this tenant and this cloud.';
  const least = LEAST[`${method} ${template}`];
  if (status !== 403 || least === undefined) return undefined;
  const names = least.permissions.join(' and ');
  const note = least.note ? ` (${least.note})` : '';
  return `Have an administrator grant ${names} of Microsoft Graph, with admin consent${note}, then sign in and run again.`;
};
