// CSV files as a source: strict, streaming, and exact about where a file is wrong.
import { basename } from 'node:path';
import { parse } from 'csv-parse';
import type { Account, Cell } from '../model/account.ts';
import type { SourceError } from '../model/errors.ts';
import type { OpenSource, Source } from '../model/source.ts';
import type { CsvSettings } from '../model/source-settings.ts';
import { csvError } from './csv-errors.ts';
import { type CsvDialect, dialectText, HEAD_BYTES, look } from './csv-look.ts';
import { type WalkedRow, walkRow } from './csv-walk.ts';
import { checkUnchanged, type FileState, fileState, type Position, readHead, readText } from './source-file.ts';

/** No account has a longer cell; a quote that is never closed makes one. */
const CELL_CHARACTERS = 1024 * 1024;
/** Bounds the memory that a row can take before its cells are looked at. */
const ROW_BYTES = 16 * CELL_CHARACTERS;

/** A row as it stands in the file, and the line on which it begins. */
interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Reads accounts from a CSV file (RFC 4180, and what exports make of it).
 *
 * Shape:  the first row that is not blank names the columns; names are trimmed, cells are not. Rows without any text, and
 *         empty cells after the last column, are skipped: spreadsheets write both. Memory does not grow with the file.
 * Errors: {@link SourceError} whose `code` is one of {@link CsvDefect}, at the first row that is not as it should be.
 */
export const csvSource = (settings: CsvSettings): Source => ({
  kind: 'csv',
  open: async (signal) => {
    signal.throwIfAborted();
    const file = settings.path;
    const state = await fileState(file, csvError);
    const dialect = look(file, await readHead(file, HEAD_BYTES, csvError), settings);
    const header = await readHeader(file, dialect, signal);
    const { columns } = header;
    return {
      columns,
      description: `csv ${basename(file)} (${dialectText(dialect)})`,
      rows: () => accounts(file, dialect, header, state, signal),
    } satisfies OpenSource;
  },
});

interface Header {
  readonly line: number;
  readonly columns: readonly string[];
}

const readHeader = async (file: string, dialect: CsvDialect, signal: AbortSignal): Promise<Header> => {
  for await (const rows of filledRows(file, dialect, signal)) {
    const row = rows[0];
    if (row) return { line: row.line, columns: await checkHeader(file, dialect, row, signal) };
  }
  throw csvError('emptyFile', file, 'the file holds nothing but blank lines');
};

const checkHeader = async (file: string, dialect: CsvDialect, row: Row, signal: AbortSignal) => {
  const names = row.cells.map((cell) => cell.trim());
  const columns = names.slice(0, names.findLastIndex((name) => name !== '') + 1);
  const seen = new Map<string, number>();
  for (const [index, name] of columns.entries()) {
    const at = async () => (await walkFrom(file, dialect, row.line, signal)).cells[index] ?? { line: row.line };
    if (name === '') throw csvError('missingHeader', file, `column ${index + 1} has no name`, await at());
    const before = seen.get(name.toLowerCase());
    if (before !== undefined) {
      throw csvError(
        'repeatedHeader',
        file,
        `column ${index + 1} is named "${name}" as column ${before + 1} is`,
        await at(),
      );
    }
    seen.set(name.toLowerCase(), index);
  }
  return columns;
};

async function* accounts(
  file: string,
  dialect: CsvDialect,
  header: Header,
  state: FileState,
  signal: AbortSignal,
): AsyncGenerator<Account> {
  const width = header.columns.length;
  let n = 0;
  for await (const rows of filledRows(file, dialect, signal)) {
    for (const row of rows) {
      if (row.line === header.line) continue;
      const { cells, line } = row;
      if (cells.length < width) throw await tooFewCells(file, dialect, header.columns, row, signal);
      if (cells.length > width && cells.slice(width).some((cell) => cell.trim() !== '')) {
        throw await tooManyCells(file, dialect, width, row, signal);
      }
      n += 1;
      yield { n, line, cells: (cells.length > width ? cells.slice(0, width) : cells) as readonly Cell[] };
    }
  }
  await checkUnchanged(file, state, csvError);
  if (n === 0) {
    throw csvError('emptyRoster', file, 'there is a header but no account', { line: header.line });
  }
}

/** The rows that hold any text, in handfuls. */
async function* filledRows(file: string, dialect: CsvDialect, signal: AbortSignal): AsyncGenerator<readonly Row[]> {
  let first = dialect.separatorLine;
  for await (const rows of allRows(file, dialect, signal)) {
    const filled = rows.filter(({ cells }) => cells.some((cell) => cell !== '' && cell.trim() !== ''));
    if (first && filled.length > 0) {
      filled.shift();
      first = false;
    }
    yield filled;
  }
}

/**
 * Every row of the file. Rows are taken from the parser as it makes them, not from its readable side: that would lose
 * those before an error, and with them the line on which the error stands.
 */
