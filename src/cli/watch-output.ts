// Standard output and error, watched: what is written where nobody reads any more is no failure of ours.
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Io } from './io.ts';

/** `lost` answers why output could not be written, where that was not for want of a reader. */
export type WatchedOutput = Pick<Io, 'out' | 'err' | 'isRead' | 'taken'> & { lost(): Error | undefined };

/** Whatever becomes of the readers, a command that writes to a directory comes to its end. */
export const watchOutput = (out: Writable, err: Writable): WatchedOutput => {
  let isRead = true;
  let lost: Error | undefined;
  out.on('error', (error: NodeJS.ErrnoException) => {
    isRead = false;
    if (error.code !== 'EPIPE' && error.code !== 'EOF') lost = error;
  });
  // There is nobody left to tell.
  err.on('error', () => undefined);
  return {
    out: (text) => {
      if (isRead) out.write(text);
    },
    err: (text) => {
      err.write(text);
    },
    isRead: () => isRead,
    taken: async () => {
      // A reader that has gone takes nothing any more, and nothing tells so a second time.
      if (!isRead || !out.writableNeedDrain) return;
      await once(out, 'drain').catch(() => undefined);
    },
    lost: () => lost,
  };
};
