// A connection to an LDAP server: signed in, and read page by page.
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { type ConnectionOptions, createSecureContext } from 'node:tls';
import {
  BindRequest,
  type Control,
  ExtendedRequest,
  type Filter,
  PagedResultsControl,
  type SearchEntry,
  SearchRequest,
} from 'ldapts';
import { authoritiesWith } from '../../http/authorities.ts';
import type { SourceTools } from '../../model/source.ts';
import type { LdapSettings } from '../../model/source-settings.ts';
import { whyUnusable } from '../certificate-file.ts';
import { ldapError, resultError } from './errors.ts';
import { LdapLine } from './line.ts';

/** An entry: its name, and its attributes in the server's spelling, each with its values as bytes. */
export interface LdapEntry {
  readonly dn: string;
  readonly attributes: readonly LdapAttribute[];
}

export interface LdapAttribute {
  readonly type: string;
  readonly values: readonly Buffer[];
}

export interface LdapPage {
  readonly entries: readonly LdapEntry[];
  /** Addresses of other servers that keep entries below the base. They are not followed. */
  readonly referrals: readonly string[];
}

export interface LdapSearch {
  readonly base: string;
  readonly scope: 'base' | 'one' | 'sub';
  readonly filter: Filter;
  readonly attributes: readonly string[];
}

/** Errors of all: {@link SourceError}; the reason of the signal when that is aborted. */
export interface LdapConnection {
  /** Page after page; the next is asked for when one is done with. */
  pages(search: LdapSearch): AsyncGenerator<LdapPage>;
  /** One entry; undefined where there is none that the filter fits. */
  entry(dn: string, filter: Filter, attributes: readonly string[]): Promise<LdapEntry | undefined>;
  close(): void;
}

/** RFC 4511, section 4.14. */
const START_TLS = '1.3.6.1.4.1.1466.20037';

/** Connects and signs in. Errors: {@link SourceError}; the reason of `signal` when that is aborted. */
export const connectLdap = async (
  settings: LdapSettings,
  tools: SourceTools,
  signal: AbortSignal,
): Promise<LdapConnection> => {
  signal.throwIfAborted();
  const { server, bind } = settings;
  const security = 'host' in server ? server.security : 'none';
  const trust = security === 'none' ? undefined : await trustOf(settings, tools);
  const password = bind.kind === 'simple' ? await tools.readSecret(bind.password) : '';
  const line = new LdapLine(settings, signal);
  try {
    await line.open(security === 'ldaps' ? trust : undefined);
    if (security === 'startTls') {
      const { result } = await line.ask((messageId) => new ExtendedRequest({ messageId, oid: START_TLS }));
      if (result.status !== 0) throw ldapError('noTls', settings, 'the server does not go over to TLS');
      await line.secure(trust!);
    }
    if (bind.kind !== 'anonymous') {
      const who = bind.kind === 'simple' ? { dn: bind.dn, password } : { mechanism: 'EXTERNAL' };
      const { result } = await line.ask((messageId) => new BindRequest({ messageId, ...who }));
      if (result.status !== 0) throw resultError(settings, result.status, result.errorMessage, undefined);
    }
  } catch (error) {
    line.close();
    throw error;
  }
  return {
    pages: (search) => pagesOf(line, settings, search),
    entry: async (base, filter, attributes) => {
      for await (const { entries } of pagesOf(line, settings, { base, scope: 'base', filter, attributes })) {
        return entries[0];
      }
      return undefined;
    },
    close: () => line.close(),
  };
};

/** Certificates that are trusted, and the one that is shown. */
const trustOf = async (settings: LdapSettings, tools: SourceTools): Promise<ConnectionOptions> => {
  const { server, caFile, clientCertificate } = settings;
  const host = 'host' in server ? server.host : '';
  const ca = await authorities(settings, caFile);
  const own = clientCertificate === null ? undefined : await certificateFile(settings, clientCertificate.file);
  const passphrase =
    clientCertificate === null || clientCertificate.password === null
      ? undefined
      : await tools.readSecret(clientCertificate.password);
  const shown = own && { cert: own, key: own, ...(passphrase !== undefined && { passphrase }) };
  return {
    host,
    // A name is asked for where the address is one; a number cannot be (RFC 6066).
    ...(isIP(host) === 0 && { servername: host }),
    minVersion: 'TLSv1.2',
    ca,
    ...checked(settings, clientCertificate?.file, shown),
  };
};

const authorities = (settings: LdapSettings, file: string | null): Promise<string[]> =>
  authoritiesWith(file).catch((cause) => {
    throw ldapError('badCertificate', settings, `${file}: ${whyUnusable(cause)}`, { cause });
  });

const certificateFile = (settings: LdapSettings, file: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw ldapError('badCertificate', settings, `${file}: ${whyUnusable(cause)}`, { cause });
  });

const checked = <Options extends ConnectionOptions>(
  settings: LdapSettings,
  file: string | null | undefined,
  options: Options | undefined | '',
): Options | undefined => {
  if (!options) return undefined;
  try {
    createSecureContext(options);
    return options;
  } catch (error) {
    const why = whyUnusable(error, 'it holds no certificate with its key in PEM, or its password is another');
    throw ldapError('badCertificate', settings, `${file}: ${why}`);
  }
};

/** A search in simple pages (RFC 2696). */
async function* pagesOf(line: LdapLine, settings: LdapSettings, search: LdapSearch): AsyncGenerator<LdapPage> {
  const { base, scope, filter } = search;
  // "1.1" asks for no attribute at all; an empty list would ask for all.
  const attributes = search.attributes.length === 0 ? ['1.1'] : [...search.attributes];
  let cookie: Buffer | undefined = Buffer.alloc(0);
  while (cookie) {
    const page = new PagedResultsControl({ value: { size: settings.pageSize, cookie } });
    const controls = scope === 'base' ? [] : [page];
    const { entries, referrals, result } = await line.ask(
      (messageId) =>
        new SearchRequest({ messageId, baseDN: base, scope, filter, attributes, sizeLimit: 0, timeLimit: 0, controls }),
    );
    if (result.status !== 0) throw resultError(settings, result.status, result.errorMessage, base);
    yield { entries: entries.map(entryOf), referrals };
    cookie = nextCookie(result.controls ?? []);
  }
}

const entryOf = ({ name, attributes }: SearchEntry): LdapEntry => ({
  dn: name,
  attributes: attributes.map(({ type, parsedBuffers }) => ({ type, values: parsedBuffers })),
});

/** Where the next page begins; undefined after the last one. A page can be empty and not be the last. */
const nextCookie = (controls: readonly Control[]): Buffer | undefined => {
  const page = controls.find((control) => control instanceof PagedResultsControl);
  return page?.value?.cookie?.length ? page.value.cookie : undefined;
};
