// What each kind of source needs to know, as the configuration says it: complete, every path absolute.
import type { SecretRef } from './settings.ts';

export interface CsvSettings {
  readonly kind: 'csv';
  /** Absolute. */
  readonly path: string;
  /** A WHATWG encoding label, or `auto`: byte order mark, else strict UTF-8. */
  readonly encoding: string;
  /** One character, or `auto`: comma, semicolon or tab, found by looking. */
  readonly delimiter: string;
}

/** What a cell is made of where entries have attributes (ldap, ldif, csvde): values, read one way, picked from, put together. */
export interface DirectoryColumn {
  readonly name: string;
  /** `dn` is the entry's name; `group`, of ldap, the groups of {@link LdapSettings.groups} that it belongs to. */
  readonly attribute: string;
  readonly read: DirectoryReading;
  /** What is done to each value, in order; one that a pick does not fit is left out. */
  readonly picks: readonly DirectoryPick[];
  /** What several values become: one text, with this between them; an error; a row each. */
  readonly several: { readonly join: string } | 'only' | 'each';
}

export type DirectoryReading = 'text' | 'guid' | 'sid' | 'base64' | 'date' | 'enabled';

export type DirectoryPick =
  /** The value of the first part of a distinguished name: of `cn=Admins,ou=groups` it is `Admins`. */
  | { readonly kind: 'name' }
  /** The values that begin with a text, without it. */
  | { readonly kind: 'after'; readonly prefix: string }
  /** The values that look like a pattern, without regard to case; `*` stands for anything. */
  | { readonly kind: 'like'; readonly pattern: string };

export interface ExcelSettings {
  readonly kind: 'excel';
  /** Absolute. */
  readonly path: string;
  /** Null: the only visible sheet that holds anything. */
  readonly sheet: string | null;
  /** From 1. Null: found by looking. */
  readonly headerRow: number | null;
}

/** How a web API is reached, whatever it speaks. Times in seconds. */
export interface WebSettings {
  readonly signIn: WebSignIn;
  /** Certificates (PEM) to trust besides those of the operating system. Absolute. */
  readonly caFile: string | null;
  /** A PEM file with certificate and private key. Absolute. */
  readonly clientCertificate: { readonly file: string; readonly password: SecretRef | null } | null;
  /** To connect; for a whole answer; between two pieces of an answer. */
  readonly timeLimits: { readonly connect: number; readonly answer: number; readonly silence: number };
  /** How often a read is sent again after a dropped connection or a "later". */
  readonly repeats: number;
  /** At most so long is waited, all waits for one request together. */
  readonly longestWait: number;
  /** A larger answer is not read. */
  readonly maxAnswerBytes: number;
}

export type WebSignIn =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly user: string; readonly password: SecretRef }
  | { readonly kind: 'bearer'; readonly token: SecretRef }
  | { readonly kind: 'apiKey'; readonly in: 'header' | 'query'; readonly name: string; readonly key: SecretRef }
  /** OAuth 2.0 (RFC 6749, 4.4). `as`: where client id and secret stand. `more`: further parameters, such as an audience. */
  | {
      readonly kind: 'clientCredentials';
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly secret: SecretRef;
      readonly scope: string | null;
      readonly as: 'basic' | 'body';
      readonly more: Readonly<Record<string, string>>;
    };

/** Names of columns, each with where its value stands in a record. Null where nobody has named them. */
export type ColumnPaths = Readonly<Record<string, string>> | null;

export interface RestSettings {
  readonly kind: 'rest';
  readonly web: WebSettings;
  /** May carry a query. */
  readonly address: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string | SecretRef>>;
  /** A text is sent as it is, anything else as JSON; null: none. */
  readonly body: unknown;
  /** `ndjson`: one record a line; then `records` is said of a line and there are no pages. */
  readonly format: 'json' | 'ndjson';
  readonly paging: RestPaging;
  /** JMESPath: from an answer to its list of records. */
  readonly records: string;
  /** JMESPath each: from a record to a value. */
  readonly columns: ColumnPaths;
  /** JMESPath: from an answer to how many records there are on all pages together. */
  readonly total: string | null;
}

/** Parameters go into the query, or into a POST's body where that is a group of keys. */
export type RestPaging =
  | { readonly kind: 'none' }
  /** JMESPath to the address of the next page. */
  | { readonly kind: 'nextLink'; readonly path: string }
  /** The Link header with rel="next" (RFC 8288). */
  | { readonly kind: 'linkHeader' }
  | { readonly kind: 'cursor'; readonly path: string; readonly parameter: string }
  | {
      readonly kind: 'page' | 'offset';
      readonly parameter: string;
      readonly first: number;
      readonly size: PageSize | null;
    };

export interface PageSize {
  readonly parameter: string;
  readonly value: number;
}

export type LdapServer =
  | { readonly host: string; readonly port: number; readonly security: 'ldaps' | 'startTls' | 'none' }
  /** A socket of this machine: ldapi. */
  | { readonly socket: string };

export type LdapBind =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'simple'; readonly dn: string; readonly password: SecretRef }
  /** SASL EXTERNAL: who the client certificate is made out to, or, over ldapi, the user that runs Rollcall. */
  | { readonly kind: 'external' };

export interface LdapSettings {
  readonly kind: 'ldap';
  readonly server: LdapServer;
  /** Certificates in PEM to be trusted besides the usual ones. Absolute. */
  readonly caFile: string | null;
  /** A certificate and its key in one PEM file, shown to the server. Absolute. */
  readonly clientCertificate: { readonly file: string; readonly password: SecretRef | null } | null;
  readonly bind: LdapBind;
  readonly base: string;
  readonly scope: 'base' | 'one' | 'sub';
  /** RFC 4515. */
  readonly filter: string;
  /** Distinguished names; where there are any, only their members are accounts. */
  readonly groups: readonly string[];
  /** Whether members of groups that are members count too. */
  readonly nestedGroups: boolean;
  /** Null where nobody has named any: then the source cannot be opened, only looked at. */
  readonly columns: readonly DirectoryColumn[] | null;
  readonly pageSize: number;
  /** How long the server may take to connect, and for each page. */
  readonly timeoutSeconds: number;
}

export type SourceSettings = CsvSettings | ExcelSettings | RestSettings | LdapSettings;

/** Columns that are left out, and those that stay although they look as if they held secrets. */
export interface ColumnChoices {
  readonly drop: readonly string[];
  readonly keep: readonly string[];
}
