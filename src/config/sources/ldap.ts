// source.ldap: what people write of an LDAP directory, and what the code uses.
import { z } from 'zod';
import type { LdapServer, LdapSettings } from '../../model/source-settings.ts';
import { choice, either, object, secretPlace, secretRef, type ToPath, text } from '../shapes.ts';
import { directoryColumns, directoryColumnsWritten } from './directory-columns.ts';

const SCOPES = { base: 'base', oneLevel: 'one', subtree: 'sub' } as const;
const PORTS = { 'ldap:': 389, 'ldaps:': 636 } as const;

const URL_EXPECTED = 'expected an address such as ldaps://dc1.contoso.com or ldapi:///run/slapd/ldapi';

const bind = either(
  [
    choice(['anonymous', 'external']),
    object({
      dn: text.describe('Who signs in: a distinguished name; with Active Directory also name@domain.'),
      password: secretRef,
    }),
  ],
  'expected { dn, password }, external or anonymous',
).describe('How to sign in. external: by the client certificate, or over ldapi as the user that runs Rollcall.');

export const ldapWritten = object({
  url: text
    .refine((written) => addressOf(written) !== undefined, URL_EXPECTED)
    .describe('The server: ldaps://, ldap:// or, on this machine, ldapi://.'),
  startTls: z.boolean().optional().describe('With ldap://: go over to TLS before anything is sent. Default: false.'),
  caFile: text.optional().describe('Certificates (PEM) to trust besides those of the operating system.'),
  clientCertificate: text.optional().describe('A PEM file with certificate and private key, shown to the server.'),
  clientCertificatePassword: secretRef.optional(),
  bind,
  base: text.describe('The entry below which the accounts are: "ou=people,dc=contoso,dc=com".'),
  scope: choice(['base', 'oneLevel', 'subtree']).optional().describe('Default: subtree.'),
  filter: text.optional().describe('Which entries are accounts (RFC 4515). Default: (objectClass=person).'),
  groups: either([text, z.array(text).min(1, 'expected at least one group')], 'expected the name of a group, or a list')
    .optional()
    .describe('Distinguished names of groups: only their members are accounts.'),
  nestedGroups: z.boolean().optional().describe('Whether members of groups in groups count too. Default: true.'),
  columns: directoryColumnsWritten.optional(),
  pageSize: z
    .int('expected a whole number')
    .min(1, 'expected 1 to 1000')
    .max(1000, 'expected 1 to 1000')
    .optional()
    .describe('Entries to ask for at once. Default: 500.'),
  timeoutSeconds: z
    .number()
    .positive('expected seconds')
    .max(3600, 'expected at most 3600 seconds')
    .optional()
    .describe('How long the server may take to connect, and for each page. Default: 60.'),
}).superRefine((written, context) => {
  const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  const address = addressOf(written.url);
  if (address === undefined) return;
  const plain = address.kind === 'ldap' && written.startTls !== true;
  if (written.startTls === true && address.kind !== 'ldap') refuse('startTls', 'goes with ldap:// only');
  if (plain && !address.loopback && typeof written.bind === 'object') {
    refuse('url', 'a password would travel unencrypted; write ldaps://, or startTls: true');
  }
  if (written.clientCertificate !== undefined && (plain || address.kind === 'ldapi')) {
    refuse('clientCertificate', 'goes with ldaps:// or startTls: true only');
  }
  if (written.clientCertificatePassword !== undefined && written.clientCertificate === undefined) {
    refuse('clientCertificatePassword', 'goes with clientCertificate only');
  }
  for (const [name, expression] of Object.entries(written.columns ?? {})) {
    if (written.groups !== undefined || !/^group\s*(?:\||$)/i.test(expression)) continue;
    context.addIssue({ code: 'custom', path: ['columns', name], message: '"group" needs groups to be named' });
  }
  if (written.bind === 'external' && address.kind !== 'ldapi' && written.clientCertificate === undefined) {
    refuse('clientCertificate', 'missing; "bind: external" needs it, unless the url is ldapi://');
  }
});

export const ldapSettings = (written: z.infer<typeof ldapWritten>, path: ToPath): LdapSettings => {
  const { groups, columns, clientCertificate, clientCertificatePassword } = written;
  return {
    kind: 'ldap',
    server: serverOf(written),
    caFile: written.caFile === undefined ? null : path(written.caFile),
    clientCertificate:
      clientCertificate === undefined
        ? null
        : {
            file: path(clientCertificate),
            password: clientCertificatePassword === undefined ? null : secretPlace(clientCertificatePassword, path),
          },
    bind:
      typeof written.bind === 'string'
        ? { kind: written.bind }
        : { kind: 'simple', dn: written.bind.dn, password: secretPlace(written.bind.password, path) },
    base: written.base,
    scope: SCOPES[written.scope ?? 'subtree'],
    filter: written.filter ?? '(objectClass=person)',
    groups: groups === undefined ? [] : typeof groups === 'string' ? [groups] : groups,
    nestedGroups: written.nestedGroups ?? true,
    columns: directoryColumns(columns),
    pageSize: written.pageSize ?? 500,
    timeoutSeconds: written.timeoutSeconds ?? 60,
  };
};

type Address =
  | { readonly kind: 'ldap' | 'ldaps'; readonly host: string; readonly port: number; readonly loopback: boolean }
  | { readonly kind: 'ldapi'; readonly socket: string };

const serverOf = ({ url, startTls }: z.infer<typeof ldapWritten>): LdapServer => {
  const address = addressOf(url)!;
  if (address.kind === 'ldapi') return { socket: address.socket };
  const { host, port, kind } = address;
  return { host, port, security: kind === 'ldaps' ? 'ldaps' : startTls ? 'startTls' : 'none' };
};

/** Undefined unless it is an address of a server and nothing besides. */
const addressOf = (written: string): Address | undefined => {
  // ldapi:///run/slapd/ldapi, or percent-encoded as other programs want it: ldapi://%2Frun%2Fslapd%2Fldapi
  const local = /^ldapi:\/\/([^?#]+?)\/?$/i.exec(written);
  if (local) {
    const socket = decoded(local[1]!);
    return socket?.startsWith('/') ? { kind: 'ldapi', socket } : undefined;
  }
  if (!URL.canParse(written)) return undefined;
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(written);
  if ((protocol !== 'ldap:' && protocol !== 'ldaps:') || hostname === '') return undefined;
  if (username + password + search + hash !== '' || !['', '/'].includes(pathname)) return undefined;
  const host = hostname.replace(/^\[|\]$/g, '');
  return {
    kind: protocol === 'ldap:' ? 'ldap' : 'ldaps',
    host,
    port: port === '' ? PORTS[protocol] : Number(port),
    loopback: host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host),
  };
};

const decoded = (encoded: string): string | undefined => {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
};
