import { expect, test } from 'vitest';
import { reviewBy } from '../../test/support/review.ts';
import type { ReviewSettings } from '../model/settings.ts';
import { type OrderInput, reviewGuards, reviewOrder } from './order.ts';

const found = {
  stages: [{ reviewers: [{ kind: 'user' as const, id: 'r1', name: 'owner@contoso.com' }], fallback: [] }],
};
const orderOf = (settings: ReviewSettings, today = '2026-12-01', more: Partial<OrderInput> = {}) =>
  reviewOrder({
    application: { displayName: 'CORPDB1', uniqueName: 'rollcall-corpdb1' },
    servicePrincipalId: 'sp',
    settings,
    found,
    today,
    context: '12 people have access.',
    basis: 'It rests on a roster.',
    ...more,
  });

test('the same settings on the same day are the same review, others are not', () => {
  const settings = reviewBy(['owner@contoso.com']);
  const { key } = orderOf(settings);
  expect(key).toMatch(/^[0-9a-f]{32}$/);
  expect(orderOf({ ...settings, description: 'Look closely.' }).key).toBe(key);
  expect(orderOf(settings, '2026-12-01', { context: '13 people.', basis: 'Another roster.' }).key).toBe(key);
  expect(orderOf(settings, '2026-12-02').key).not.toBe(key);
  expect(orderOf({ ...settings, default: 'deny' }).key).not.toBe(key);
  expect(orderOf({ ...settings, startsOn: '2027-01-01' }, '2026-12-01').key).toBe(
    orderOf({ ...settings, startsOn: '2027-01-01' }, '2026-12-24').key,
  );
});

test('a review is called after the application and the month, and tells its reviewers what they look at', () => {
  const order = orderOf(reviewBy(['owner@contoso.com'], { description: 'Please decide by Friday.' }));
  expect(order).toMatchObject({ displayName: 'CORPDB1 2026-12', startsOn: '2026-12-01', recurrence: 'once' });
  expect(order.forAdministrators).toBe('Access to CORPDB1, as its own list of accounts has it. It rests on a roster.');
  expect(order.forReviewers).toBe('Please decide by Friday.\n12 people have access.');
});

test.each([
  [{}, []],
  [{ default: 'deny' }, []],
  [{ default: 'deny', autoApply: true }, ['deny']],
  [{ default: 'approve', autoApply: true }, []],
  [{ default: 'recommendation' }, ['recommendation']],
  [{ recommends: true }, ['recommendation']],
] as const)('settings %j stop at the guards %j', (more, guards) => {
  const settings = reviewBy(['owner@contoso.com'], more);
  expect(reviewGuards(settings, { problems: [] }).map(({ guard }) => guard)).toEqual(guards);
});

test('a reviewer who cannot review stops it with the remedy', () => {
  const problem = { reviewer: 'owner@contoso.com', problem: 'has no mail', remedy: 'Ask for a mailbox.' };
  expect(reviewGuards(reviewBy(['owner@contoso.com']), { problems: [problem] })).toEqual([
    { guard: 'reviewers', message: 'owner@contoso.com has no mail. Ask for a mailbox.' },
  ]);
});
