// What of a user is the user's alone: the principal name, the nickname, the mail addresses.
// Source: https://learn.microsoft.com/graph/api/resources/user
import type { Database } from './database.ts';
import { conflict } from './errors.ts';
import { fold } from './user-attributes.ts';

type Properties = Readonly<Record<string, unknown>>;

/** Another row than `own` that a query finds. */
const isHeld = (db: Database, sql: string, value: string, own: number): boolean =>
  db.one(`${sql} limit 1`, fold(value), own) !== undefined;

/** Whether a mail address stands among another user's proxy addresses; `smtp:` stands in front of it. */
export const isAddressHeld = (db: Database, address: string, own = 0): boolean =>
  isHeld(db, "select 1 from user_lists where attribute = 'proxyAddresses' and value = ? and user <> ?", address, own);

/** Refuses what another user has already. `own` is the row of the user who is changed. */
export const refuseTaken = (db: Database, given: Properties, own = 0): void => {
  const { userPrincipalName: name, mailNickname, mail } = given;
  if (typeof name === 'string' && isHeld(db, 'select 1 from users where f_userPrincipalName = ? and n <> ?', name, own))
    throw conflict('userPrincipalName');
  if (
    typeof mailNickname === 'string' &&
    isHeld(db, 'select 1 from users where f_mailNickname = ? and n <> ?', mailNickname, own)
  )
    throw conflict('mailNickname');
  if (typeof mail === 'string' && isAddressHeld(db, `smtp:${mail}`, own)) throw conflict('proxyAddresses');
};

const PRIMARY = /^SMTP:/;

/** The proxy addresses of a user whose mail address is set: it comes first, as the primary one. */
export const proxyAddressesWith = (before: unknown, mail: string): readonly string[] => {
  const others = (Array.isArray(before) ? before : [])
    .map((address) => String(address).replace(PRIMARY, 'smtp:'))
    .filter((address) => fold(address) !== fold(`smtp:${mail}`));
  return [`SMTP:${mail}`, ...others];
};
