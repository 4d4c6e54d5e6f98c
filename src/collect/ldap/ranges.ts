// The values of an attribute, all of them: Active Directory hands out long lists in ranges.
import { PresenceFilter } from 'ldapts';
import type { LdapSettings } from '../../model/source-settings.ts';
import { plainAttribute } from '../directory-values.ts';
import type { LdapConnection, LdapEntry } from './connection.ts';
import { ldapError } from './errors.ts';

/** `member;range=0-1499`, of the last range `member;range=1500-*`. */
const RANGE = /;range=(\d+)-(\d+|\*)/i;

/**
 * The values of an attribute of an entry that was asked for it; the rest of a range is asked for. An attribute with
 * options of its own (`cn;lang-de`) is another attribute.
 *
 * Errors: {@link SourceError} `rangeBroken` where ranges do not follow each other.
 * Source: https://learn.microsoft.com/windows/win32/adsi/attribute-range-retrieval
 */
export const wholeValues = async (
  entry: LdapEntry,
  attribute: string,
  connection: LdapConnection,
  settings: LdapSettings,
): Promise<readonly Buffer[]> => {
  const wanted = plainAttribute(attribute);
  const isWanted = (type: string) => plainAttribute(type.replace(RANGE, '')) === wanted;
  const found = entry.attributes.filter(({ type }) => isWanted(type));
  const ranged = found.find(({ type }) => RANGE.test(type));
  if (!ranged) return found.flatMap(({ values }) => values);
  const values = [...ranged.values];
  let [, , last] = RANGE.exec(ranged.type)!;
  while (last !== '*') {
    const next = Number(last) + 1;
    const more = await connection.entry(entry.dn, new PresenceFilter({ attribute: 'objectClass' }), [
      `${attribute};range=${next}-*`,
    ]);
    const part = more?.attributes.find(({ type }) => isWanted(type) && RANGE.test(type));
    const [, from, to] = RANGE.exec(part?.type ?? '') ?? [];
    if (!part || Number(from) !== next) {
      const message = `after value ${last} of ${attribute} the server did not go on`;
      throw ldapError('rangeBroken', settings, message, { at: entry.dn });
    }
    values.push(...part.values);
    last = to;
  }
  return values;
};
