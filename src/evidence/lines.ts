// The lines of a file as the bytes that they are: only \n ends one.
import { createReadStream } from 'node:fs';

/** A line without its end. `isWhole` is false for a last one that lacks its end. */
export interface Line {
  readonly bytes: Buffer;
  readonly isWhole: boolean;
}

const NEWLINE = 10;

/** The lines of a file. Errors: those of the file system. */
export async function* linesOfFile(file: string): AsyncGenerator<Line> {
  const input = createReadStream(file);
  try {
    yield* linesOf(input);
  } finally {
    input.destroy();
  }
}

/** Splits what comes piece by piece. Decoding it first would let bytes that are no text pass for others. */
export async function* linesOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let waiting: Buffer[] = [];
  for await (const piece of pieces) {
    let from = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, from)) {
      const last = piece.subarray(from, end);
      yield { bytes: waiting.length === 0 ? last : Buffer.concat([...waiting, last]), isWhole: true };
      waiting = [];
      from = end + 1;
    }
    if (from < piece.length) waiting.push(piece.subarray(from));
  }
  if (waiting.length > 0) yield { bytes: Buffer.concat(waiting), isWhole: false };
}
