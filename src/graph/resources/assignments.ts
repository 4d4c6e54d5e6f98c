// App role assignments: who holds which role of an application.
import type { Assignment } from '../../model/directory.ts';
import { DirectoryError } from '../../model/errors.ts';
import type { Call, Outcome } from '../call.ts';
import { failureOf, outcomeFailure } from '../failure.ts';
import { textOf } from '../fields.ts';
import { encodeValue } from '../filters.ts';
import type { Graph } from '../graph.ts';
import { type Item, oneAhead, PAGE_SIZE, pages, pagesFrom, whole } from '../pages.ts';

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

/**
 * What some users hold of an application. Users whom the directory does not show hold nothing.
 *
 * Source: https://learn.microsoft.com/graph/api/user-list-approleassignments
 */
export const assignmentsOfUsers = async (
  graph: Graph,
  servicePrincipalId: string,
  userIds: readonly string[],
  signal?: AbortSignal,
): Promise<readonly Assignment[]> => {
  const query = `$filter=${encodeValue(`resourceId eq ${servicePrincipalId}`)}&$top=${PAGE_SIZE}`;
  const calls = userIds.map((id): Call => {
    const path = `/users/${encodeURIComponent(id)}/appRoleAssignments?${query}`;
    return { method: 'GET', path, template: '/users/{id}/appRoleAssignments' };
  });
  const outcomes = await graph.batch(calls, signal);
  const found: Assignment[] = [];
  for (const [index, call] of calls.entries()) found.push(...(await heldBy(graph, call, outcomes[index]!, signal)));
  return found;
};

const heldBy = async (
  { client }: Graph,
  call: Call,
  outcome: Outcome,
  signal: AbortSignal | undefined,
): Promise<readonly Assignment[]> => {
  if (!('answer' in outcome)) throw new DirectoryError(outcomeFailure(call, outcome));
  const { answer } = outcome;
  if (answer.status === 404 && failureOf(call, answer).code === 'Request_ResourceNotFound') return [];
  return (await whole(pagesFrom(client, call, answer, signal))).map(assignmentOf);
};

const assignmentOf = (item: Item): Assignment => ({
  id: textOf(item['id']),
  principalId: textOf(item['principalId']),
  principalType: textOf(item['principalType']),
  principalDisplayName: textOf(item['principalDisplayName']),
  appRoleId: textOf(item['appRoleId']),
});
