// A file that is written whole or not at all.
import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Characters that are written at once. */
const PIECE = 64 * 1024;

/**
 * Writes a file under another name and gives it its own once it is complete; one that was there is replaced then. The
 * folder is made if need be. What `write` returns is handed on.
 *
 * Errors: those of the file system, and what `write` throws; the file is as it was before, and nothing is left beside it.
 */
export const writeWhole = async <Result>(
  file: string,
  write: (put: (piece: string | Uint8Array) => Promise<void>) => Promise<Result>,
  mode: { readonly file: number; readonly folder: number } = { file: 0o666, folder: 0o777 },
): Promise<Result> => {
  await mkdir(dirname(file), { recursive: true, mode: mode.folder });
  const unfinished = `${file}.${randomBytes(4).toString('hex')}.part`;
  // Opened before anything is read and closed before it is removed: so that no late opening makes it anew.
  const handle = await open(unfinished, 'wx', mode.file);
  try {
    let waiting = '';
    const flush = async () => {
      const piece = waiting;
      waiting = '';
      if (piece !== '') await handle.appendFile(piece);
    };
    const result = await write(async (piece) => {
      if (typeof piece === 'string') waiting += piece;
      if (waiting.length >= PIECE || typeof piece !== 'string') await flush();
      if (typeof piece !== 'string') await handle.appendFile(piece);
    });
    await flush();
    await handle.close();
    await rename(unfinished, file);
    return result;
  } catch (error) {
    // What went wrong first is what is told.
    await handle.close().catch(() => {});
    await rm(unfinished, { force: true }).catch(() => {});
    throw error;
  }
};
