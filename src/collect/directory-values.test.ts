// Values of a directory as cells, by the expressions that people write.
import { expect, test } from 'vitest';
import { directoryColumn, directoryColumnProblem } from '../config/sources/directory-columns.ts';
import { joined, readValues, UnreadableValue, VALUE_REMEDIES } from './directory-values.ts';

const cell = (written: string, ...values: readonly (string | Buffer)[]) => {
  expect(directoryColumnProblem(written)).toBeUndefined();
  const column = directoryColumn('Column', written);
  return joined(
    column,
    readValues(
      column,
      values.map((value) => Buffer.from(value)),
    ),
  );
};
const hex = (digits: string) => Buffer.from(digits, 'hex');

test('a GUID and a SID are written as people write them', () => {
  const guid = hex('33221100554477668899aabbccddeeff');
  expect(cell('objectGUID', guid)).toBe('00112233-4455-6677-8899-aabbccddeeff');
  expect(cell('mS-DS-ConsistencyGuid | guid', guid)).toBe('00112233-4455-6677-8899-aabbccddeeff');
  const sid = hex('010500000000000515000000a065cf7e784b9b5fe77c8770091c0100');
  expect(cell('objectSid | sid', sid)).toBe('S-1-5-21-2127521184-1604012920-1887927527-72713');
  expect(cell('objectSid | base64', sid)).toBe(sid.toString('base64'));
});

test('times of Windows and of LDAP are ISO 8601 in UTC, and never is no value', () => {
  expect(cell('lastLogonTimestamp', '133500000000000000')).toBe('2024-01-17T21:20:00Z');
  expect(cell('lastLogonTimestamp', '0')).toBeNull();
  expect(cell('accountExpires', '9223372036854775807')).toBeNull();
  expect(cell('whenCreated', '20240229120000.0Z')).toBe('2024-02-29T12:00:00Z');
  expect(cell('whenCreated', '202402291200+0130')).toBe('2024-02-29T10:30:00Z');
});

test('an account is enabled unless its flag says that it is not', () => {
  expect(cell('userAccountControl | enabled', '512')).toBe('true');
  expect(cell('userAccountControl | enabled', '66050')).toBe('false');
  expect(cell('userAccountControl | enabled')).toBeNull();
  expect(cell('nsAccountLock | enabled', 'TRUE')).toBe('false');
});

test('groups are picked by pattern, named by their first name, and put together in one order', () => {
  const groups = ['CN=crm-users,OU=Groups,DC=contoso,DC=com', 'CN=Domain Users,CN=Users,DC=contoso,DC=com'];
  expect(cell('memberOf | cn', ...groups)).toBe('Domain Users; crm-users');
  expect(cell('memberOf | cn', ...groups.toReversed())).toBe('Domain Users; crm-users');
  expect(cell('memberOf | like cn=CRM-* | name | only', ...groups)).toBe('crm-users');
  expect(cell('proxyAddresses | after SMTP:', 'smtp:a@contoso.com', 'SMTP:ana@contoso.com')).toBe('ana@contoso.com');
  expect(cell('manager | cn', 'CN=Ru\\C3\\ADz\\, Ana,DC=contoso')).toBe('Ruíz, Ana');
});

test('a value that cannot be read as its column says is an error with a remedy', () => {
  const code = (written: string, ...values: readonly (string | Buffer)[]): string => {
    try {
      cell(written, ...values);
    } catch (error) {
      if (error instanceof UnreadableValue && VALUE_REMEDIES[error.code].endsWith('.')) return error.code;
      throw error;
    }
    return 'read';
  };
  expect(code('cn', hex('ff'))).toBe('notText');
  expect(code('objectGUID', 'short')).toBe('notAGuid');
  expect(code('objectSid', 'short')).toBe('notASid');
  expect(code('whenCreated', 'yesterday')).toBe('notADate');
  expect(code('userAccountControl | enabled', 'yes')).toBe('notANumber');
  expect(code('mail | only', 'a@contoso.com', 'b@contoso.com')).toBe('severalValues');
});

test.each([
  ['| cn', 'expected an attribute'],
  ['mail | upper', 'unknown step "upper"'],
  ['mail | like', 'expected a text after "like"'],
  ['mail | text x', 'takes nothing after it'],
  ['memberOf | cn | base64', '"base64" comes first'],
  ['memberOf | each | cn', '"each" comes last'],
  ['mail | enabled', '"enabled" goes with userAccountControl'],
])('%s is refused: %s', (written, problem) => {
  expect(directoryColumnProblem(written)).toContain(problem);
});
