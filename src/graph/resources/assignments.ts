// App role assignments: who holds which role of an application.
import type { Assignment } from '../../model/directory.ts';
import { textOf } from '../fields.ts';
import type { Graph } from '../graph.ts';
import { type Item, oneAhead, PAGE_SIZE, pages } from '../pages.ts';

/**
 * All assignments to an application, a page at a time, of all roles and kinds of principals.
 *
 * Source: https://learn.microsoft.com/graph/api/serviceprincipal-list-approleassignedto
 */
export async function* assignments(
  { client }: Graph,
  servicePrincipalId: string,
  signal?: AbortSignal,
): AsyncGenerator<readonly Assignment[]> {
  // Selecting would save nothing: a page costs one resource unit either way.
  const path = `/servicePrincipals/${encodeURIComponent(servicePrincipalId)}/appRoleAssignedTo?$top=${PAGE_SIZE}`;
  const template = '/servicePrincipals/{id}/appRoleAssignedTo';
  for await (const page of oneAhead(pages(client, { method: 'GET', path, template }, signal)))
    yield page.map(assignmentOf);
}

const assignmentOf = (item: Item): Assignment => ({
  id: textOf(item['id']),
  principalId: textOf(item['principalId']),
  principalType: textOf(item['principalType']),
  principalDisplayName: textOf(item['principalDisplayName']),
  appRoleId: textOf(item['appRoleId']),
});
