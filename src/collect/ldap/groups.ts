// Who belongs to the groups that the configuration names, members of groups in groups included.
import { createHash } from 'node:crypto';
import { AndFilter, EqualityFilter, ExtensibleFilter, NotFilter, OrFilter, PresenceFilter } from 'ldapts';
import { SourceError } from '../../model/errors.ts';
import type { LdapSettings } from '../../model/source-settings.ts';
import type { LdapConnection, LdapEntry } from './connection.ts';
import { ldapError } from './errors.ts';
import { comparableDn, isWithin } from './names.ts';
import { wholeValues } from './ranges.ts';

/** The members of all named groups together. */
export interface Members {
  /** What each entry has to be asked for besides its columns. */
  readonly attributes: readonly string[];
  /** Of the named groups those that an entry belongs to, as they are named; none where it is no account. */
  groupsOf(entry: LdapEntry): readonly string[];
  /** To be asked when the last entry has passed. */
  notes(): readonly string[];
}

/** Where a group keeps its members: names of entries; in `memberUid` what stands in their `uid`. */
const NAMES = ['member', 'uniqueMember'];
const UIDS = 'memberUid';

const ANYTHING = new PresenceFilter({ attribute: 'objectClass' });
const GROUPS = new OrFilter({
  filters: ['groupOfNames', 'groupOfUniqueNames', 'groupOfMembers', 'posixGroup', 'group'].map(
    (value) => new EqualityFilter({ attribute: 'objectClass', value }),
  ),
});

/** Active Directory, and its Lightweight Directory Services: https://learn.microsoft.com/openspecs/windows_protocols/ms-adts/3ed61e6c-cfdc-487d-9f02-5a3397be3772 */
const ACTIVE_DIRECTORY = ['1.2.840.113556.1.4.800', '1.2.840.113556.1.4.1851'];
/** Follows groups in groups on the server: https://learn.microsoft.com/windows/win32/adsi/search-filter-syntax */
const IN_CHAIN = '1.2.840.113556.1.4.1941';

/** What the server says of itself. */
interface Server {
  /** The tops of its trees. */
  readonly contexts: readonly string[];
  readonly activeDirectory: boolean;
}

interface Group {
  readonly dn: string;
  readonly members: ReadonlySet<string>;
}

/**
 * Looks up who belongs to the groups. Of each member a number is kept, whatever the length of its name.
 *
 * Errors: {@link SourceError}, `groupNotFound` among them.
 */
export const membersOf = async (connection: LdapConnection, settings: LdapSettings): Promise<Members> => {
  const server = await serverOf(connection, settings);
  const read = server.activeDirectory ? askedMembers : await follower(connection, settings, server);
  const groups: Group[] = [];
  for (const dn of settings.groups) {
    groups.push({ dn, members: await read(connection, settings, dn, server) });
  }
  const all = new Set(groups.flatMap(({ members }) => [...members]));
  const seen = new Set<string>();
  return {
    attributes: ['uid'],
    groupsOf: (entry) => {
      const keys = [nameKey(entry.dn), ...textsOf(entry, 'uid').map(uidKey)];
      for (const key of keys) if (all.has(key)) seen.add(key);
      return groups.filter(({ members }) => keys.some((key) => members.has(key))).map(({ dn }) => dn);
    },
    notes: () => [
      ...groups
        .filter(({ members }) => members.size === 0)
        .map(({ dn }) => `The group ${dn} has no members that can be seen.`),
      ...leftOut(all.size - seen.size),
    ],
  };
};

const leftOut = (count: number): string[] => {
  if (count === 0) return [];
  const whose = count === 1 ? '1 member of the groups is' : `${count} members of the groups are`;
  return [`${whose} not among the entries that base, scope and filter give, and was left out.`];
};

const serverOf = async (connection: LdapConnection, settings: LdapSettings): Promise<Server> => {
  const root = await connection.entry('', ANYTHING, ['namingContexts', 'supportedCapabilities']);
  const contexts = root ? textsOf(root, 'namingContexts').filter((context) => context !== '') : [];
  const capabilities = root ? textsOf(root, 'supportedCapabilities') : [];
  return {
    contexts: contexts.length > 0 ? contexts : [settings.base],
    activeDirectory: capabilities.some((capability) => ACTIVE_DIRECTORY.includes(capability)),
  };
};

