import { expect, test } from 'vitest';
import { alternatives, type Filter, parseFilter } from './filter.ts';

const compare = (path: string, value: string): Filter => ({ kind: 'compare', operator: 'eq', path, value });

test('"and" binds closer than "or", and parentheses closer than both', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => compare(name, '1')) as [Filter, Filter, Filter];
  expect(parseFilter("a eq '1' or b eq '1' and c eq '1'")).toEqual({
    kind: 'or',
    left: a,
    right: { kind: 'and', left: b, right: c },
  });
  expect(parseFilter("(a eq '1' or b eq '1') and c eq '1'")).toEqual({
    kind: 'and',
    left: { kind: 'or', left: a, right: b },
    right: c,
  });
  expect(parseFilter("not (a eq '1') and b eq '1'")).toEqual({ kind: 'and', left: { kind: 'not', of: a }, right: b });
});

test('a doubled quote is one quote, and nothing inside quotes is read', () => {
  expect(parseFilter("a eq 'O''Neil'")).toEqual(compare('a', "O'Neil"));
  expect(parseFilter("a eq ''''")).toEqual(compare('a', "'"));
  expect(parseFilter("a eq ') or (b eq '")).toEqual(compare('a', ') or (b eq '));
});

test('literals keep their kinds', () => {
  const value = (text: string) => (parseFilter(`a eq ${text}`) as { value: unknown }).value;
  expect(value("'7'")).toBe('7');
  expect(value('7')).toBe(7);
  expect(value('-1.5')).toBe(-1.5);
  expect(value('true')).toBe(true);
  expect(value('null')).toBe(null);
  expect(value('11111111-1111-4111-8111-111111111111')).toEqual({ bare: '11111111-1111-4111-8111-111111111111' });
  expect(value('2026-01-01T00:00:00Z')).toEqual({ bare: '2026-01-01T00:00:00Z' });
});

test('lambdas, lists, functions and counts are read', () => {
  expect(parseFilter("x/any(p:p eq 'a' or p eq 'b')")).toMatchObject({ kind: 'any', path: 'x', variable: 'p' });
  expect(parseFilter("x in ('a', 'b')")).toEqual({ kind: 'in', path: 'x', values: ['a', 'b'] });
  expect(parseFilter("STARTSWITH(x/y,'a')")).toEqual({ kind: 'text', function: 'startsWith', path: 'x/y', value: 'a' });
  expect(parseFilter("startsWith(x,'a') eq true")).toMatchObject({ kind: 'text' });
  expect(parseFilter('x/$count eq 0')).toEqual({ kind: 'count', path: 'x', operator: 'eq', value: 0 });
  expect(parseFilter('x')).toEqual({ kind: 'compare', operator: 'eq', path: 'x', value: true });
});

test('an "in" of n values counts n alternatives, and so do n terms joined by "or"', () => {
  expect(alternatives(parseFilter("a in ('1','2','3') or b eq '4'"))).toBe(4);
  expect(alternatives(parseFilter("a in ('1','2') and b in ('1','2','3')"))).toBe(3);
  expect(alternatives(parseFilter("x/any(p:p eq '1' or p eq '2')"))).toBe(2);
});

test('a long chain becomes a tree of little height', () => {
  const height = (filter: Filter): number =>
    filter.kind === 'or' ? 1 + Math.max(height(filter.left), height(filter.right)) : 1;
  const chain = parseFilter(Array.from({ length: 1000 }, (_, i) => `a eq '${i}'`).join(' or '));
  expect(height(chain)).toBeLessThan(13);
  expect(alternatives(chain)).toBe(1000);
});

test.each([
  "a eq 'b",
  'a eq',
  "a eq 'b' c",
  'in (1)',
  'a in ()',
  'a in (1,)',
  "startsWith(a,'b'",
  "startsWith('a','b')",
  'x/any(p eq 1)',
  "a eq 'b')",
  '',
  '\u0000',
  `${'('.repeat(101)}a eq 1${')'.repeat(101)}`,
])('%j cannot be read', (source) => {
  expect(() => parseFilter(source)).toThrow(/filter clause/);
});
