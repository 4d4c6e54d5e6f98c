// Numbers of mainframes, byte by byte: what they are, and what is none.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CODE_PAGES, lettersOf } from './code-pages.ts';
import { numberIn, pictureOf, pictureProblem, UnreadableNumber } from './pictures.ts';

/** Bytes as the source has them: letters of a page. */
const field = (hex: string, page = 'ibm037'): string => {
  const letters = [...lettersOf(page)];
  return [...Buffer.from(hex, 'hex')].map((byte) => letters[byte]).join('');
};
const number = (picture: string, hex: string, page = 'ibm037') => numberIn(pictureOf(picture)!, field(hex, page), page);

test('each byte of a code page has a letter of its own, so that bytes can be had back', () => {
  for (const page of CODE_PAGES) expect(new Set(lettersOf(page)).size).toBe(256);
});

test.each([
  ['9(5) COMP-3', '00123c', '00123'],
  ['9(5) COMP-3', '00123f', '00123'],
  ['9(4) COMP-3', '00123f', '0123'],
  ['9 COMP-3', '7c', '7'],
  ['S9(5) COMP-3', '00123c', '123'],
  ['S9(5) COMP-3', '00123d', '-123'],
  ['S9(5) COMP-3', '00000d', '0'],
  ['S9(7)V99 COMP-3', '000123450c', '1234.50'],
  ['S9(7)V99 COMP-3', '000000005d', '-0.05'],
  ['9V9(4) COMP-3', '12345f', '1.2345'],
  ['9(5) PACKED-DECIMAL', '00123c', '00123'],
  ['9(5) COMP-3', '404040', ''],
  ['9(5) COMP-3', '000000', ''],
  ['9(5) COMP-3', 'ffffff', ''],
  ['9(4) COMP', '0000', '0000'],
  ['9(4) COMP', '00ff', '0255'],
  ['9(4) COMP', 'ffff', '65535'],
  ['S9(4) COMP', 'ffff', '-1'],
  ['S9(9) BINARY', '80000000', '-2147483648'],
  ['S9(16)V99 COMP', '7fffffffffffffff', '92233720368547758.07'],
  ['S9(3)V99 COMP', 'fffffffb', '-0.05'],
  ['9(5)', 'f0f0f1f2f3', '00123'],
  ['PIC 9(5).', 'f0f0f1f2f3', '00123'],
  ['9(5)', 'f0f0f1f2c3', '00123'],
  ['S9(5)', 'f0f0f1f2d3', '-123'],
  ['S9(3)V99 DISPLAY', 'f0f0f1f2c0', '1.20'],
  ['S9(3)', '60f0f1f2', '-12'],
  ['S9(3)', 'f0f1f24e', '12'],
  ['9(3)', '404040', ''],
])('%s of x%s is "%s"', (picture, hex, text) => {
  expect(number(picture, hex)).toBe(text);
  expect(pictureProblem(picture, hex.length / 2)).toBeUndefined();
});

test('a sign in the last digit is the byte, whatever letter a code page has for it', () => {
  for (const page of ['ibm037', 'ibm500', 'ibm273', 'ibm1047', 'ibm1140']) {
    expect(number('S9(3)', 'f1f2c0', page)).toBe('120');
    expect(number('S9(3)', 'f1f2d0', page)).toBe('-120');
    expect(number('S9(5) COMP-3', '12345d', page)).toBe('-12345');
  }
});

test('on other systems it is a letter', () => {
  const at = (text: string) => numberIn(pictureOf('S9(3)')!, text, 'auto');
  expect(['12{', '12A', '12}', '12J', '12p', '123'].map(at)).toEqual(['120', '121', '-120', '-121', '-120', '123']);
});

test.each([
  ['9(5) COMP-3', 'c1c2c3', 0, 'no packed decimal stands here'],
  ['9(5) COMP-3', '00a23c', 1, 'no packed decimal stands here'],
  ['9(5) COMP-3', '001230', 2, 'no packed decimal stands here'],
  ['9(5) COMP-3', '00123d', 2, 'a negative number stands here, and its picture has no S'],
  ['9(4) COMP-3', '10123c', 0, 'a packed decimal of more than 4 digits stands here'],
  ['9(5)', 'f0f0c1f2f3', 2, 'no digit stands here'],
  ['9(5)', 'f0f04040f3', 2, 'no digit stands here'],
  ['9(5)', 'f0f0f1f2d3', 4, 'a negative number stands here, and its picture has no S'],
  ['S9(3)', 'f1f2f3f4', 3, 'no sign stands here'],
])('%s of x%s is none: byte %i, %s', (picture, hex, at, message) => {
  const read = () => number(picture, hex);
  expect(read).toThrow(UnreadableNumber);
  expect(read).toThrow(expect.objectContaining({ at, message }));
});

test('whatever number is packed, written in digits or binary comes back', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 17n) + 1n, max: 10n ** 17n - 1n }), (value) => {
      const [negative, digits] = [value < 0n, String(value < 0n ? -value : value).padStart(17, '0')];
      expect(number('S9(17) COMP-3', `${digits}${negative ? 'd' : 'c'}`)).toBe(String(value));
      const bytes = [...digits].map((digit, at) => `${at < 16 ? 'f' : negative ? 'd' : 'c'}${digit}`).join('');
      expect(number('S9(17)', bytes)).toBe(String(value));
      const binary = Buffer.alloc(8);
      binary.writeBigInt64BE(value);
      expect(number('S9(17) COMP', binary.toString('hex'))).toBe(String(value));
    }),
  );
});

test.each([
  ['X(8)', 8, 'expected a picture such as 9(5), S9(7)V99 COMP-3 or 9(4) COMP'],
  ['9(5) COMP-1', 4, 'expected a picture such as'],
  ['S9(7)V99 COMP-3', 3, 'S9(7)V99 COMP-3 takes 5 bytes, not 3'],
  ['9(4) COMP', 4, '9(4) COMP takes 2 bytes, not 4'],
  ['S9(5)', 4, 'S9(5) takes 5 or 6 bytes, not 4'],
  ['9(5)', null, '9(5) takes 5 bytes, not all up to the end'],
  ['9(19) COMP', 8, 'expected 1 to 18 digits'],
])('%s in %s bytes: %s', (picture, length, problem) => {
  expect(pictureProblem(picture, length)).toContain(problem);
});
