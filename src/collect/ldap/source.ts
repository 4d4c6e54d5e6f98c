// LDAP directories as a source: Active Directory, OpenLDAP, 389 Directory Server. It reads and never writes.
import { type Filter, FilterParser } from 'ldapts';
import type { Account, Cell } from '../../model/account.ts';
import type { OpenSource, Source, SourceTools } from '../../model/source.ts';
import type { DirectoryColumn, LdapSettings } from '../../model/source-settings.ts';
import { EmptyColumns, entryRows } from '../directory-values.ts';
import { connectLdap, type LdapConnection, type LdapEntry } from './connection.ts';
import { addressText, ldapError } from './errors.ts';
import { membersOf } from './groups.ts';
import { proposeLdapColumns } from './propose.ts';
import { wholeValues } from './ranges.ts';

/** So many addresses of referrals are named; the rest are counted. */
const REFERRALS_NAMED = 5;

/**
 * Reads accounts from an LDAP directory, an entry each, or a row for each value where a column says "each".
 *
 * Shape:  pages of entries, asked for one after the other, so memory does not grow with the directory; of the members of
 *         groups, a number each. Values of an attribute come in no order, so they are sorted.
 * Errors: {@link SourceError} whose `code` is one of {@link LdapDefect}. A limit of the server's is one of them.
 */
export const ldapSource = (settings: LdapSettings, tools: SourceTools): Source => ({
  kind: 'ldap',
  open: async (signal) => {
    signal.throwIfAborted();
    const { columns } = settings;
    if (columns === null) throw ldapError('noColumns', settings, 'no columns are named');
    const filter = filterOf(settings);
    const notes: string[] = [];
    return {
      columns: columns.map(({ name }) => name),
      description: `ldap ${addressText(settings)} ${settings.base}`,
      rows: () => accounts({ settings, tools, columns, filter, notes, signal }),
      notes: () => notes,
    } satisfies OpenSource;
  },
  proposeColumns: (signal) => proposeLdapColumns(settings, tools, filterOf(settings), signal),
});

const filterOf = (settings: LdapSettings): Filter => {
  try {
    return FilterParser.parseString(settings.filter);
  } catch (cause) {
    throw ldapError('badFilter', settings, `"${settings.filter}" is not a filter`, { cause });
  }
};

interface Reading {
  readonly settings: LdapSettings;
  readonly tools: SourceTools;
  readonly columns: readonly DirectoryColumn[];
  readonly filter: Filter;
  /** What is to be told when the last row has passed. */
  readonly notes: string[];
  readonly signal: AbortSignal;
}

async function* accounts(reading: Reading): AsyncGenerator<Account> {
  const { settings, tools, columns, notes, signal } = reading;
  notes.length = 0;
  const referrals = new Set<string>();
  const empty = new EmptyColumns(columns);
  const connection = await connectLdap(settings, tools, signal);
  try {
    const members = settings.groups.length === 0 ? undefined : await membersOf(connection, settings);
    const { base, scope } = settings;
    const attributes = [...new Set([...columns.flatMap(attributeOf), ...(members?.attributes ?? [])])];
    let n = 0;
    for await (const page of connection.pages({ base, scope, filter: reading.filter, attributes })) {
      for (const address of page.referrals) referrals.add(address);
      for (const entry of page.entries) {
        const groups = members?.groupsOf(entry);
        if (groups?.length === 0) continue;
        for (const cells of await rowsOf(entry, groups ?? [], reading, connection)) {
          n += 1;
          empty.add(cells);
          yield { n, cells };
        }
      }
    }
    notes.push(...referralNotes(referrals), ...(members?.notes() ?? []), ...empty.notes());
    if (n === 0) throw ldapError('emptyRoster', settings, 'no entry fits', { at: base });
  } finally {
    connection.close();
  }
}

/** What the server is asked for; the entry's name and its groups are no attributes. */
const attributeOf = ({ attribute }: DirectoryColumn): string[] =>
  ['dn', 'group'].includes(attribute.toLowerCase()) ? [] : [attribute];

/** The rows of an entry: one, or one for each value of the column that says "each". */
const rowsOf = async (
  entry: LdapEntry,
  groups: readonly string[],
  { settings, columns }: Reading,
  connection: LdapConnection,
): Promise<readonly (readonly Cell[])[]> => {
  const values: (readonly Buffer[])[] = [];
  for (const column of columns) values.push(await valuesOf(entry, column, groups, connection, settings));
  const rows = entryRows(columns, values);
  if (!('reason' in rows)) return rows;
  const { column, reason } = rows;
  throw ldapError(reason.code, settings, `column "${column.name}": ${reason.message}`, {
    at: `${column.attribute} of ${entry.dn}`,
  });
};

const valuesOf = async (
  entry: LdapEntry,
  { attribute }: DirectoryColumn,
  groups: readonly string[],
  connection: LdapConnection,
  settings: LdapSettings,
): Promise<readonly Buffer[]> => {
  switch (attribute.toLowerCase()) {
    case 'dn':
      return [Buffer.from(entry.dn)];
    case 'group':
      return groups.map((group) => Buffer.from(group));
    default:
      return wholeValues(entry, attribute, connection, settings);
  }
};

const referralNotes = (referrals: ReadonlySet<string>): string[] => {
  if (referrals.size === 0) return [];
  const named = [...referrals].sort().slice(0, REFERRALS_NAMED);
  const more = referrals.size > named.length ? ` and ${referrals.size - named.length} more` : '';
  return [`The server refers to others for a part of the tree, which was not read: ${named.join(', ')}${more}.`];
};
