// SCIM 2.0 as a source (RFC 7643, 7644): users with their attributes, and their groups as roles.
import { createHash } from 'node:crypto';
import { addressText } from '../../http/words.ts';
import type { Account, Cell } from '../../model/account.ts';
import type { ServerPlace } from '../../model/errors.ts';
import type { OpenSource, Source, SourceTools } from '../../model/source.ts';
import type { ScimSettings } from '../../model/web-settings.ts';
import { cellOf, isCell } from '../http/cells.ts';
import { openWebClient, type WebClient } from '../http/client.ts';
import { Changed, scimError } from './errors.ts';
import { type GroupsOf, groupsFor } from './groups.ts';
import { pagesOf, type Query } from './lists.ts';
import { type AttributePath, attributePath, member } from './paths.ts';
import { proposeFrom } from './propose.ts';

interface Column {
  readonly name: string;
  readonly written: string;
  readonly path: AttributePath;
}

/**
 * Reads accounts from a SCIM server.
 *
 * Shape:  one account a user; with a column of groups that are not joined, one row a user and group. What is not assigned
 *         is null. Memory holds one page, an id and a digest of each user, and what {@link groupsFor} needs.
 * Errors: {@link SourceError}: `ScimDefect`, `WebDefect`, and `brokenJson`.
 */
export const scimSource = (settings: ScimSettings, tools: SourceTools): Source => {
  const address = addressText(new URL(settings.address));
  return {
    kind: 'scim',
    open: async (signal) => {
      signal.throwIfAborted();
      if (settings.columns === null) throw scimError('noColumns', { address }, 'no columns are named');
      const columns = Object.entries(settings.columns).map(([name, written]) => ({
        name,
        written,
        path: attributePath(written),
      }));
      const empty = new Set(columns.map(({ name }) => name));
      return {
        columns: [...columns.map(({ name }) => name), ...(settings.groups ? [settings.groups.column] : [])],
        description: `scim ${address}`,
        rows: () => accounts(settings, tools, columns, empty, signal),
        notes: () =>
          [...empty].map((name) => `Column "${name}" (${settings.columns![name]}) has a value in no account.`),
      } satisfies OpenSource;
    },
    proposeColumns: async (signal) => {
      signal.throwIfAborted();
      const client = await openWebClient(settings.web, tools, signal);
      try {
        for await (const { resources } of pagesOf(settings, client, 'Users', filterOf(settings))) {
          if (resources.length > 0) return proposeFrom(resources);
        }
      } finally {
        await client.close();
      }
      throw scimError('emptyRoster', { address }, 'there is no user to look at');
    },
  };
};

const filterOf = ({ filter }: ScimSettings): Query => (filter === null ? {} : { filter });

async function* accounts(
  settings: ScimSettings,
  tools: SourceTools,
  columns: readonly Column[],
  empty: Set<string>,
  signal: AbortSignal,
): AsyncGenerator<Account> {
  const client = await openWebClient(settings.web, tools, signal);
  try {
    let n = 0;
    for await (const rows of users(settings, client, columns, empty)) {
      signal.throwIfAborted();
      for (const cells of rows) {
        n += 1;
        yield { n, cells };
      }
    }
    if (n === 0)
      throw scimError('emptyRoster', { address: addressText(new URL(settings.address)) }, 'there is no user');
  } finally {
    await client.close();
  }
}

type Rows = readonly (readonly Cell[])[];

/**
 * The rows of all users, page by page. Where the list turns out to have changed meanwhile, it is read once more from the
 * beginning: what was handed on already must be there again as it was, and what is new is handed on.
 */
async function* users(
  settings: ScimSettings,
  client: WebClient,
  columns: readonly Column[],
  empty: Set<string>,
): AsyncGenerator<Rows> {
  const handedOn = new Map<string, string>();
  for (let again = false; ; again = true) {
    try {
      yield* usersOnce(settings, client, columns, empty, handedOn);
      return;
    } catch (error) {
      if (!(error instanceof Changed)) throw error;
      const message = `the users changed while they were read, twice: ${error.message}`;
      if (again) throw scimError('changedWhileReading', error.place, message);
    }
  }
}

/** `handedOn`: a digest of each user that was handed on, by id; what is handed on here is added. */
async function* usersOnce(
  settings: ScimSettings,
  client: WebClient,
  columns: readonly Column[],
  empty: Set<string>,
  handedOn: Map<string, string>,
): AsyncGenerator<Rows> {
  const known = handedOn.size;
  const seen = new Set<string>();
  let met = 0;
  let groups: GroupsOf | undefined;
  let last: ServerPlace = { address: addressText(new URL(settings.address)) };
  for await (const { resources, place } of pagesOf(settings, client, 'Users', filterOf(settings))) {
    last = place;
    if (settings.groups) groups ??= await groupsFor(settings, client, resources);
    const page: (readonly Cell[])[] = [];
    const fresh: [id: string, digest: string][] = [];
    for (const [i, user] of resources.entries()) {
      const at = { ...place, at: `${place.at}, user ${i + 1}` };
      const id = idOf(user, at);
      if (seen.has(id)) throw new Changed(at, `user ${id} came twice`);
      seen.add(id);
      const rows = rowsOf(user, settings, columns, empty, groups, at);
      const digest = digestOf(rows);
      const before = handedOn.get(id);
      if (before === undefined) {
        page.push(...rows);
        fresh.push([id, digest]);
      } else if (before === digest) {
        met += 1;
      } else {
        throw new Changed(at, `user ${id} is not as it was`);
      }
    }
    yield page;
    for (const [id, digest] of fresh) handedOn.set(id, digest);
  }
  if (met < known) throw new Changed(last, `${known - met} users are gone`);
}

const idOf = (user: unknown, place: ServerPlace): string => {
  const id = member(user, 'id');
  if (typeof id === 'string' && id !== '') return id;
  throw scimError('notARecord', place, 'there is no user with an id');
};

const digestOf = (rows: Rows): string =>
  createHash('sha256').update(JSON.stringify(rows)).digest('base64').slice(0, 22);

const rowsOf = (
  user: unknown,
  settings: ScimSettings,
  columns: readonly Column[],
  empty: Set<string>,
  groupsOf: GroupsOf | undefined,
  place: ServerPlace,
): Rows => {
  const cells = columns.map(({ name, written, path }) => {
    const cell = cellOf(path(user));
    if (!isCell(cell)) {
      const code = cell.because === 'several' ? 'severalValues' : 'groupOfValues';
      throw scimError(code, place, `column "${name}" (${written}): ${cell.message}`);
    }
    if (cell !== null) empty.delete(name);
    return cell;
  });
  if (settings.groups === null || groupsOf === undefined) return [cells];
  const groups = groupsOf(user);
  if (groups.length === 0) return [[...cells, null]];
  const { joinedBy } = settings.groups;
  return joinedBy === null ? groups.map((group) => [...cells, group]) : [[...cells, groups.join(joinedBy)]];
};
