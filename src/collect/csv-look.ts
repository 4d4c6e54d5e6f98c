// Finds out by looking how a CSV file is written, and refuses what is not one.
import { csvError } from './csv-errors.ts';
import { findEncoding } from './encodings.ts';
import { foreignBytes, foreignText } from './foreign-formats.ts';

/** How a CSV file is written. */
export interface CsvDialect {
  /** A WHATWG encoding name. */
  readonly encoding: string;
  readonly delimiter: string;
  /** The first line is `sep=;`, which spreadsheets understand as "the delimiter is a semicolon". */
  readonly separatorLine: boolean;
}

export interface CsvChoices {
  readonly encoding: string;
  readonly delimiter: string;
}

/** So many bytes from the start of the file are enough to look at. */
export const HEAD_BYTES = 64 * 1024;

/** The rarer in text, the earlier: of two that split alike, the first is taken. */
const DELIMITERS = ['\t', ';', ','] as const;

const DELIMITER_NAMES: Readonly<Record<string, string>> = {
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'pipe',
  ' ': 'space',
};

/** For people: `UTF-8, comma`. */
export const dialectText = ({ encoding, delimiter }: CsvDialect): string =>
  `${encoding.startsWith('utf') ? encoding.toUpperCase() : encoding}, ${DELIMITER_NAMES[delimiter] ?? delimiter}`;

/**
 * Says how the file that begins with `head` is written. A byte order mark wins over the choice of an encoding; without
 * a mark and a choice it is UTF-8.
 *
 * Errors: {@link SourceError} for what is no CSV file: a page, a spreadsheet, an archive, an empty file, and for
 * choices that do not exist.
 */
export const look = (file: string, head: Buffer, choices: CsvChoices): CsvDialect => {
  if (head.length === 0) throw csvError('emptyFile', file, 'the file is empty');
  refuseBinary(file, head);
  const encoding = findEncoding(file, head, choices.encoding, csvError);
  // What is invalid is found, with its place, when the file is read.
  const text = new TextDecoder(encoding).decode(head, { stream: true }).replace(/^\uFEFF+/u, '');
  refuseOtherText(file, text);
  const separator = /^sep=([^"\r\n])(?=\r|\n|$)/iu.exec(text)?.[1];
  if (choices.delimiter !== 'auto') checkDelimiter(file, choices.delimiter);
  const delimiter = choices.delimiter !== 'auto' ? choices.delimiter : (separator ?? findDelimiter(text));
  return { encoding, delimiter, separatorLine: separator !== undefined };
};

const refuseBinary = (file: string, head: Buffer): void => {
  const found = foreignBytes(head);
  if (found) throw csvError(found.code, file, `this is ${found.what}, not a CSV file`);
};

const refuseOtherText = (file: string, text: string): void => {
  const start = text.trimStart().slice(0, 1000);
  if (start === '' && text.length < HEAD_BYTES / 4)
    throw csvError('emptyFile', file, 'the file holds nothing but blanks');
  const found = foreignText(start);
  if (found) throw csvError(found.code, file, `this is ${found.what}, not a CSV file`, { line: 1, column: 1 });
};

const checkDelimiter = (file: string, delimiter: string): void => {
  if ([...delimiter].length !== 1 || /["\r\n\0]/u.test(delimiter)) {
    throw csvError('badDelimiter', file, `${JSON.stringify(delimiter)} cannot separate cells`);
  }
};

/** So many rows are looked at. */
const ROWS_TO_LOOK_AT = 20;

/**
 * The delimiter that splits the header into the most cells, among those that split all other rows alike; if none does,
 * among all. A file with one column has a comma.
 */
const findDelimiter = (text: string): string => {
  const counts = DELIMITERS.map((delimiter) => ({ delimiter, perRow: countPerRow(text, delimiter) }));
  const steady = counts.filter(({ perRow }) => perRow.every((count) => count === perRow[0]));
  const best = (candidates: typeof counts) =>
    candidates.reduce((most, next) => (next.perRow[0]! > most.perRow[0]! ? next : most), candidates[0]!);
  const chosen = steady.some(({ perRow }) => perRow[0]! > 0) ? best(steady) : best(counts);
  return chosen.perRow[0]! > 0 ? chosen.delimiter : ',';
};

/** How many delimiters stand outside quotes in each of the first rows that are complete and not blank. */
const countPerRow = (text: string, delimiter: string): number[] => {
  const rows: number[] = [];
  let count = 0;
  let quoted = false;
  let blank = true;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    if (!quoted && (character === '\n' || character === '\r')) {
      if (!blank) rows.push(count);
      if (rows.length === ROWS_TO_LOOK_AT) return rows;
      count = 0;
      blank = true;
      continue;
    }
    if (!quoted && character === delimiter) count += 1;
    else if (character.trim() !== '') blank = false;
  }
  // The end of what is looked at can be the middle of a row; it counts only when there is no other.
  if (rows.length === 0) rows.push(count);
  return rows;
};
