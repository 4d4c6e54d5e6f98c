// What can go wrong with an LDAP server, each with its code, in words, and with what to do about it.

import { SourceError } from '../../model/errors.ts';
import type { LdapSettings } from '../../model/source-settings.ts';
import { VALUE_REMEDIES } from '../directory-values.ts';
import { networkFailureOf } from '../network-failure.ts';

/** One sentence of remedy for each kind of defect; the codes are what scripts branch on. */
const REMEDIES = {
  noColumns:
    'Name them in rollcall.yaml under source.ldap.columns, for example "columns: { EMail: mail }"; "rollcall init --source" proposes some.',
  emptyRoster:
    'Correct base, scope, filter or groups under source.ldap, and check that the reader may see the entries.',
  badFilter: 'Correct it; in rollcall.yaml it stands under source.ldap.filter, and it is written as RFC 4515 says.',
  unreachable: 'Check the address under source.ldap.url, that the server runs, and that no firewall stands between.',
  notTrusted:
    'Name the certificate of the authority that signed it as source.ldap.caFile, and use the name that the certificate is made out to.',
  noTls: 'Use an ldaps:// address, or ask who runs the server for TLS.',
  badCertificate:
    'Correct caFile or clientCertificate under source.ldap; they name files in PEM, the latter with its key.',
  timedOut: 'Run the same command again; if the server is just slow, raise source.ldap.timeoutSeconds.',
  notLdap: 'Check the address under source.ldap.url: with ldaps:// the port is most often 636, with ldap:// 389.',
  connectionLost: 'Run the same command again; if it happens again, ask who runs the server.',
  badCredentials: 'Correct the dn or its password under source.ldap.bind.',
  accountUnusable: 'Ask who runs the directory to put the reading account in order.',
  securityRequired: 'Use an ldaps:// address, or "startTls: true".',
  signInRefused: 'Use another way to sign in under source.ldap.bind, or ask who runs the server to allow this one.',
  noPermission: 'Ask who runs the directory for the right to read there.',
  baseNotFound: 'Correct source.ldap.base; it can also be that the reader has no right to see it.',
  badBase: 'Correct source.ldap.base, for example "ou=people,dc=contoso,dc=com".',
  referred: 'Name the server that keeps the entry in source.ldap.url.',
  sizeLimit:
    'Ask who runs the server for a higher limit for the reading account, or narrow base and filter; less than all of it would not be a roster.',
  timeLimit:
    'Ask who runs the server for a higher limit for the reading account or for an index on the filtered attributes; less than all of it would not be a roster.',
  adminLimit:
    'Ask who runs the server for a higher limit for the reading account; less than all of it would not be a roster.',
  busy: 'Run the same command again later.',
  serverError: 'Ask who runs the server what it means.',
  groupNotFound: 'Correct source.ldap.groups; it can also be that the reader has no right to see the group.',
  rangeBroken: 'Run the same command again; the values were changed while they were read.',
  ...VALUE_REMEDIES,
} as const;

export type LdapDefect = keyof typeof REMEDIES;

/** The server as errors and descriptions name it. */
export const addressText = ({ server }: Pick<LdapSettings, 'server'>): string => {
  if ('socket' in server) return `ldapi://${server.socket}`;
  const host = server.host.includes(':') ? `[${server.host}]` : server.host;
  return `${server.security === 'ldaps' ? 'ldaps' : 'ldap'}://${host}:${server.port}`;
};

/** Makes the error for a defect; `at` is the entry, `message` what happened, in words. */
export const ldapError = (
  code: LdapDefect,
  settings: Pick<LdapSettings, 'server'>,
  message: string,
  { at, cause, remedy }: { readonly at?: string; readonly cause?: unknown; readonly remedy?: string } = {},
): SourceError =>
  new SourceError(
    code,
    { address: addressText(settings), ...(at !== undefined && { at }) },
    message,
    remedy ?? REMEDIES[code],
    cause === undefined ? undefined : { cause },
  );

