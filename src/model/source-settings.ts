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

export type SourceSettings = CsvSettings;

/** Columns that are left out, and those that stay although they look as if they held secrets. */
export interface ColumnChoices {
  readonly drop: readonly string[];
  readonly keep: readonly string[];
}