async function* allRows(file: string, dialect: CsvDialect, signal: AbortSignal): AsyncGenerator<readonly Row[]> {
  let rows: Row[] = [];
  let line = 1;
  const parser = parse({
    delimiter: dialect.delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    max_record_size: ROW_BYTES,
    on_record: (cells: string[]) => {
      rows.push({ line, cells });
      line += 1;
      for (const cell of cells) line += lineBreaks(cell);
      return null;
    },
  });
  // The callbacks below are told of every error; without a listener it would end the process too.
  parser.on('error', () => {});
  const fed = async (feed: (done: (error?: Error | null) => void) => void): Promise<SourceError | undefined> => {
    const error = await new Promise<Error | null | undefined>(feed);
    const tooLong = rows.find(({ cells }) => cells.some((cell) => cell.length > CELL_CHARACTERS));
    if (!tooLong && !error) return undefined;
    return unreadableRow(file, dialect, tooLong?.line ?? line, signal, error ?? undefined);
  };
  try {
    for await (const text of readText(file, dialect.encoding, signal, csvError)) {
      if (text === '') continue;
      const error = await fed((done) => parser.write(text, done));
      // The rows before it go first: they can be wrong in another way, and the first defect is the one to tell.
      yield rows;
      if (error) throw error;
      rows = [];
    }
    const error = await fed((done) => parser.end(done));
    yield rows;
    if (error) throw error;
  } finally {
    parser.destroy();
  }
}

const lineBreaks = (cell: string): number =>
  cell.includes('\n') || cell.includes('\r') ? cell.match(/\r\n|\n|\r/gu)!.length : 0;

/** Reads the file once more up to the row that begins on `line`, and walks over that row. */
const walkFrom = async (file: string, dialect: CsvDialect, line: number, signal: AbortSignal): Promise<WalkedRow> => {
  let passed = 1;
  let text = '';
  let rest = '';
  let walkAt = 0;
  for await (const piece of readText(file, dialect.encoding, signal, csvError)) {
    rest += piece;
    while (passed < line) {
      // A CR at the end of a piece can be half a line break: it waits for the next piece.
      const end = /\r\n|\n|\r(?!$)/u.exec(rest);
      if (!end) break;
      rest = rest.slice(end.index + end[0].length);
      passed += 1;
    }
    if (passed < line) continue;
    text += rest;
    rest = '';
    if (text.length < walkAt) continue;
    // What comes after the row may be wrong in another way; it is not read if it need not be.
    const walked = walkRow(text, dialect.delimiter, line);
    const goesOn = walked.endedBy === 'endOfText' || walked.fault?.code === 'unterminatedQuote';
    if (!goesOn || text.length > ROW_BYTES) return walked;
    walkAt = text.length * 2;
  }
  return walkRow(text, dialect.delimiter, line);
};

const FAULTS = {
  unterminatedQuote: 'the quote that opens here is never closed',
  quoteInUnquotedCell: 'a quote stands inside a cell that is not quoted',
  textAfterQuote: 'text follows the closing quote of a cell',
} as const;

const unreadableRow = async (
  file: string,
  dialect: CsvDialect,
  line: number,
  signal: AbortSignal,
  cause?: Error,
): Promise<SourceError> => {
  const { cells, lengths, fault } = await walkFrom(file, dialect, line, signal);
  const long = lengths.findIndex((length) => length > CELL_CHARACTERS);
  if (long !== -1) {
    const limit = CELL_CHARACTERS.toLocaleString('en');
    return csvError('cellTooLong', file, `a cell of more than ${limit} characters begins here`, cells[long], cause);
  }
  if (fault) return csvError(fault.code, file, FAULTS[fault.code], fault.at, cause);
  return csvError('cellTooLong', file, 'a row of more than 16 MiB begins here', { line, column: 1 }, cause);
};

const tooFewCells = async (
  file: string,
  dialect: CsvDialect,
  columns: readonly string[],
  { line, cells }: Row,
  signal: AbortSignal,
): Promise<SourceError> => {
  const { end, endedBy } = await walkFrom(file, dialect, line, signal);
  const counted = `${cells.length} of ${columns.length} cells; from "${columns[cells.length]}" on they are missing`;
  return endedBy === 'endOfText'
    ? csvError('cutOff', file, `the file ends in the middle of a row: it has ${counted}`, end)
    : csvError('tooFewCells', file, `the row has ${counted}${beginning(line, end)}`, end);
};

const tooManyCells = async (
  file: string,
  dialect: CsvDialect,
  width: number,
  { line, cells }: Row,
  signal: AbortSignal,
): Promise<SourceError> => {
  const walked = await walkFrom(file, dialect, line, signal);
  const at: Position = walked.cells[width] ?? { line };
  return csvError(
    'tooManyCells',
    file,
    `the row has ${cells.length} cells; the header names ${width}${beginning(line, at)}`,
    at,
  );
};

/** Said where a defect is not on the line on which its row begins. */
const beginning = (line: number, at: Position): string => (at.line === line ? '' : ` (it begins on line ${line})`);
