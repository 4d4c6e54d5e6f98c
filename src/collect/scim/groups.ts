// The groups of users: as the users tell them, or, where they do not, resolved from the groups' members.
import type { ScimSettings } from '../../model/web-settings.ts';
import type { WebClient } from '../http/client.ts';
import { Changed, scimError } from './errors.ts';
import { pagesOf, type Query } from './lists.ts';
import { member } from './paths.ts';

/** The names of a user's groups, each once, in the order of the server. */
export type GroupsOf = (user: unknown) => readonly string[];

/**
 * How groups are found is decided by the first page of users: where one of them tells its groups, the server tells them
 * (RFC 7643, 4.1.2); where none does, all groups are read, with those that are members of others.
 *
 * Memory: the names of groups, and where they are resolved, the members of all groups.
 */
export const groupsFor = async (
  settings: ScimSettings,
  client: WebClient,
  firstUsers: readonly unknown[],
): Promise<GroupsOf> => {
  if (!firstUsers.some((user) => listOf(user, 'groups').length > 0)) return resolvedGroups(settings, client);
  let names: ReadonlyMap<string, string> | undefined;
  const nameless = (group: unknown) => textOf(group, 'display') === undefined;
  if (firstUsers.some((user) => listOf(user, 'groups').some(nameless))) names = await groupNames(settings, client);
  return (user) =>
    distinct(
      listOf(user, 'groups').map((group) => {
        const id = textOf(group, 'value') ?? '';
        return textOf(group, 'display') ?? names?.get(id) ?? id;
      }),
    );
};

interface Group {
  readonly id: string;
  readonly name: string;
  readonly members: readonly string[];
}

const groupNames = async (settings: ScimSettings, client: WebClient): Promise<ReadonlyMap<string, string>> =>
  new Map((await readGroups(settings, client, { attributes: 'id,displayName' })).map(({ id, name }) => [id, name]));

const resolvedGroups = async (settings: ScimSettings, client: WebClient): Promise<GroupsOf> => {
  // Members are asked for by name: large groups come without them otherwise.
  const groups = await readGroups(settings, client, { attributes: 'id,displayName,members' });
  const byId = new Map(groups.map((group) => [group.id, group]));
  const namesOf = new Map<string, string[]>();
  for (const group of groups) {
    for (const user of membersOf(group, byId)) {
      const names = namesOf.get(user);
      if (names) names.push(group.name);
      else namesOf.set(user, [group.name]);
    }
  }
  return (user) => distinct(namesOf.get(textOf(user, 'id') ?? '') ?? []);
};

/** Who is in a group, also through groups that are in it. */
const membersOf = (group: Group, byId: ReadonlyMap<string, Group>): ReadonlySet<string> => {
  const users = new Set<string>();
  const seen = new Set([group.id]);
  const open = [group];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const id of next.members) {
      const inner = byId.get(id);
      if (inner === undefined) users.add(id);
      else if (!seen.has(id)) {
        seen.add(id);
        open.push(inner);
      }
    }
  }
  return users;
};

/** All groups, read once more where they change meanwhile. */
const readGroups = async (settings: ScimSettings, client: WebClient, query: Query): Promise<Group[]> => {
  for (let again = false; ; again = true) {
    try {
      const groups: Group[] = [];
      for await (const { resources, place } of pagesOf(settings, client, 'Groups', query)) {
        for (const resource of resources) {
          const id = textOf(resource, 'id');
          if (id === undefined) throw scimError('notARecord', place, 'a group has no id');
          const members = listOf(resource, 'members').flatMap((each) => textOf(each, 'value') ?? []);
          groups.push({ id, name: textOf(resource, 'displayName') ?? id, members });
        }
      }
      return groups;
    } catch (error) {
      if (!(error instanceof Changed)) throw error;
      if (again) throw scimError('changedWhileReading', error.place, `the groups changed twice: ${error.message}`);
    }
  }
};

const listOf = (resource: unknown, name: string): readonly unknown[] => {
  const list = member(resource, name);
  return Array.isArray(list) ? list : [];
};

const textOf = (resource: unknown, name: string): string | undefined => {
  const text = member(resource, name);
  return typeof text === 'string' && text !== '' ? text : undefined;
};

const distinct = (names: readonly string[]): readonly string[] => [...new Set(names)];
