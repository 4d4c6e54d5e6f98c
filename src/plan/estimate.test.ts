import { expect, test } from 'vitest';
import { noneOfEachKind } from '../model/plan.ts';
import { estimate } from './estimate.ts';

const NOTHING = noneOfEachKind();

test('a plan without changes costs nothing', () => {
  expect(estimate(NOTHING, 5000, 20)).toEqual({ requests: 0, writes: 0, minutes: 0 });
});

test('each step of the registration is written and looked for, users and assignments share requests, verifying reads all pages', () => {
  const counts = { ...NOTHING, addAppRoles: 1, requireAssignment: 1, createUser: 21, assign: 1000 };
  expect(estimate(counts, 1001, 20)).toEqual({ requests: 5 + 2 + 50 + 2 + 3, writes: 1023, minutes: 0.1 });
});

test('minutes follow from the published limit: three thousand writes at once, then twenty a second', () => {
  expect(estimate({ ...NOTHING, assign: 3000 }, 0, 20).minutes).toBe(0.3);
  expect(estimate({ ...NOTHING, assign: 123_000 }, 0, 20).minutes).toBe(100);
});
