import { expect, test } from 'vitest';
import { noneOfEachKind, type PlanCounts } from '../model/plan.ts';
import { guardStops } from './guards.ts';

const settings = {
  maxCreateShare: 0.25,
  maxAssignShare: 1,
  maxRemoveShare: 0.1,
  maxShrinkShare: 0.1,
  maxGrowShare: 0.5,
  floor: 20,
};
const counts = (createUser: number, assign: number): PlanCounts => ({ ...noneOfEachKind(), createUser, assign });
const stops = (create: number, assign: number, rows: number) =>
  guardStops(counts(create, assign), rows, settings).map(({ guard }) => guard);

test('assignments to take away are held against the guard "remove"', () => {
  const taking = { ...noneOfEachKind(), unassign: 21 };
  expect(guardStops(taking, 100, settings).map(({ guard }) => guard)).toEqual(['remove']);
  expect(guardStops(taking, 210, settings)).toEqual([]);
});

test('a plan that creates or assigns just its share passes, and one more stops it', () => {
  expect(stops(250, 1000, 1000)).toEqual([]);
  expect(stops(251, 1000, 1000)).toEqual(['create']);
  expect(stops(250, 1001, 1000)).toEqual(['assign']);
  expect(stops(1000, 2000, 1000)).toEqual(['create', 'assign']);
});

test('fewer than the floor are never spoken about, more of nothing always are', () => {
  expect(stops(20, 20, 20)).toEqual([]);
  expect(stops(21, 21, 20)).toEqual(['create', 'assign']);
  expect(stops(21, 0, 0)).toEqual(['create']);
});

test('a stop says how many, of how many, and which setting allows how much', () => {
  const [stop] = guardStops(counts(300, 0), 1000, settings);
  expect(stop!.message).toBe('300 users to create are 30 % of 1000 accounts; guards.maxCreateShare allows 25 %');
});
