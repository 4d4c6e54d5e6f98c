// Numbers that JavaScript cannot hold, and where JSON stops being JSON.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { faultPosition, parseJson } from './json.ts';

test('what JSON.parse reads without loss is read the same', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
      const text = JSON.stringify(value);
      expect(JSON.stringify(parseJson(text), unquote)).toBe(JSON.stringify(JSON.parse(text), unquote));
    }),
  );
});

/** Numbers that keep their text compare by it. */
const unquote = (_key: string, value: unknown): unknown => (typeof value === 'number' ? String(value) : value);

test('each number is written back as it stood', () => {
  const integer = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }).map(String);
  const decimal = fc.tuple(fc.integer(), fc.stringMatching(/^\d{1,30}$/)).map(([whole, rest]) => `${whole}.${rest}`);
  fc.assert(
    fc.property(fc.oneof(integer, decimal), (written) => {
      expect(String((parseJson(`{"n": ${written}}`) as { n: unknown }).n)).toBe(written);
    }),
  );
});

test.each([
  ['', 'after 0 characters'],
  ['{"a": [1, tru', 'after 13 characters'],
  ['{"a": "Zo', 'after 9 characters'],
  ['{"a": -', 'after 7 characters'],
  ['{"a": 1}}', 'at line 1, column 9'],
  ['{"a": oops}', 'at line 1, column 7'],
  ['[\n1,\n"a\tb"]', 'at line 3, column 3'],
  ['[1,\n 2 3]', 'at line 2, column 4'],
])('%j stops being JSON %s', (text, where) => {
  expect(() => parseJson(text)).toThrow(SyntaxError);
  expect(faultPosition(text)).toBe(where);
});
