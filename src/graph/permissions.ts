// The least permission for each kind of call, to be named where one is denied.
// Source: https://learn.microsoft.com/graph/permissions-reference and the pages of each operation
import type { GraphCall } from './requests.ts';

const LEAST: readonly { readonly method?: string; readonly path: RegExp; readonly permission: string }[] = [
  { method: 'GET', path: /^\/users/, permission: 'User.Read.All' },
  { method: 'POST', path: /^\/users$/, permission: 'User.ReadWrite.All' },
  { path: /^\/users/, permission: 'User.ReadWrite.All' },
  {
    method: 'POST',
    path: /\/appRoleAssignedTo$/,
    permission: 'AppRoleAssignment.ReadWrite.All and Application.Read.All',
  },
  { method: 'DELETE', path: /\/appRoleAssignedTo\//, permission: 'AppRoleAssignment.ReadWrite.All' },
  { method: 'GET', path: /^\/(?:applications|servicePrincipals)/, permission: 'Application.Read.All' },
  { path: /^\/(?:applications|servicePrincipals)/, permission: 'Application.ReadWrite.All' },
  { path: /^\/auditLogs/, permission: 'AuditLog.Read.All' },
  { path: /^\/organization/, permission: 'Organization.Read.All' },
  { path: /^\/subscribedSkus/, permission: 'LicenseAssignment.Read.All' },
];

/** What to do about a denied call; undefined where the status says nothing about permissions. */
export const remedyFor = (status: number, { method, path }: Pick<GraphCall, 'method' | 'path'>): string | undefined => {
  if (status === 401)
    return 'Sign in again; if it stays so, check the tenant, the client id and the credential in the configuration.';
  if (status !== 403) return undefined;
  const bare = path.split('?')[0]!;
  const least = LEAST.find((one) => (one.method === undefined || one.method === method) && one.path.test(bare));
  return least
    ? `Ask an administrator to grant ${least.permission} of Microsoft Graph to the client, with admin consent; "rollcall doctor" lists all that is needed.`
    : 'Run "rollcall doctor" to see which permission is missing.';
};
