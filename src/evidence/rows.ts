// Files of many rows: each line sealed to the one before, so that one that was altered, dropped or moved is named.
import { createHash } from 'node:crypto';

/** Makes the lines of a file, one after another. */
export class RowSealer {
  #seal = '';

  /** A line with its end. `extra` stands beside the row and is sealed with it. */
  line(row: unknown, extra: Readonly<Record<string, number>> = {}): string {
    const rest = `${JSON.stringify({ ...extra, row }).slice(1)}`;
    this.#seal = sealOf(this.#seal, rest);
    return `{"seal":"${this.#seal}",${rest}\n`;
  }
}

const START = /^\{"seal":"([0-9a-f]{16})",/;
const START_LENGTH = '{"seal":"0123456789abcdef",'.length;
const ROW = /^(?:"line":\d+,)?"row":/;

/** Reads the lines of a file, one after another. */
export class RowReader {
  #seal = '';

  /** The JSON text of a line's row; undefined where the line is not the one that was written there. */
  row(line: Buffer): Buffer | undefined {
    const stated = START.exec(line.subarray(0, START_LENGTH).toString('latin1'))?.[1];
    if (stated === undefined) return undefined;
    const rest = line.subarray(START_LENGTH);
    this.#seal = sealOf(this.#seal, rest);
    const start = ROW.exec(rest.subarray(0, 40).toString('latin1'))?.[0].length;
    if (stated !== this.#seal || start === undefined) return undefined;
    return rest.subarray(start, -1);
  }
}

/** The first 16 hexadecimal digits of SHA-256 over the seal of the line before and all that follows a line's own. */
const sealOf = (before: string, rest: string | Buffer): string =>
  createHash('sha256').update(before).update(rest).digest('hex').slice(0, 16);
