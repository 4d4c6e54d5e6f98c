// An account is one record in the application; a roster is all of them, as collected at one moment.

/** The text of a cell; `null` where the source tells "no value" apart from an empty one. */
export type Cell = string | null;

/** One row of a source. `n` counts rows from 1; `line` is where the row begins in its file, if it has one. */
export interface Account {
  readonly n: number;
  readonly line?: number;
  /** In the order of the roster's columns. */
  readonly cells: readonly Cell[];
}

/** What is known of a roster besides its accounts. Immutable: a roster with another content has another hash. */
export interface Roster {
  /** SHA-256 over columns and cells in order, as `sha256:` and 64 hexadecimal digits. */
  readonly hash: string;
  readonly application: string;
  readonly columns: readonly string[];
  readonly rows: number;
  /** Where it came from, in words for people: `csv users.csv (UTF-8, comma)`. */
  readonly source: string;
  /** ISO 8601, UTC. */
  readonly collectedAt: string;
  /** What a person should know of how it was collected, in whole sentences: columns that were dropped, rows that are hidden. */
  readonly notes: readonly string[];
}

/** Reads cells by column name. A column that is not there has no cell; names never reach an object's prototype. */
export const cellReader = (columns: readonly string[]): ((account: Account, column: string) => string) => {
  const position = new Map(columns.map((column, index) => [column, index]));
  return (account, column) => {
    const index = position.get(column);
    return index === undefined ? '' : (account.cells[index] ?? '');
  };
};
