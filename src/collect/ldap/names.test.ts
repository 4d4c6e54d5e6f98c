// Distinguished names that are one, and such that are not.
import { expect, test } from 'vitest';
import { comparableDn, isWithin } from './names.ts';

test.each([
  ['CN=Ana, OU=People,DC=contoso', 'cn=ana,ou=people,dc=contoso'],
  ['cn=Ruiz\\, Ana,dc=x', 'cn=Ruiz\\2C Ana,dc=x'],
  ['cn=Zo\\C3\\AB,dc=x', 'cn=Zoë,dc=x'],
  ['cn=Ana+uid=1,dc=x', 'UID=1 + CN=Ana,dc=x'],
  ['cn=a  b,dc=x', 'cn=a b,dc=x'],
])('%s and %s are one name', (one, other) => {
  expect(comparableDn(one)).toBe(comparableDn(other));
});

test.each([
  ['cn=a,dc=x', 'cn=a\\,dc=x'],
  ['cn=a+b=c,dc=x', 'cn=a\\+b\\=c,dc=x'],
  ['cn=a,dc=x', 'cn=a,dc=y'],
])('%s and %s are two', (one, other) => {
  expect(comparableDn(one)).not.toBe(comparableDn(other));
});

test('an entry lies within its own tree alone', () => {
  expect(isWithin('cn=a,dc=contoso,dc=com', 'DC=contoso,DC=com')).toBe(true);
  expect(isWithin('cn=a,dc=notcontoso,dc=com', 'dc=contoso,dc=com')).toBe(false);
  expect(isWithin('cn=a\\,dc=com', 'dc=com')).toBe(false);
});
