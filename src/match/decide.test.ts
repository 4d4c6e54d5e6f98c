import { describe, expect, test } from 'vitest';
import type { MatchedUser } from '../model/outcome.ts';
import type { Override } from '../model/settings.ts';
import { type Answer, decide, decideOverride, type Finding } from './decide.ts';

const user = (id: string): MatchedUser => ({
  id,
  userPrincipalName: `${id}@x.com`,
  displayName: id,
  accountEnabled: true,
});
const found = (...ids: string[]): Answer => ({ users: ids.map(user) });
const finding = (rule: number, answer: Answer): Finding => ({ rule, test: 'mail equals', value: 'v', answer });
const compared = (rule: number, count: number | null) => ({ rule, test: 'mail equals', value: 'v', found: count });

describe('the rules', () => {
  test('match by the first that finds exactly one user', () => {
    expect(decide([finding(1, found()), finding(2, found('b'))], false)).toEqual({
      kind: 'matched',
      by: 2,
      user: user('b'),
      comparisons: [compared(1, 0), compared(2, 1)],
    });
  });

  test('stay open while nothing is certain and a rule is left', () => {
    expect(decide([finding(1, found()), finding(2, found('a', 'b'))], false)).toBeUndefined();
  });

  test('that find several leave the last word to a later one that finds one', () => {
    const decision = decide([finding(1, found('a', 'b')), finding(2, found('c'))], true);
    expect(decision).toMatchObject({ kind: 'matched', by: 2, user: { id: 'c' } });
  });

  test('that find several and never one end ambiguous, with everyone found, once each, by id', () => {
    const decision = decide([finding(1, found('b', 'd')), finding(2, found()), finding(3, found('a', 'b'))], true);
    expect(decision).toMatchObject({ kind: 'ambiguous', candidates: [user('a'), user('b'), user('d')] });
    expect(decision).not.toHaveProperty('user');
  });

  test('that find nobody end in no match', () => {
    expect(decide([finding(1, found())], true)).toEqual({ kind: 'notMatched', comparisons: [compared(1, 0)] });
  });

  test('end at a query that failed, even after several were found', () => {
    const decision = decide([finding(1, found('a', 'b')), finding(2, { failed: '400 Request_BadRequest: no' })], false);
    expect(decision).toEqual({
      kind: 'queryFailed',
      comparisons: [compared(1, 2), compared(2, null)],
      reason: 'rule 2: 400 Request_BadRequest: no',
    });
  });

  test('go on after a value that was not asked for, and say so', () => {
    const unasked = finding(1, { unasked: 'the value contains a control character' });
    const reason = 'rule 1: the value contains a control character, so it was not asked for';
    expect(decide([unasked], true)).toEqual({ kind: 'notMatched', comparisons: [compared(1, null)], reason });
    expect(decide([unasked, finding(2, found('a'))], true)).toMatchObject({ kind: 'matched', reason });
  });
});

describe('an override', () => {
  const override = (decision: Override['decision']): Override => ({
    where: {},
    decision,
    reason: 'asked her',
    place: 'overrides.csv:7',
  });
  const toAnn = override({ kind: 'match', user: 'ann@x.com' });

  test('ignores an account, with its reason', () => {
    expect(decideOverride(override({ kind: 'ignore' }), undefined)).toEqual({
      kind: 'ignored',
      by: 'override',
      comparisons: [],
      reason: 'asked her',
    });
  });

  test('matches the user it names', () => {
    expect(decideOverride(toAnn, found('a'))).toMatchObject({ kind: 'matched', by: 'override', user: user('a') });
  });

  test('that names nobody is no match, and says where it stands', () => {
    const { kind, reason } = decideOverride(toAnn, found());
    expect(kind).toBe('notMatched');
    expect(reason).toBe('overrides.csv:7 names ann@x.com, whom the directory does not have');
  });

  test('whose user could not be asked for is a failed query, not an absence', () => {
    expect(decideOverride(toAnn, { failed: '503 x: y' })).toMatchObject({ kind: 'queryFailed' });
  });
});
