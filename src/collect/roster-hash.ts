// A roster's identity: its content, and nothing else.
import { createHash } from 'node:crypto';
import type { Account } from '../model/account.ts';

/** Hashing in large pieces is several times faster than row by row. */
const PIECE_CHARACTERS = 64 * 1024;

/** Hashes columns, then the cells of each account as they pass: each a JSON array on its own line, UTF-8, SHA-256. */
export class RosterHash {
  readonly #hash = createHash('sha256');
  #waiting: string;
  rows = 0;

  constructor(columns: readonly string[]) {
    this.#waiting = `${JSON.stringify(columns)}\n`;
  }

  add({ cells }: Account): void {
    this.rows += 1;
    this.#waiting += `${JSON.stringify(cells)}\n`;
    if (this.#waiting.length >= PIECE_CHARACTERS) this.#flush();
  }

  /** `sha256:` and 64 hexadecimal digits. Ends the hash. */
  digest(): string {
    this.#flush();
    return `sha256:${this.#hash.digest('hex')}`;
  }

  #flush(): void {
    this.#hash.update(this.#waiting);
    this.#waiting = '';
  }
}
