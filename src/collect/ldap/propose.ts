// Which columns of an LDAP directory are worth naming, judged by the first entries.
import type { Filter } from 'ldapts';
import type { SourceTools } from '../../model/source.ts';
import type { LdapSettings } from '../../model/source-settings.ts';
import { connectLdap, type LdapEntry } from './connection.ts';
import { ldapError } from './errors.ts';

/** Column, and the attributes that it is usually kept in: the first that most entries have is taken. */
const USUAL: readonly (readonly [column: string, attributes: readonly string[], steps?: string])[] = [
  ['EMail', ['userPrincipalName', 'mail']],
  ['Mail', ['mail']],
  ['EmployeeId', ['employeeID', 'employeeNumber']],
  ['Account', ['sAMAccountName', 'uid']],
  ['Name', ['displayName', 'cn']],
  ['FirstName', ['givenName']],
  ['LastName', ['sn']],
  ['Department', ['department', 'ou', 'departmentNumber']],
  ['Enabled', ['userAccountControl', 'msDS-UserAccountDisabled', 'nsAccountLock', 'pwdAccountLockedTime'], 'enabled'],
  ['LastSignIn', ['lastLogonTimestamp', 'lastLoginTime', 'authTimestamp', 'pwdLastSuccess']],
  ['Role', ['memberOf'], 'name | each'],
];

/** Attributes that a server gives only to those who ask by name. */
const OPERATIONAL = ['memberOf', 'nsAccountLock', 'pwdAccountLockedTime', 'authTimestamp', 'pwdLastSuccess'];

/** Looks at the first page of entries. Errors: {@link SourceError}. */
export const proposeLdapColumns = async (
  settings: LdapSettings,
  tools: SourceTools,
  filter: Filter,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> => {
  const entries = await firstEntries(settings, tools, filter, signal);
  if (entries.length === 0) throw ldapError('emptyRoster', settings, 'no entry fits', { at: settings.base });
  const counts = countAttributes(entries);
  const columns: Record<string, string> = {};
  const taken = new Set<string>();
  for (const [column, attributes, steps] of USUAL) {
    const found = attributes
      .map((attribute) => counts.get(attribute.toLowerCase()))
      .find((count) => count !== undefined);
    // A mail address that is the first column already is not named again.
    if (!found || taken.has(found.name)) continue;
    taken.add(found.name);
    columns[column] = steps === undefined ? found.name : `${found.name} | ${steps}`;
  }
  if (settings.groups.length > 0) columns['Role'] = 'group | name | each';
  if (Object.keys(columns).length === 0) columns['Entry'] = 'dn';
  return columns;
};

const firstEntries = async (
  settings: LdapSettings,
  tools: SourceTools,
  filter: Filter,
  signal: AbortSignal,
): Promise<readonly LdapEntry[]> => {
  const connection = await connectLdap(settings, tools, signal);
  try {
    const { base, scope } = settings;
    for await (const { entries } of connection.pages({ base, scope, filter, attributes: ['*', ...OPERATIONAL] })) {
      if (entries.length > 0) return entries;
    }
    return [];
  } finally {
    connection.close();
  }
};

/** By name in lower case: the server's own spelling, and how many entries have it. */
const countAttributes = (entries: readonly LdapEntry[]): ReadonlyMap<string, { name: string; entries: number }> => {
  const counts = new Map<string, { name: string; entries: number }>();
  for (const { type } of entries.flatMap(({ attributes }) => attributes)) {
    const known = counts.get(type.toLowerCase());
    counts.set(type.toLowerCase(), { name: known?.name ?? type, entries: (known?.entries ?? 0) + 1 });
  }
  return counts;
};
