import { expect, test } from 'vitest';
import { type MatchedUser, OUTCOME_KINDS, type Outcome } from '../model/outcome.ts';
import { adviceFor } from './advice.ts';

const ann: MatchedUser = {
  id: '1',
  userPrincipalName: 'ann@contoso.com',
  displayName: 'Ann Field',
  accountEnabled: true,
};
const outcome = (change: Partial<Outcome>): Outcome => ({ n: 7, kind: 'notMatched', comparisons: [], ...change });

test('a matched account whose user can sign in asks nothing of anybody', () => {
  expect(adviceFor(outcome({ kind: 'matched', user: ann }))).toEqual({ severity: 'none', text: '' });
  expect(adviceFor(outcome({ kind: 'ignored', by: 'override', reason: 'a service' })).severity).toBe('none');
});

test('every other outcome needs a person and says what to do', () => {
  for (const kind of OUTCOME_KINDS) {
    if (kind === 'matched' || kind === 'ignored') continue;
    const advice = adviceFor(outcome({ kind, sameAs: kind === 'duplicate' ? 3 : undefined }));
    expect(advice.severity, kind).toBe('person');
    expect(advice.text, kind).toMatch(/^[A-Z].*\.$/);
  }
});

test('a user who cannot sign in may be a leaver or a newcomer', () => {
  const { severity, text } = adviceFor(outcome({ kind: 'matched', user: { ...ann, accountEnabled: false } }));
  expect(severity).toBe('person');
  expect(text).toMatch(/leaver.*enable/);
});

test('a user whose state the directory did not tell is not called disabled', () => {
  expect(adviceFor(outcome({ kind: 'matched', user: { ...ann, accountEnabled: null } })).severity).toBe('none');
});

test('an ambiguous account names its candidates, but not hundreds of them', () => {
  const candidates = Array.from({ length: 300 }, (_, i) => ({ ...ann, userPrincipalName: `ann${i}@contoso.com` }));
  const { text } = adviceFor(outcome({ kind: 'ambiguous', candidates }));
  expect(text).toContain('ann0@contoso.com');
  expect(text).toContain('295 more');
  expect(text).not.toContain('ann5@contoso.com');
});

test('a duplicate names the row that counts', () => {
  expect(adviceFor(outcome({ kind: 'duplicate', sameAs: 3 })).text).toMatch(/^Row 3 /);
});

test('a failed query tells the reason of the directory', () => {
  expect(adviceFor(outcome({ kind: 'queryFailed', reason: 'rule 1: 400 BadRequest: no' })).text).toContain(
    '400 BadRequest: no. Run again.',
  );
});

test('a user that was created is to be enabled once it is known whose it is', () => {
  const advice = adviceFor(outcome({}), { changes: [{ kind: 'createUser', status: 'done' }] });
  expect(advice.severity).toBe('person');
  expect(advice.text).toMatch(/created, disabled.*enable/);
});

test('a user whom the plan creates needs nobody, but is worth a look before it is applied', () => {
  const changes = [
    { kind: 'createUser', status: 'planned' },
    { kind: 'assign', status: 'planned' },
  ] as const;
  expect(adviceFor(outcome({}), { changes }).severity).toBe('look');
});

test('a refused creation tells why, and not to look for the person as if nothing had been tried', () => {
  const changes = [{ kind: 'createUser', status: 'refused', reason: '403 Denied: not allowed.' }] as const;
  const { severity, text } = adviceFor(outcome({}), { changes });
  expect(severity).toBe('person');
  expect(text).toBe(
    'The directory refused to create the user: 403 Denied: not allowed. Remove the cause, then run again.',
  );
});

test('a matched account whose assignment failed needs a person', () => {
  const row = outcome({ kind: 'matched', user: ann });
  expect(adviceFor(row, { changes: [{ kind: 'assign', status: 'notTried', reason: 'stopped' }] }).text).toContain(
    'did not try to assign the role: stopped. Run again.',
  );
  expect(adviceFor(row, { assignment: 'missing', missingReason: 'removed by Bob' }).text).toContain('removed by Bob.');
  expect(adviceFor(row, { assignment: 'present', changes: [{ kind: 'assign', status: 'done' }] }).severity).toBe(
    'none',
  );
});

test('a failed assignment is told once, although it is missing, too', () => {
  const changes = [{ kind: 'assign', status: 'refused', reason: 'no' }] as const;
  const { text } = adviceFor(outcome({ kind: 'matched', user: ann }), { changes, assignment: 'missing' });
  expect(text).not.toContain('missing');
});

test('a problem of the plan comes before the advice of the outcome', () => {
  const { text } = adviceFor(outcome({}), {
    problem: { code: 'missingAttribute', message: 'mailNickname is empty' },
  });
  expect(text).toMatch(/^The user cannot be created: mailNickname is empty\. .*Find out whose account/);
});

test('an override that names nobody is to be corrected', () => {
  const { text } = adviceFor(
    outcome({ by: 'override', reason: 'overrides.csv:3 names x@contoso.com, whom nobody is' }),
  );
  expect(text).toBe('Correct the override: overrides.csv:3 names x@contoso.com, whom nobody is.');
});

test('a further role points at the row that holds the account, and is no further decision', () => {
  const { severity, text } = adviceFor(outcome({ sameAs: 2 }));
  expect(text).toBe('A further role of the account in row 2: what is decided there holds here, too.');
  expect(severity).toBe('person');
  expect(adviceFor(outcome({ sameAs: 2 }), { changes: [{ kind: 'assign', status: 'planned' }] }).severity).toBe('look');
  expect(adviceFor(outcome({ sameAs: 2, kind: 'matched', user: ann })).severity).toBe('none');
});

test('two accounts of one user are worth a look', () => {
  const { severity, text } = adviceFor(outcome({ kind: 'matched', user: ann, sharesUserWith: 4 }));
  expect(severity).toBe('look');
  expect(text).toContain('Row 4');
});

test('a role that nobody mapped is told as such, although the user is there', () => {
  const problem = { code: 'unknownRole', message: '"TMP" in column "Role" is not in the map of roles' };
  expect(adviceFor(outcome({ kind: 'matched', user: ann }), { problem })).toEqual({
    severity: 'person',
    text: 'No role can be assigned: "TMP" in column "Role" is not in the map of roles. Correct the role in the application, or add it to the map in rollcall.yaml.',
  });
});
