// Finds the row that names the columns, below titles that people put above a table.
import { cellName, columnLetters, excelError } from './errors.ts';

/** A row whose cells are read; only those with a text are in it. */
export interface TextRow {
  readonly number: number;
  /** By column, from 0. */
  readonly texts: ReadonlyMap<number, string>;
  /** Whether every cell is a text, none a number or a date. */
  readonly onlyTexts: boolean;
}

export interface Header {
  readonly row: number;
  readonly columns: readonly HeaderColumn[];
}

export interface HeaderColumn {
  /** From 0. */
  readonly column: number;
  readonly name: string;
}

/** So many rows with text are looked at, and shown where no header is among them. */
export const ROWS_TO_LOOK_AT = 20;
const ROWS_SHOWN = 5;
const CELLS_SHOWN = 6;

/**
 * The header among the first rows with text: the one in row `asked`, else the first that has a text in more than half of
 * the columns that are used.
 *
 * Errors: {@link SourceError} `noHeader` with what was seen, `repeatedHeader` with the cell.
 */
export const findHeader = (file: string, sheet: string, rows: readonly TextRow[], asked: number | null): Header => {
  const fail = (message: string) => excelError('noHeader', file, `sheet "${sheet}": ${message}; ${seen(rows)}`);
  if (asked !== null) {
    const row = rows.find(({ number }) => number === asked);
    if (!row) throw fail(`row ${asked} names no columns`);
    return headerOf(file, sheet, row);
  }
  const row = widest(rows);
  if (!row) throw fail('no row names the columns');
  if (!row.onlyTexts) throw fail(`row ${row.number} would name the columns, but not all of its cells are text`);
  return headerOf(file, sheet, row);
};

const headerOf = (file: string, sheet: string, { number, texts }: TextRow): Header => {
  const columns = [...texts].map(([column, text]) => ({ column, name: text.trim() }));
  const before = new Map<string, number>();
  for (const { column, name } of columns) {
    const first = before.get(name.toLowerCase());
    if (first !== undefined) {
      const message = `it is named "${name}", as ${cellName(first, number)} is`;
      throw excelError('repeatedHeader', file, `sheet "${sheet}", cell ${cellName(column, number)}: ${message}`);
    }
    before.set(name.toLowerCase(), column);
  }
  return { row: number, columns };
};

/** Titles, and what could be a header. Accounts are not shown: they may hold what is not for eyes. */
const seen = (rows: readonly TextRow[]): string => {
  const wide = widest(rows);
  const shown = rows.slice(0, wide === undefined ? 0 : rows.indexOf(wide) + (wide.onlyTexts ? 1 : 0));
  if (shown.length === 0) return 'no row of titles was seen';
  const told = shown.slice(-ROWS_SHOWN).map(({ number, texts }) => `row ${number}: ${cellsSeen(texts)}`);
  return `seen were ${told.join('; ')}`;
};

/** The first row with a text in more than half of the columns that are used. */
const widest = (rows: readonly TextRow[]): TextRow | undefined => {
  const used = new Set(rows.flatMap(({ texts }) => [...texts.keys()]));
  return rows.find(({ texts }) => texts.size > used.size / 2);
};

const cellsSeen = (texts: ReadonlyMap<number, string>): string => {
  const shown = [...texts].slice(0, CELLS_SHOWN).map(([column, text]) => `${columnLetters(column)} "${short(text)}"`);
  return shown.join(', ') + (texts.size > CELLS_SHOWN ? ', …' : '');
};

const short = (text: string): string => (text.length > 30 ? `${text.slice(0, 30)}…` : text);
