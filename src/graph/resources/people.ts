// People by what they are to others: members of groups, owners of applications, managers.
import type { DirectoryGroup, DirectoryUser } from '../../model/directory.ts';
import { DirectoryError } from '../../model/errors.ts';
import type { Call } from '../call.ts';
import { isRecord, isSuccess } from '../call.ts';
import { CALLS_PER_ENVELOPE } from '../envelope.ts';
import { failureOf, outcomeFailure } from '../failure.ts';
import { textOf, textOrNull } from '../fields.ts';
import { encodeValue, odataString, selectOf } from '../filters.ts';
import type { Graph } from '../graph.ts';
import { type Item, PAGE_SIZE, pages, readList } from '../pages.ts';
import { inParallel } from '../parallel.ts';

const OBJECT_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Groups of a display name, which is not unique, or the one of an id. Source: https://learn.microsoft.com/graph/api/group-list */
export const findGroups = async (
  { client }: Graph,
  nameOrId: string,
  signal?: AbortSignal,
): Promise<readonly DirectoryGroup[]> => {
  const [property, value] = OBJECT_ID.test(nameOrId) ? ['id', nameOrId] : ['displayName', nameOrId];
  const filter = encodeValue(`${property} eq ${odataString(value)}`);
  const path = `/groups?$filter=${filter}&$select=id,displayName&$top=${PAGE_SIZE}`;
  const found = await readList(client, { method: 'GET', path, template: '/groups' }, signal);
  return found.map((item) => ({ id: textOf(item['id']), displayName: textOf(item['displayName']) }));
};

/** Users in a group, and in groups within it. Source: https://learn.microsoft.com/graph/api/group-list-transitivemembers */
export async function* groupUsers(
  { client }: Graph,
  groupId: string,
  attributes: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<readonly DirectoryUser[]> {
  const group = `/groups/${encodeURIComponent(groupId)}`;
  const path = `${group}/transitiveMembers/microsoft.graph.user?$select=${selectOf(attributes)}&$top=${PAGE_SIZE}`;
  const template = '/groups/{id}/transitiveMembers/microsoft.graph.user';
  yield* pages(client, { method: 'GET', path, template }, signal) as AsyncIterable<readonly DirectoryUser[]>;
}

/** Users who own a service principal. Source: https://learn.microsoft.com/graph/api/serviceprincipal-list-owners */
export const ownersOf = async (
  { client }: Graph,
  servicePrincipalId: string,
  attributes: readonly string[],
  signal?: AbortSignal,
): Promise<readonly DirectoryUser[]> => {
  const principal = `/servicePrincipals/${encodeURIComponent(servicePrincipalId)}`;
  const path = `${principal}/owners/microsoft.graph.user?$select=${selectOf(attributes)}&$top=${PAGE_SIZE}`;
  const template = '/servicePrincipals/{id}/owners/microsoft.graph.user';
  return (await readList(client, { method: 'GET', path, template }, signal)) as readonly (Item & { id: string })[];
};

/**
 * The managers of some users, by the users' ids; who has none is left out.
 *
 * Source: https://learn.microsoft.com/graph/api/user-list-manager
 */
export async function* managersOf(
  graph: Graph,
  userIds: Iterable<string>,
  attributes: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<readonly { readonly of: string; readonly manager: DirectoryUser }[]> {
  const select = selectOf(attributes);
  const ask = async (ids: readonly string[], stop: AbortSignal) => {
    const calls = ids.map(
      (id): Call => ({
        method: 'GET',
        path: `/users/${encodeURIComponent(id)}/manager?$select=${select}`,
        template: '/users/{id}/manager',
      }),
    );
    const outcomes = await graph.batch(calls, stop);
    return ids.flatMap((id, index) => {
      const outcome = outcomes[index]!;
      const call = calls[index]!;
      if (!('answer' in outcome)) throw new DirectoryError(outcomeFailure(call, outcome));
      const { answer } = outcome;
      if (answer.status === 404) return [];
      if (!isSuccess(answer) || !isRecord(answer.body)) throw new DirectoryError(failureOf(call, answer));
      // A manager can be a contact, who cannot sign in.
      if (textOrNull(answer.body['id']) === null) return [];
      return [{ of: id, manager: answer.body as DirectoryUser }];
    });
  };
  const packs = async function* () {
    let pack: string[] = [];
    for (const id of userIds) {
      pack.push(id);
      if (pack.length < CALLS_PER_ENVELOPE) continue;
      yield pack;
      pack = [];
    }
    if (pack.length > 0) yield pack;
  };
  yield* inParallel(packs(), () => graph.window.size, ask, signal);
}
