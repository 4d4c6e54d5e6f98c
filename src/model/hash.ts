// Hashes as Rollcall writes them, over JSON whose keys stand in one order.
import { createHash } from 'node:crypto';

/** JSON with keys sorted, so that equal values have equal texts. Takes plain JSON values only. */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_key, item) => (isPlain(item) ? sorted(item) : item));

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const sorted = (value: Record<string, unknown>): Record<string, unknown> => {
  // No prototype, so that a key named __proto__ is a key like any other.
  const result: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(value).sort()) result[key] = value[key];
  return result;
};

/** `sha256:` and 64 hexadecimal digits, over a text in UTF-8. */
export const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** A digest over items in the order in which they come. */
export class SequenceDigest {
  readonly #hash = createHash('sha256');

  add(item: string): void {
    this.#hash.update(item).update('\n');
  }

  text(): string {
    return `sha256:${this.#hash.copy().digest('hex')}`;
  }
}

/** A digest over items in any order: equal sets have equal digests. Each item is to be added once. */
export class SetDigest {
  readonly #sum = Buffer.alloc(32);

  add(item: string): void {
    const digest = createHash('sha256').update(item).digest();
    for (let i = 0; i < digest.length; i += 1) this.#sum[i]! ^= digest[i]!;
  }

  text(): string {
    return `sha256:${this.#sum.toString('hex')}`;
  }
}
