// The records of a text file: its lines, or pieces of one length where it has none.
import type { TextColumn, TextSettings } from '../../model/source-settings.ts';
import { readBytes, readText } from '../source-file.ts';
import { codePageName, lettersOf } from './code-pages.ts';
import { textError } from './errors.ts';

export interface TextRecord {
  /** Of a line its number, of another record which one it is; from 1. */
  readonly line: number;
  readonly text: string;
}

/** How the records of a file are told apart. */
export interface RecordForm {
  readonly encoding: string;
  /** Null: lines of any length. */
  readonly length: number | null;
  /** Whether each record is a line. */
  readonly lines: boolean;
}

const LONGEST = 1024 * 1024;
/** What DOS and some programs to send files put behind the last record. */
const END_OF_FILE = /^[\x1a\r\n\x85]*$/;

/** The text of a file, in pieces, whatever its code page. */
export async function* decoded(file: string, encoding: string, signal: AbortSignal): AsyncGenerator<string> {
  const page = codePageName(encoding);
  if (page === undefined) {
    yield* readText(file, encoding, signal, textError);
    return;
  }
  const letters = lettersOf(page);
  for await (const bytes of readBytes(file, signal, textError)) {
    let text = '';
    for (const byte of bytes) text += letters[byte];
    yield text;
  }
}

/**
 * The form of a file that begins with `head`: with a length, its records are lines if the first is followed by a line's end.
 * Where numbers stand as bytes nothing is a line's end: such a byte is a part of one.
 */
export const recordForm = (head: string, encoding: string, { recordLength, columns }: TextSettings): RecordForm => ({
  encoding,
  length: recordLength,
  lines: recordLength === null || (!hasBytes(columns ?? []) && /[\r\n\x85]/.test(head[recordLength] ?? '')),
});

const hasBytes = (columns: readonly TextColumn[]): boolean =>
  columns.some(({ picture }) => picture !== null && picture.usage !== 'display');

/** The records of a file, in handfuls. Errors: {@link SourceError}. */
export async function* textRecords(
  file: string,
  { encoding, length, lines }: RecordForm,
  signal: AbortSignal,
): AsyncGenerator<readonly TextRecord[]> {
  let rest = '';
  let passed = 0;
  const cut = (text: string, last: boolean): TextRecord[] => {
    const parts = lines ? cutLines(text, last) : cutLengths(text, length!);
    rest = parts.pop()!;
    if (rest.length > LONGEST) {
      const message = 'a record of more than a million characters begins here';
      throw textError('lineTooLong', file, message, { line: passed + parts.length + 1 });
    }
    const first = passed;
    passed += parts.length;
    return parts.map((part, index) => ({ line: first + index + 1, text: part }));
  };
  for await (const piece of decoded(file, encoding, signal)) yield checked(file, cut(rest + piece, false), length);
  const tail = cut(rest, true);
  const [left] = END_OF_FILE.test(rest) ? [] : [{ line: passed + 1, text: rest }];
  yield checked(file, left ? [...tail, left] : tail, length);
}

/** A CR at the end of what has been read can be half of a line's end: it waits, unless nothing follows. */
const cutLines = (text: string, last: boolean): string[] =>
  text.split(last ? /\r\n|[\n\r\x85]/ : /\r\n|[\n\x85]|\r(?!$)/);

const cutLengths = (text: string, length: number): string[] => {
  const parts: string[] = [];
  let at = 0;
  for (; at + length <= text.length; at += length) parts.push(text.slice(at, at + length));
  return [...parts, text.slice(at)];
};

const checked = (file: string, records: readonly TextRecord[], length: number | null): readonly TextRecord[] => {
  const wrong = length === null ? undefined : records.find(({ text }) => text.length !== length);
  if (!wrong) return records;
  throw textError('wrongLength', file, `the record has ${wrong.text.length} characters, not ${length}`, {
    line: wrong.line,
    column: Math.min(wrong.text.length, length!) + 1,
  });
};
