// Writes text in a code page of mainframes, for tests and examples.
import { lettersOf } from '../../src/collect/text/code-pages.ts';

/** Errors: RangeError for a letter that the page does not have. */
export const inCodePage = (page: string, text: string): Buffer => {
  const bytes = new Map([...lettersOf(page)].map((letter, byte) => [letter, byte]));
  return Buffer.from(
    [...text].map((letter) => {
      const byte = bytes.get(letter);
      if (byte === undefined) throw new RangeError(`${page} has no ${letter}`);
      return byte;
    }),
  );
};
