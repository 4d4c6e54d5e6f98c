import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fold } from './fold.ts';

test('letters whose cases answer each other are folded, accented ones and other scripts too', () => {
  for (const [one, other] of ['aA', 'éÉ', 'üÜ', 'øØ', 'яЯ', 'ωΩ', 'ａＡ'].map((pair) => [...pair])) {
    expect(fold(one!)).toBe(fold(other!));
  }
});

test('letters whose cases go one way only stay apart, and so do accents, widths and spellings', () => {
  const apart = [
    'k',
    '\u212a',
    's',
    'ſ',
    'i',
    'ı',
    'İ',
    'i\u0307',
    'ss',
    'ß',
    'ẞ',
    'σ',
    'ς',
    'e',
    'é',
    'e\u0301',
    'ｅ',
    'ﬁ',
    'fi',
  ];
  expect(new Set(apart.map(fold)).size).toBe(apart.length);
});

const LETTERS = [
  'a',
  'A',
  'ß',
  'ẞ',
  'ſ',
  's',
  'S',
  'ı',
  'I',
  'i',
  'İ',
  'σ',
  'Σ',
  'ς',
  'k',
  '\u212a',
  'ǅ',
  'ω',
  '\u2126',
  '\u0307',
];
const letter = fc.oneof(fc.constantFrom(...LETTERS), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }));
const text = fc.string({ unit: letter, maxLength: 8 });

test('what begins like a text still does when both are folded, and folding twice changes nothing', () => {
  fc.assert(
    fc.property(text, text, (one, other) => {
      expect(fold(one + other).startsWith(fold(one))).toBe(true);
      expect(fold(fold(one))).toBe(fold(one));
    }),
    { numRuns: 500 },
  );
});

test('what is equal here is equal to whoever compares by small letters, and to whoever compares by capitals', () => {
  const spelling = fc.array(fc.tuple(letter, fc.boolean()), { maxLength: 6 });
  fc.assert(
    fc.property(spelling, (letters) => {
      const one = letters.map(([c]) => c).join('');
      const other = letters.map(([c, upper]) => (upper ? c.toUpperCase() : c.toLowerCase())).join('');
      if (fold(one) !== fold(other)) return;
      expect(one.toLowerCase()).toBe(other.toLowerCase());
      expect(one.toUpperCase()).toBe(other.toUpperCase());
    }),
    { numRuns: 1000 },
  );
});
