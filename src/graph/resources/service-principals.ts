// Service principals: an application as it stands in one tenant.
import type { ServicePrincipal } from '../../model/directory.ts';
import type { Call } from '../call.ts';
import { readObject } from '../client.ts';
import { textOf, textsOf } from '../fields.ts';
import { encodeValue, odataString } from '../filters.ts';
import type { Graph } from '../graph.ts';
import { appRolesOf } from './app-roles.ts';

/** Source: https://learn.microsoft.com/graph/api/serviceprincipal-get */
export const findServicePrincipal = async (
  { client }: Graph,
  appId: string,
  signal?: AbortSignal,
): Promise<ServicePrincipal | undefined> => {
  const select = '$select=id,appId,displayName,appRoles,tags,appRoleAssignmentRequired';
  const call: Call = {
    method: 'GET',
    path: `/servicePrincipals(appId=${encodeValue(odataString(appId))})?${select}`,
    template: "/servicePrincipals(appId='{appId}')",
  };
  const found = await readObject(client, call, signal);
  return (
    found && {
      id: textOf(found['id']),
      appId: textOf(found['appId']),
      displayName: textOf(found['displayName']),
      appRoles: appRolesOf(found['appRoles']),
      tags: textsOf(found['tags']),
      appRoleAssignmentRequired: found['appRoleAssignmentRequired'] === true,
    }
  );
};