interface Refusal {
  readonly code: LdapDefect;
  readonly message: string;
}

/** RFC 4511, section 4.1.9. */
const RESULTS: Readonly<Record<number, Refusal>> = {
  3: { code: 'timeLimit', message: 'the search takes longer than the server allows' },
  4: { code: 'sizeLimit', message: 'there are more entries than the server gives out' },
  7: { code: 'signInRefused', message: 'the server does not know this way to sign in' },
  8: { code: 'securityRequired', message: 'the server asks for a stronger sign-in or an encrypted connection' },
  10: { code: 'referred', message: 'the server does not keep this entry and refers to another server' },
  11: { code: 'adminLimit', message: 'the search exceeds a limit of the server' },
  13: { code: 'securityRequired', message: 'the server asks for an encrypted connection' },
  32: { code: 'baseNotFound', message: 'there is no such entry' },
  34: { code: 'badBase', message: 'this is not a distinguished name' },
  48: { code: 'signInRefused', message: 'the server does not let this account sign in like that' },
  49: { code: 'badCredentials', message: 'the server refused the sign-in: wrong name or password' },
  50: { code: 'noPermission', message: 'the reader has no right to this' },
  51: { code: 'busy', message: 'the server is busy' },
  52: { code: 'busy', message: 'the server is not available' },
};

/** What Active Directory means by the number after "data" of a refused sign-in. */
const SIGN_IN_DATA: Readonly<Record<string, string>> = {
  '530': 'the account may not sign in at this time',
  '531': 'the account may not sign in from this machine',
  '532': "the account's password has expired",
  '533': 'the account is disabled',
  '701': 'the account has expired',
  '773': 'the account must change its password first',
  '775': 'the account is locked',
};

/**
 * The error for a result code of the server's; `said` is its own message. Source of the numbers after "data":
 * https://learn.microsoft.com/windows/win32/debug/system-error-codes--1300-1699-
 */
export const resultError = (
  settings: Pick<LdapSettings, 'server'>,
  result: number,
  said: string,
  at: string | undefined,
): SourceError => {
  const place = at === undefined ? {} : { at };
  const own = oneLine(said);
  const unusable = SIGN_IN_DATA[/\bdata ([0-9a-f]+)\b/i.exec(own)?.[1]?.toLowerCase() ?? ''];
  if (result === 49 && unusable) return ldapError('accountUnusable', settings, unusable, place);
  const { code, message } = RESULTS[result] ?? {
    code: 'serverError' as const,
    message: `the server answered with result code ${result}`,
  };
  return ldapError(code, settings, own === '' ? message : `${message} (it says: ${own})`, place);
};

const MOST_SAID = 300;

const oneLine = (said: string): string => {
  const line = said.replace(/[\s\0]+/g, ' ').trim();
  return line.length > MOST_SAID ? `${line.slice(0, MOST_SAID)}…` : line;
};

/** The error for what the network or TLS says. */
export const lineError = (settings: Pick<LdapSettings, 'server'>, cause: NodeJS.ErrnoException): SourceError => {
  const { code = '' } = cause;
  const failure = networkFailureOf(code, cause.message);
  if (!failure) return ldapError('connectionLost', settings, 'the connection was lost', { cause });
  const { code: defect, message, remedy } = failure;
  return ldapError(defect, settings, message, { cause, ...(remedy !== undefined && { remedy }) });
};

/** The error for a connection that ends while TLS is still to be agreed on; `cause` undefined: it was just closed. */
export const tlsError = (
  settings: Pick<LdapSettings, 'server'>,
  cause: NodeJS.ErrnoException | undefined,
): SourceError => {
  if (cause && networkFailureOf(cause.code ?? '', cause.message)) return lineError(settings, cause);
  return ldapError('noTls', settings, 'the server ends the connection when TLS is begun', {
    cause,
    remedy: 'Check the port: with ldaps:// it is most often 636, with ldap:// 389; or ask who runs the server for TLS.',
  });
};
