import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileRule, foldedTexts, lookupOf, matchedUser } from './rules.ts';

const byColumn = (attribute = 'mail') =>
  compileRule({ column: 'EMail', attribute, operator: 'equals', transforms: [] }, 0);
const byFilter = (filter: string) => compileRule({ filter, columns: [], transforms: [{ kind: 'trim' }] }, 1);
const cells = (values: Record<string, string>) => (column: string) => values[column] ?? '';

describe('a value', () => {
  test('of an empty cell is none', () => {
    expect(byColumn().valueOf(cells({ EMail: '' }))).toBeUndefined();
  });

  test('of 1,024 characters is asked for, one more is not', () => {
    expect(byColumn().valueOf(cells({ EMail: 'x'.repeat(1024) }))).toEqual({ value: 'x'.repeat(1024) });
    const long = byColumn().valueOf(cells({ EMail: 'x'.repeat(10_000) }));
    expect(long).toEqual({
      value: 'x'.repeat(1024),
      unasked: 'the value is longer than 1,024 characters',
      whole: expect.stringMatching(/^sha256:/),
    });
  });

  test.each(['a\0b', 'a\nb', 'a\u007f', 'a\u0085'])('with a control character is not asked for: %j', (value) => {
    expect(byColumn().valueOf(cells({ EMail: value }))?.unasked).toBe('the value contains a control character');
  });

  test('with half a surrogate pair is not asked for', () => {
    expect(byColumn().valueOf(cells({ EMail: 'a\ud800' }))?.unasked).toBe('the value is not valid Unicode');
  });

  test('that is not an object id is not asked for as an id', () => {
    expect(byColumn('id').valueOf(cells({ EMail: 'ann' }))?.unasked).toBe('the value is not an object id');
    const id = '9f0bbd0a-26f5-4e36-a6b0-8d2a4a6bd1c4';
    expect(byColumn('id').valueOf(cells({ EMail: id }))).toEqual({ value: id });
  });
});

describe("an administrator's filter", () => {
  const name = byFilter("givenName eq '{First}' and surname eq '{Last}'");

  test('has its columns filled in', () => {
    expect(name.valueOf(cells({ First: ' Ann ', Last: 'Li' }))).toEqual({
      value: "givenName eq 'Ann' and surname eq 'Li'",
    });
  });

  test('asks nothing while one of its columns is empty', () => {
    expect(name.valueOf(cells({ First: 'Ann', Last: ' ' }))).toBeUndefined();
  });

  test('is not asked with a value that no directory holds', () => {
    expect(name.valueOf(cells({ First: 'Ann', Last: 'a\u0000b' }))?.unasked).toBe(
      'the value contains a control character',
    );
  });

  test('cannot be changed by a value', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("'", '&', '#', '+', '%', '{', '}', 'o', 'r', ' ') }), (text) => {
        const asked = name.valueOf(cells({ First: `x${text}x`, Last: '{First}' }));
        // Read back as OData reads string literals, the filter holds the two values and no more.
        const literals = [...asked!.value.matchAll(/'((?:[^']|'')*)'/g)].map((match) =>
          match[1]!.replaceAll("''", "'"),
        );
        const rest = asked!.value.replaceAll(/'(?:[^']|'')*'/g, '?');
        expect(literals).toEqual([`x${text}x`, '{First}']);
        expect(rest).toBe('givenName eq ? and surname eq ?');
      }),
    );
  });

  test('with a column outside quotes is refused, by rule and column', () => {
    expect(() => byFilter("mail eq '{A}' or {B} eq 1")).toThrow(/^match\[1\]\.filter: \{B\} stands outside quotes/);
  });

  test("may have quotes of its own within a literal, as in O''Neil", () => {
    expect(byFilter("surname eq 'O''{A}'").valueOf(cells({ A: 'Neil' }))?.value).toBe("surname eq 'O''Neil'");
  });
});

describe('a user', () => {
  const user = {
    id: '1',
    mail: 'Ann@X.com',
    proxyAddresses: ['SMTP:Ann@x.com', 7],
    onPremisesExtensionAttributes: { extensionAttribute1: 'E1' },
    accountEnabled: false,
  };

  test('is compared by a text without regard to case', () => {
    expect(foldedTexts(user, 'mail', 'equals')).toEqual(['ann@x.com']);
  });

  test('is compared by each text of a list', () => {
    expect(foldedTexts(user, 'proxyAddresses', 'any')).toEqual(['smtp:ann@x.com']);
  });

  test('has nothing to compare where a list is looked for in a text, or a text in a list', () => {
    expect(foldedTexts(user, 'mail', 'any')).toEqual([]);
    expect(foldedTexts(user, 'proxyAddresses', 'equals')).toEqual([]);
  });

  test('is compared by an attribute inside another', () => {
    expect(foldedTexts(user, 'onPremisesExtensionAttributes/extensionAttribute1', 'equals')).toEqual(['e1']);
  });

  test("has no attributes but its own, not even an object's", () => {
    expect(foldedTexts(user, '__proto__', 'equals')).toEqual([]);
    expect(foldedTexts(user, 'mail/length/constructor/name', 'equals')).toEqual([]);
  });

  test('is kept with what the directory told and nothing made up', () => {
    expect(matchedUser({ id: '1' })).toEqual({
      id: '1',
      userPrincipalName: '',
      displayName: '',
      accountEnabled: null,
    });
    expect(matchedUser(user).accountEnabled).toBe(false);
  });
});

test('a rule by column is a lookup of several values, a filter one of its own', () => {
  expect(lookupOf(byColumn(), ['a', 'b'])).toEqual({ attribute: 'mail', operator: 'equals', values: ['a', 'b'] });
  expect(lookupOf(byFilter("mail eq '{A}'"), ["mail eq 'x'"])).toEqual({ filter: "mail eq 'x'" });
});
