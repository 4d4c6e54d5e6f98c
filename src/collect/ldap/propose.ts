// Which columns of an LDAP directory are worth naming, judged by the first entries.
import type { Filter } from 'ldapts';
import type { SourceTools } from '../../model/source.ts';
import type { LdapSettings } from '../../model/source-settings.ts';
import { proposeDirectoryColumns } from '../directory-propose.ts';
import { connectLdap, type LdapEntry } from './connection.ts';
import { ldapError } from './errors.ts';

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
  const columns = proposeDirectoryColumns(entries.map(({ attributes }) => attributes.map(({ type }) => type)));
  if (settings.groups.length > 0) columns['Role'] = 'group | name | each';
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
