// What a job leaves in the directory, for comparing how two of them ended.
import type { RunningTenant } from '../../../src/tenant/server.ts';
import { readAll } from './world.ts';

/** The directory without what differs between any two runs: ids and times. */
export const finalState = async (tenant: RunningTenant) => {
  const users = await readAll(
    tenant,
    '/users?$select=id,userPrincipalName,displayName,accountEnabled,employeeId&$top=999',
  );
  const applications = await readAll(tenant, '/applications?$select=id,displayName,uniqueName,appRoles,tags');
  const principals = await readAll(tenant, '/servicePrincipals');
  const names = new Map(users.map((user) => [user['id'], user['userPrincipalName']]));
  const assignments = [];
  for (const principal of principals) {
    const roles = new Map(
      (principal['appRoles'] as { id: string; displayName: string }[]).map((role) => [role.id, role.displayName]),
    );
    for (const one of await readAll(tenant, `/servicePrincipals/${principal['id']}/appRoleAssignedTo`)) {
      assignments.push(`${names.get(one['principalId'])} ${roles.get(String(one['appRoleId']))}`);
    }
  }
  return {
    users: users.map(({ id: _id, ...rest }) => JSON.stringify(rest)).sort(),
    applications: applications.map(({ displayName, uniqueName, appRoles, tags }) => ({
      displayName,
      uniqueName,
      tags,
      roles: (appRoles as { displayName: string }[]).map((role) => role.displayName).sort(),
    })),
    principals: principals.map(({ displayName, appRoleAssignmentRequired, tags }) => ({
      displayName,
      appRoleAssignmentRequired,
      tags,
    })),
    assignments: assignments.sort(),
  };
};
