// What each kind of source needs to know, as the configuration says it: complete, every path absolute.

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
  /** `dn` is the entry's name. */
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

export type SourceSettings = CsvSettings;

/** Columns that are left out, and those that stay although they look as if they held secrets. */
export interface ColumnChoices {
  readonly drop: readonly string[];
  readonly keep: readonly string[];
}
