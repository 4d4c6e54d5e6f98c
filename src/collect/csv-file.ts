// The bytes and the text of a CSV file. Every read begins at the start, so a defect's place is looked for only when there is one.
import { createReadStream } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { didYouMean } from '../model/nearest.ts';
import { csvError } from './csv-errors.ts';

const PIECE_BYTES = 64 * 1024;

/** What tells one state of a file from another. */
export interface FileState {
  readonly size: number;
  readonly mtimeMs: number;
}

/** Throws {@link SourceError} unless `file` is a file that can be looked at. */
export const fileState = async (file: string): Promise<FileState> => {
  const found = await stat(file).catch((error) => fileError(file, error));
  if (found.isDirectory()) throw csvError('isFolder', file, 'this is a folder, not a file');
  if (!found.isFile()) throw csvError('notAFile', file, 'this is not a file but a pipe or a device');
  return { size: found.size, mtimeMs: found.mtimeMs };
};

/** Up to `length` bytes from the start of `file`. */
export const readHead = async (file: string, length: number): Promise<Buffer> => {
  const handle = await open(file).catch((error) => fileError(file, error));
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
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
export async function* readText(file: string, encoding: string, signal: AbortSignal): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let atStart = true;
  for await (const bytes of readBytes(file, signal)) {
    let text: string;
    try {
      text = decoder.decode(bytes, { stream: true });
    } catch (cause) {
      throw await invalidBytes(file, encoding, signal, cause);
    }
    // Files that were put together from others can carry several marks at their start.
    if (atStart) text = text.replace(/^\uFEFF+/u, '');
    if (text !== '') atStart = false;
    if (text.includes('\0')) throw await nulCharacter(file, encoding, signal);
    yield text;
  }
  try {
    yield decoder.decode();
  } catch (cause) {
    const place = new TextPlace();
    for await (const text of readValidText(file, encoding, signal)) place.pass(text);
    throw csvError('cutOff', file, `the file ends in the middle of a character (read as ${encoding})`, place, cause);
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

async function* readBytes(file: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const stream = createReadStream(file, { highWaterMark: PIECE_BYTES, signal });
  try {
    for await (const bytes of stream) yield bytes as Buffer;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    await fileError(file, error);
  }
}

/** The text up to the first bytes that are not valid, byte by byte where it matters. */
async function* readValidText(file: string, encoding: string, signal: AbortSignal): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  for await (const bytes of readBytes(file, signal)) {
    for (let i = 0; i < bytes.length; i += 1) {
      try {
        yield decoder.decode(bytes.subarray(i, i + 1), { stream: true });
      } catch {
        return;
      }
    }
  }
}

const invalidBytes = async (file: string, encoding: string, signal: AbortSignal, cause: unknown) => {
  const place = new TextPlace();
  for await (const text of readValidText(file, encoding, signal)) place.pass(text);
  return csvError('invalidEncoding', file, `the bytes here are not valid ${encoding}`, place, cause);
};

const nulCharacter = async (file: string, encoding: string, signal: AbortSignal) => {
  const place = new TextPlace();
  for await (const text of readValidText(file, encoding, signal)) {
    if (text === '\0') break;
    place.pass(text);
  }
  return csvError('nulByte', file, 'a NUL character stands here', place);
};

const fileError = async (file: string, error: unknown): Promise<never> => {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    const neighbours = await readdir(dirname(file)).catch(() => []);
    const hint = didYouMean(basename(file), neighbours);
    throw csvError('notFound', file, `there is no such file${hint}`, {}, error);
  }
  if (code === 'EACCES' || code === 'EPERM') throw csvError('noPermission', file, 'it may not be read', {}, error);
  throw csvError('unreadable', file, `it cannot be read (${code ?? message})`, {}, error);
};
