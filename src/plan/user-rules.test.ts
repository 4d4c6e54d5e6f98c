import { expect, test } from 'vitest';
import { attributeProblem } from './user-rules.ts';

const good = { displayName: 'Ana Ruiz', userPrincipalName: "ana.o'ruiz@contoso.com", mailNickname: 'ana.ruiz' };
const problem = (change: Record<string, string>) => attributeProblem({ ...good, ...change }, ['Contoso.com']);

test('attributes that Graph takes have no problem', () => {
  expect(problem({})).toBeUndefined();
  expect(
    problem({ employeeId: '0123456789012345', userPrincipalName: `${'a'.repeat(64)}@contoso.com` }),
  ).toBeUndefined();
});

test('each rule of Graph is checked before anything is sent', () => {
  expect(problem({ displayName: '' })).toMatchObject({ code: 'missingAttribute' });
  expect(problem({ displayName: 'x'.repeat(257) })?.message).toMatch(/257 characters; at most 256/);
  expect(problem({ employeeId: '01234567890123456' })).toMatchObject({ code: 'invalidAttribute' });
  expect(problem({ mail: 'añá@contoso.com' })).toMatchObject({ code: 'invalidAttribute' });
  expect(problem({ mail: 'ana@contoso.com', onPremisesImmutableId: 'a$b' })).toMatchObject({
    code: 'invalidAttribute',
  });
  expect(problem({ extensionAttribute15: 'x'.repeat(1025) })).toMatchObject({ code: 'invalidAttribute' });
  expect(problem({ mailNickname: 'ana ruiz' })).toMatchObject({ code: 'invalidAttribute' });
  expect(problem({ userPrincipalName: 'ana@fabrikam.com' })).toMatchObject({ code: 'unverifiedDomain' });
  for (const name of [
    'ana',
    '@contoso.com',
    'ana@',
    'añá@contoso.com',
    'ana.@contoso.com',
    'ana ruiz@contoso.com',
    `${'a'.repeat(65)}@contoso.com`,
    'a@b@contoso.com',
    'ana@-contoso.com',
  ]) {
    expect({ name, problem: problem({ userPrincipalName: name })?.code }).toEqual({
      name,
      problem: 'invalidAttribute',
    });
  }
});
