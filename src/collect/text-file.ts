// A text file as a source reads it: what it is, in which encoding, and its lines.
import { ENCODING_REMEDIES, findEncoding } from './encodings.ts';
import { foreignBytes, foreignRemedies, foreignText } from './foreign-formats.ts';
import { FILE_REMEDIES, type FileError, type FileState, fileState, readHead, readText } from './source-file.ts';

export const textRemedies = (wanted: string) => ({
  ...FILE_REMEDIES,
  ...ENCODING_REMEDIES,
  ...foreignRemedies(wanted),
  spreadsheet: 'If it is an Excel workbook (.xlsx), write "source: { excel: … }".',
  emptyFile: 'Export the accounts again.',
  lineTooLong: 'Check the export: no line of accounts is that long.',
});

export type TextFileError = FileError<keyof ReturnType<typeof textRemedies>>;

export interface TextFile {
  readonly state: FileState;
  readonly encoding: string;
  /** Its beginning. */
  readonly head: string;
}

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its end. */
  readonly text: string;
}

const HEAD_BYTES = 64 * 1024;
const LINE_CHARACTERS = 16 * 1024 * 1024;

/** Looks at the beginning of a file. Errors: {@link SourceError} for what is no text; `wanted` is what it should be: `an LDIF file`. */
export const lookAtText = async (
  file: string,
  choice: string,
  wanted: string,
  fail: TextFileError,
): Promise<TextFile> => {
  const state = await fileState(file, fail);
  const head = await readHead(file, HEAD_BYTES, fail);
  if (head.length === 0) throw fail('emptyFile', file, 'the file is empty');
  const refuse = (found: ReturnType<typeof foreignBytes>) => {
    if (found) throw fail(found.code, file, `this is ${found.what}, not ${wanted}`);
  };
  refuse(foreignBytes(head));
  const encoding = findEncoding(file, head, choice, fail);
  const text = new TextDecoder(encoding).decode(head, { stream: true }).replace(/^\uFEFF+/u, '');
  refuse(foreignText(text));
  return { state, encoding, head: text };
};

/** The lines of a file, in handfuls; they end in CR LF, LF or CR. Errors: those of {@link readText}, `lineTooLong`. */
export async function* readLines(
  file: string,
  encoding: string,
  signal: AbortSignal,
  fail: TextFileError,
): AsyncGenerator<readonly Line[]> {
  let rest = '';
  let number = 0;
  for await (const piece of readText(file, encoding, signal, fail)) {
    const text = rest + piece;
    // A CR at the end of a piece can be half of an end: it waits for the next piece.
    const lines = text.split(/\r\n|\n|\r(?!$)/u);
    rest = lines.pop()!;
    if (rest.length > LINE_CHARACTERS) {
      throw fail('lineTooLong', file, 'a line of more than 16 million characters begins here', { line: number + 1 });
    }
    const first = number;
    number += lines.length;
    yield lines.map((line, index) => ({ number: first + index + 1, text: line }));
  }
  if (rest !== '') yield [{ number: number + 1, text: rest.replace(/\r$/u, '') }];
}
