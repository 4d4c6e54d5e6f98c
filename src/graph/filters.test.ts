import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeValue, LookupError, odataString, selectOf, userFilter } from './filters.ts';

const text = (...args: Parameters<typeof userFilter>) => userFilter(...args).text;

test('equals asks for a list, startsWith and any for alternatives', () => {
  expect(text({ attribute: 'mail', operator: 'equals', values: ['a', 'b'] })).toBe("mail in ('a','b')");
  expect(text({ attribute: 'displayName', operator: 'startsWith', values: ['An', 'Bo'] })).toBe(
    "startsWith(displayName,'An') or startsWith(displayName,'Bo')",
  );
  expect(text({ attribute: 'proxyAddresses', operator: 'any', values: ['smtp:a@contoso.com', 'x'] })).toBe(
    "proxyAddresses/any(x:x eq 'smtp:a@contoso.com' or x eq 'x')",
  );
});

test('an extension attribute is found under either of its names', () => {
  const inside = "onPremisesExtensionAttributes/extensionAttribute7 in ('v')";
  for (const attribute of ['extensionAttribute7', 'onPremisesExtensionAttributes/extensionAttribute7'])
    expect(userFilter({ attribute, operator: 'equals', values: ['v'] })).toMatchObject({
      text: inside,
      isAdvanced: true,
    });
  expect(selectOf(['extensionAttribute7', 'onPremisesExtensionAttributes/extensionAttribute2', 'mail', 'id'])).toBe(
    'id,onPremisesExtensionAttributes,mail',
  );
});

describe('which filters need an advanced query', () => {
  test.each([
    ['userPrincipalName', 'equals', false],
    ['userPrincipalName', 'startsWith', false],
    ['employeeId', 'equals', false],
    ['proxyAddresses', 'any', false],
    ['otherMails', 'any', false],
    ['businessPhones', 'any', true],
    ['onPremisesSamAccountName', 'equals', true],
    ['onPremisesImmutableId', 'equals', false],
    ['employeeType', 'startsWith', true],
    ['companyName', 'equals', true],
    ['extension_0123456789abcdef0123456789abcdef_code', 'equals', false],
    ['extension_0123456789abcdef0123456789abcdef_code', 'startsWith', true],
  ] as const)('%s %s: %s', (attribute, operator, isAdvanced) => {
    expect(userFilter({ attribute, operator, values: ['v'] }).isAdvanced).toBe(isAdvanced);
  });

  test.each([
    ["mail eq 'a' and department eq 'b'", false],
    ["endsWith(mail,'@contoso.com')", true],
    ["department ne 'Sales'", true],
    ["not(startsWith(mail,'a'))", true],
    ['mail eq null', true],
    ["onPremisesSamAccountName eq 'a'", true],
    ["displayName eq 'not ne endsWith( companyName'", false],
    ["displayName eq 'it''s ne' and mail eq 'ne'", false],
    ['otherMails/$count eq 0', true],
  ])('%s: %s', (filter, isAdvanced) => {
    expect(userFilter({ filter }).isAdvanced).toBe(isAdvanced);
  });
});

test('filters of one template are of one kind, whatever their values', () => {
  const kind = (value: string) => userFilter({ filter: `mail eq ${odataString(value)}` }).kind;
  expect(kind("a'b")).toBe(kind('c'));
  expect(kind('a')).not.toBe(userFilter({ filter: "displayName eq 'a'" }).kind);
});

test('what Graph would answer wrongly is refused with the reason', () => {
  expect(() => userFilter({ attribute: 'onPremisesUserPrincipalName', operator: 'equals', values: ['a'] })).toThrow(
    'answers a filter on onPremisesUserPrincipalName with an empty list',
  );
});

test('none and more than fifteen values are refused', () => {
  const values = (count: number) => Array.from({ length: count }, (_, index) => `v${index}`);
  expect(() => userFilter({ attribute: 'mail', operator: 'equals', values: [] })).toThrow(LookupError);
  expect(() => userFilter({ attribute: 'mail', operator: 'equals', values: values(16) })).toThrow(LookupError);
  expect(text({ attribute: 'mail', operator: 'equals', values: values(15) })).toContain("'v14'");
});

test('an attribute name that could change the query is refused', () => {
  for (const attribute of ["mail eq 'a' or mail", 'mail)', "a'b", '', '__proto__ eq', 'mail,id', '1a'])
    expect(() => userFilter({ attribute, operator: 'equals', values: ['a'] })).toThrow(LookupError);
});

test('half a character is refused', () => {
  expect(() => encodeValue('a\ud800b')).toThrow('is not valid Unicode');
});

/** A reader of our own for what was built: the literals of a filter, and the text around them. */
const literalsOf = (filter: string): { literals: string[]; around: string } => {
  const literals: string[] = [];
  const around = filter.replace(/'((?:[^']|'')*)'/g, (_, inside: string) => {
    literals.push(inside.replaceAll("''", "'"));
    return '?';
  });
  return { literals, around };
};

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    "'",
    "''",
    "' or 1 eq 1 or mail eq '",
    '&$select=id',
    '#',
    '%27',
    '%',
    '+',
    '\u0000',
    '\r\n',
    '__proto__',
  ),
  fc.constant('x'.repeat(10_000)),
);

test('a value cannot change the query that it stands in, nor get lost in it', () => {
  fc.assert(
    fc.property(
      fc.array(hostile, { minLength: 1, maxLength: 15 }),
      fc.constantFrom('equals', 'startsWith', 'any'),
      (values, operator) => {
        const filter = userFilter({ attribute: 'displayName', operator, values });
        const url = new URL(`https://graph.example.com/v1.0/users?$filter=${encodeValue(filter.text)}&$top=999`);
        expect([...url.searchParams.keys()]).toEqual(['$filter', '$top']);
        expect(url.hash).toBe('');
        const { literals, around } = literalsOf(url.searchParams.get('$filter')!);
        expect(literals).toEqual(values);
        const harmless = userFilter({ attribute: 'displayName', operator, values: values.map(() => 'v') });
        expect(around).toBe(literalsOf(harmless.text).around);
      },
    ),
  );
});