/** Asks Active Directory itself. Who has the group as primary group does not stand in its list of members. */
const askedMembers = async (
  connection: LdapConnection,
  settings: LdapSettings,
  dn: string,
  { contexts }: Server,
): Promise<ReadonlySet<string>> => {
  const group = await readGroup(connection, settings, dn, ['objectSid']);
  const listed = settings.nestedGroups
    ? new ExtensibleFilter({ matchType: 'memberOf', rule: IN_CHAIN, value: dn })
    : new EqualityFilter({ attribute: 'memberOf', value: dn });
  const [sid] = await wholeValues(group, 'objectSid', connection, settings);
  const primary = sid
    ? [new EqualityFilter({ attribute: 'primaryGroupID', value: String(sid.readUInt32LE(sid.length - 4)) })]
    : [];
  const belongs = new OrFilter({ filters: [listed, ...primary] });
  const noGroup = new NotFilter({ filter: new EqualityFilter({ attribute: 'objectClass', value: 'group' }) });
  const members = new Set<string>();
  const base = contexts.filter((context) => isWithin(dn, context)).sort((a, b) => b.length - a.length)[0];
  for await (const { entries } of connection.pages({
    base: base ?? settings.base,
    scope: 'sub',
    filter: new AndFilter({ filters: [belongs, noGroup] }),
    attributes: [],
  })) {
    for (const entry of entries) members.add(nameKey(entry.dn));
  }
  return members;
};

/** Makes what follows groups in groups ourselves, each once, so that a loop ends. */
const follower = async (connection: LdapConnection, settings: LdapSettings, server: Server) => {
  const known = settings.nestedGroups ? await allGroups(connection, server) : new Set<string>();
  return async (_: LdapConnection, __: LdapSettings, dn: string): Promise<ReadonlySet<string>> => {
    const members = new Set<string>();
    const visited = new Set([nameKey(dn)]);
    const waiting = [dn];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const group = await readGroup(connection, settings, next, [...NAMES, UIDS]);
      const names: Buffer[] = [];
      for (const attribute of NAMES) names.push(...(await wholeValues(group, attribute, connection, settings)));
      for (const name of names.map(dnOfMember)) {
        const key = nameKey(name);
        if (!known.has(key)) members.add(key);
        else if (!visited.has(key)) {
          visited.add(key);
          waiting.push(name);
        }
      }
      for (const uid of textsOf(group, UIDS)) members.add(uidKey(uid));
    }
    return members;
  };
};

/** The groups of all trees of the server, a number each. */
const allGroups = async (connection: LdapConnection, { contexts }: Server): Promise<ReadonlySet<string>> => {
  const found = new Set<string>();
  for (const base of contexts) {
    try {
      for await (const { entries } of connection.pages({ base, scope: 'sub', filter: GROUPS, attributes: [] })) {
        for (const entry of entries) found.add(nameKey(entry.dn));
      }
    } catch (error) {
      // A tree that the reader may not see; should a group of it matter, it is told as a member that was left out.
      if (!(error instanceof SourceError) || !['baseNotFound', 'noPermission'].includes(error.code)) throw error;
    }
  }
  return found;
};

const readGroup = async (
  connection: LdapConnection,
  settings: LdapSettings,
  dn: string,
  attributes: readonly string[],
): Promise<LdapEntry> => {
  const notFound = (cause?: unknown) =>
    ldapError('groupNotFound', settings, 'there is no such group', { at: dn, ...(cause !== undefined && { cause }) });
  const group = await connection.entry(dn, ANYTHING, attributes).catch((error) => {
    if (error instanceof SourceError && ['baseNotFound', 'badBase'].includes(error.code)) throw notFound(error);
    throw error;
  });
  if (!group) throw notFound();
  return group;
};

/** A uniqueMember can carry a bit string after its name (RFC 4517, 3.3.21): `cn=Ana,dc=example#'0101'B`. */
const dnOfMember = (value: Buffer): string => value.toString('utf8').replace(/#'[01]*'B$/, '');

const textsOf = (entry: LdapEntry, attribute: string): string[] =>
  entry.attributes
    .filter(({ type }) => type.toLowerCase() === attribute.toLowerCase())
    .flatMap(({ values }) => values.map((value) => value.toString('utf8')));

const nameKey = (dn: string): string => short(`dn ${comparableDn(dn)}`);
const uidKey = (uid: string): string => short(`uid ${uid.toLowerCase()}`);

/** 128 bits of a hash: names of a million members would fill the memory, and two never come out alike. */
const short = (text: string): string => createHash('sha256').update(text).digest().toString('latin1', 0, 16);
