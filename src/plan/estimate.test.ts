import { expect, test } from 'vitest';
import type { PlanCounts } from '../model/plan.ts';
import { estimate } from './estimate.ts';

const NOTHING: PlanCounts = {
  createApplication: 0,
  createServicePrincipal: 0,
  addAppRoles: 0,
  addTags: 0,
  requireAssignment: 0,
  createUser: 0,
  assign: 0,
};

test('a plan without changes costs nothing', () => {
  expect(estimate(NOTHING, 5000, 20)).toEqual({ requests: 0, writes: 0, minutes: 0 });
});

test('each step of the registration is written and looked for, users and assignments share requests, verifying reads all pages', () => {
  const counts = { ...NOTHING, addAppRoles: 1, requireAssignment: 1, createUser: 21, assign: 1000 };
  expect(estimate(counts, 1001, 20)).toEqual({ requests: 5 + 2 + 50 + 2 + 3, writes: 1023, minutes: 0.9 });
});

test('minutes follow from the published limit of 3,000 writes in two and a half minutes', () => {
  expect(estimate({ ...NOTHING, assign: 120_000 }, 0, 20).minutes).toBe(100);
});
