// What each kind of source needs to know, as the configuration says it: complete, every path absolute.
import type { SecretRef } from './settings.ts';
import type { RestSettings, ScimSettings, SoapSettings } from './web-settings.ts';

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

/** A file that was exported from a directory. */
export interface DirectoryFileSettings {
  readonly kind: 'ldif' | 'csvde';
  /** Absolute. */
  readonly path: string;
  /** A WHATWG encoding label, or `auto`: byte order mark, else strict UTF-8. */
  readonly encoding: string;
  /** Entries of these classes are accounts. */
  readonly classes: readonly string[];
  /** Null where nobody has named any: then the source cannot be opened, only looked at. */
  readonly columns: readonly DirectoryColumn[] | null;
}

/** Positions in a record, from 1, or the number of a field; `to` null: up to the end. */
export interface TextPlaces {
  readonly from: number;
  readonly to: number | null;
}

/** A number as a picture of COBOL's describes it. `digits` are all of them, `decimals` those behind the point. */
export interface TextPicture {
  readonly usage: 'display' | 'packed' | 'binary';
  readonly digits: number;
  readonly decimals: number;
  readonly signed: boolean;
}

/** A part of a record. `picture` null: text. */
export interface TextField {
  readonly at: TextPlaces;
  readonly picture: TextPicture | null;
}

export interface TextColumn extends TextField {
  readonly name: string;
}

/** What a record is known by. */
export interface TextMark {
  readonly at: TextPlaces;
  readonly is: string;
}

/** A text file of records: fixed columns, or fields with a delimiter between them. */
export interface TextSettings {
  readonly kind: 'text';
  /** Absolute. */
  readonly path: string;
  /** A code page, a WHATWG encoding label, or `auto`. */
  readonly encoding: string;
  /** Null: columns have fixed positions. */
  readonly delimiter: string | null;
  /** Null: records are lines of any length. */
  readonly recordLength: number | null;
  /** Lines that begin with this are left out. */
  readonly comment: string | null;
  /** How many records stand before the accounts, or what the one that must stand there is known by. */
  readonly header: number | TextMark | null;
  /** The last record; `count`: where it says how many accounts there are. */
  readonly trailer: { readonly mark: TextMark | null; readonly count: TextField | null } | null;
  /** Null where nobody has named any: then the source cannot be opened, only looked at. */
  readonly columns: readonly TextColumn[] | null;
  /** How many fields each record has; null: as many as the columns need. */
  readonly fields: number | null;
}

export type SqlEngine = 'postgresql' | 'mysql' | 'mariadb' | 'sqlserver' | 'oracle' | 'sqlite';

/** A server of databases, and how to sign in to it. Over the network it is always reached by TLS. */
export interface SqlServer {
  readonly engine: Exclude<SqlEngine, 'sqlite'>;
  readonly host: string;
  readonly port: number;
  /** The name of the database; of Oracle, of the service. */
  readonly database: string;
  /** Without TLS only a server of this machine is reached. */
  readonly tls: boolean;
  /** Certificates in PEM to be trusted besides the usual ones. Absolute. */
  readonly caFile: string | null;
  readonly signIn: SqlSignIn;
}

export type SqlSignIn =
  | { readonly kind: 'password'; readonly user: string; readonly password: SecretRef }
  /** Windows, of SQL Server alone. */
  | { readonly kind: 'ntlm'; readonly domain: string; readonly user: string; readonly password: SecretRef }
  /** Microsoft Entra, of SQL Server alone: environment, managed identity, or who is signed in with Azure CLI. */
  | { readonly kind: 'entra'; readonly clientId: string | null };

export interface SqlSettings {
  readonly kind: 'sql';
  /** SQLite's database is a file of this machine; its path is absolute. */
  readonly database: SqlServer | { readonly engine: 'sqlite'; readonly path: string };
  readonly query: string;
  /** By name, without the colon. */
  readonly parameters: Readonly<Record<string, SqlParameter>>;
  readonly connectSeconds: number;
  /** How long the server may work before the next rows come. */
  readonly querySeconds: number;
}

export type SqlParameter = string | number | boolean | SecretRef;

export type SourceSettings =
  | TextSettings
  | CsvSettings
  | ExcelSettings
  | DirectoryFileSettings
  | RestSettings
  | LdapSettings
  | ScimSettings
  | SoapSettings
  | SqlSettings;

/** Columns that are left out, and those that stay although they look as if they held secrets. */
export interface ColumnChoices {
  readonly drop: readonly string[];
  readonly keep: readonly string[];
}
