// A file as a source reads it: its state, its bytes, its text. A defect's place is looked for only when there is one.
import { createReadStream } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { SourceError } from '../model/errors.ts';
import { didYouMean } from '../model/nearest.ts';

/** Where in the file a defect is; counted from 1, a column in characters. */
export interface Position {
  readonly line?: number;
  readonly column?: number;
}

/** What can be wrong with a file of any kind. */
export const FILE_REMEDIES = {
  notFound: 'Correct the path; in rollcall.yaml it stands under source.',
  isFolder: 'Name the file itself; in rollcall.yaml its path stands under source.',
  notAFile: 'Save the data to a file first; it is read more than once.',
  noPermission: 'Give the account that runs Rollcall the right to read it.',
  locked: 'Close it where it is open, or wait until its export has finished; then run the same command again.',
  unreadable: 'Check the disk or the network share, then run the same command again.',
  changedWhileReading: 'Wait until the export has finished, then run the same command again.',
} as const;

export type FileDefect = keyof typeof FILE_REMEDIES;

/** Makes the error for a defect, with the remedy that the kind of source has for it. */
export type FileError<Defect extends string = FileDefect> = (
  code: Defect,
  file: string,
  message: string,
  position?: Position,
  cause?: unknown,
) => SourceError;

/** Makes the errors of one kind of file: each code with its remedy, each message with its place. */
export const fileErrors =
  <Defect extends string>(remedies: Readonly<Record<Defect, string>>): FileError<Defect> =>
  (code, file, message, position = {}, cause) =>
    new SourceError(code, { file, ...position }, message, remedies[code], cause === undefined ? undefined : { cause });

export type TextError = FileError<FileDefect | 'invalidEncoding' | 'cutOff' | 'nulByte'>;

const PIECE_BYTES = 64 * 1024;

/** What tells one state of a file from another. */
export interface FileState {
  readonly size: number;
  readonly mtimeMs: number;
}

/** Throws {@link SourceError} unless `file` is a file that can be looked at. */
export const fileState = async (file: string, fail: FileError): Promise<FileState> => {
  const found = await stat(file).catch((error) => fileError(file, error, fail));
  if (found.isDirectory()) throw fail('isFolder', file, 'this is a folder, not a file');
  if (!found.isFile()) throw fail('notAFile', file, 'this is not a file but a pipe or a device');
  return { size: found.size, mtimeMs: found.mtimeMs };
};

/** Throws {@link SourceError} unless the file is still as it was. */
export const checkUnchanged = async (file: string, before: FileState, fail: FileError): Promise<void> => {
  const now = await fileState(file, fail);
  if (now.size === before.size && now.mtimeMs === before.mtimeMs) return;
  throw fail('changedWhileReading', file, 'the file was changed while it was read');
};

/** Up to `length` bytes of `file`, from its start or from another place. */
export const readHead = async (file: string, length: number, fail: FileError, from = 0): Promise<Buffer> => {
  const handle = await open(file).catch((error) => fileError(file, error, fail));
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
};

/**
 * The text of `file`, in pieces, without its byte order mark.
 *
 * Errors: {@link SourceError} `invalidEncoding`, `cutOff` or `nulByte` with line and column, or what the file system says.
 */
export async function* readText(
  file: string,
  encoding: string,
  signal: AbortSignal,
  fail: TextError,
): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let atStart = true;
  for await (const bytes of readBytes(file, signal, fail)) {
    let text: string;
    try {
      text = decoder.decode(bytes, { stream: true });
    } catch (cause) {
      throw await invalidBytes(file, encoding, signal, fail, cause);
    }
    // Files that were put together from others can carry several marks at their start.
    if (atStart) text = text.replace(/^\uFEFF+/u, '');
    if (text !== '') atStart = false;
    if (text.includes('\0')) throw await nulCharacter(file, encoding, signal, fail);
    yield text;
  }
  try {
    yield decoder.decode();
  } catch (cause) {
    const place = new TextPlace();
    for await (const text of readValidText(file, encoding, signal, fail)) place.pass(text);
    throw fail('cutOff', file, `the file ends in the middle of a character (read as ${encoding})`, place, cause);
  }
}

/** Counts lines and characters as text passes. A line break is CR LF, LF or CR. */
export class TextPlace {
  line = 1;
  column = 1;
  #afterCr = false;

  pass(text: string): void {
    for (const character of text) {
      if (character === '\n' && this.#afterCr) {
        // The second half of a line break that has been counted.
      } else if (character === '\n' || character === '\r') {
        this.line += 1;
        this.column = 1;
      } else {
        this.column += 1;
      }
      this.#afterCr = character === '\r';
    }
  }
}

/** The bytes of `file`, in pieces. */
export async function* readBytes(file: string, signal: AbortSignal, fail: FileError): AsyncGenerator<Buffer> {
  const stream = createReadStream(file, { highWaterMark: PIECE_BYTES, signal });
  try {
    for await (const bytes of stream) yield bytes as Buffer;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    await fileError(file, error, fail);
  }
}

/** The text up to the first bytes that are not valid, byte by byte where it matters. */
async function* readValidText(
  file: string,
  encoding: string,
  signal: AbortSignal,
  fail: TextError,
): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  for await (const bytes of readBytes(file, signal, fail)) {
    for (let i = 0; i < bytes.length; i += 1) {
      try {
        yield decoder.decode(bytes.subarray(i, i + 1), { stream: true });
      } catch {
        return;
      }
    }
  }
}

const invalidBytes = async (file: string, encoding: string, signal: AbortSignal, fail: TextError, cause: unknown) => {
  const place = new TextPlace();
  for await (const text of readValidText(file, encoding, signal, fail)) place.pass(text);
  return fail('invalidEncoding', file, `the bytes here are not valid ${encoding}`, place, cause);
};

const nulCharacter = async (file: string, encoding: string, signal: AbortSignal, fail: TextError) => {
  const place = new TextPlace();
  for await (const text of readValidText(file, encoding, signal, fail)) {
    if (text === '\0') break;
    place.pass(text);
  }
  return fail('nulByte', file, 'a NUL character stands here', place);
};

/** What Windows says of a file that a program has opened for itself alone, and other systems of one that is locked. */
const LOCKED = ['EBUSY', 'EAGAIN', 'ETXTBSY'];

/** Throws the {@link SourceError} for what the file system says. */
export const fileError = async (file: string, error: unknown, fail: FileError): Promise<never> => {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    const neighbours = await readdir(dirname(file)).catch(() => []);
    const hint = didYouMean(basename(file), neighbours);
    throw fail('notFound', file, `there is no such file${hint}`, {}, error);
  }
  if (code === 'EACCES' || code === 'EPERM') throw fail('noPermission', file, 'it may not be read', {}, error);
  if (LOCKED.includes(code ?? '')) throw fail('locked', file, 'another program holds it open', {}, error);
  throw fail('unreadable', file, `it cannot be read (${code ?? message})`, {}, error);
};
