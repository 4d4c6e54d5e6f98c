import { expect, test } from 'vitest';
import type { Clock } from './clock.ts';
import { GraphError } from './errors.ts';
import { type TenantSize, Throttle } from './throttle.ts';

const handClock = (scale = 1) => {
  let now = 1_000_000;
  const clock: Clock = {
    scale,
    now: () => now,
    onWall: (ms) => ms / scale,
    advance: (ms) => {
      now += ms;
    },
    keep: () => undefined,
  };
  return clock;
};

const READ = { method: 'GET', path: '/users', query: '' };
const WRITE = { method: 'POST', path: '/users', query: '' };

/** The headers of the refusal, or undefined where it is served. */
const refusal = (
  throttle: Throttle,
  request = READ,
  units = 1,
  app = 'a',
): Readonly<Record<string, string>> | undefined => {
  try {
    throttle.charge(request, app, units);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(GraphError);
    return (error as GraphError).headers;
  }
};

/** How many are served before the first is refused. */
const served = (throttle: Throttle, request = READ, units = 1, app = 'a'): number => {
  let count = 0;
  while (refusal(throttle, request, units, app) === undefined) count += 1;
  return count;
};

test.each([
  ['small', 3500],
  ['medium', 5000],
  ['large', 8000],
] as const)('a %s tenant serves %i units at once', (size: TenantSize, units) => {
  expect(served(new Throttle(size, 't', handClock()))).toBe(units);
  expect(served(new Throttle(size, 't', handClock()), READ, 5)).toBe(units / 5);
});

test('3,000 writes of an application, 18,000 of all, 5 reports, 10 of the sign-in activity', () => {
  const clock = handClock();
  const throttle = new Throttle('large', 't', clock);
  expect(served(throttle, WRITE)).toBe(3000);
  expect(refusal(throttle, WRITE)).toMatchObject({ 'x-ms-throttle-scope': 'Tenant_Application/Write/a/t' });
  let others = 0;
  for (const app of 'bcdefgh') others += served(throttle, WRITE, 1, app);
  // The refused ones counted, too.
  expect(others).toBe(18_000 - 3000 - 2 - 4);
  expect(refusal(throttle, WRITE, 1, 'h')).toMatchObject({ 'x-ms-throttle-scope': 'Tenant/Write/h/t' });
  expect(served(throttle, { ...READ, path: '/auditLogs/directoryAudits' }, 1, 'z')).toBe(5);
  expect(served(throttle, { ...READ, query: '$select=id,signInActivity' }, 1, 'z')).toBe(10);
});

test('tokens flow in evenly: in the end it is 20 writes a second', () => {
  const clock = handClock();
  const throttle = new Throttle('large', 't', clock);
  for (let i = 0; i < 3000; i += 1) throttle.charge(WRITE, 'a', 1);
  for (let second = 0; second < 60; second += 1) {
    clock.advance(1000);
    for (let i = 0; i < 20; i += 1) throttle.charge(WRITE, 'a', 1);
  }
  expect(refusal(throttle, WRITE)).toBeDefined();
});

test('whoever waits as told is served a tenth of the limit; whoever does not waits longer', () => {
  const clock = handClock();
  const throttle = new Throttle('large', 't', clock);
  served(throttle, WRITE);
  const first = Number(refusal(throttle, WRITE)!['Retry-After']);
  expect(first).toBeGreaterThan(14);
  clock.advance(5000);
  for (let i = 0; i < 200; i += 1) expect(refusal(throttle, WRITE)).toBeDefined();
  const later = Number(refusal(throttle, WRITE)!['Retry-After']);
  expect(later).toBeGreaterThan(first + 4);
  clock.advance(later * 1000);
  expect(served(throttle, WRITE)).toBeGreaterThanOrEqual(300);
});

test('a penalty has an end however much is asked', () => {
  const throttle = new Throttle('small', 't', handClock());
  const asked = { ...READ, path: '/auditLogs/directoryAudits' };
  for (let i = 0; i < 100; i += 1) refusal(throttle, asked);
  expect(refusal(throttle, asked)).toMatchObject({ 'Retry-After': '11', 'x-ms-throttle-limit-percentage': '1.80' });
});

test('how much is used is told from four fifths on', () => {
  const throttle = new Throttle('small', 't', handClock());
  expect(throttle.charge(READ, 'a', 2799)).toBeUndefined();
  expect(throttle.charge(READ, 'a', 1)).toEqual({ 'x-ms-throttle-limit-percentage': '0.80' });
  expect(throttle.levels()).toMatchObject({ a: { resourceUnits: 0.8, writes: 0 } });
});

test('a clock that runs faster makes the wait on the wall shorter, by fractions of a second', () => {
  const clock = handClock(1000);
  const throttle = new Throttle('large', 't', clock);
  served(throttle, WRITE);
  const seconds = Number(refusal(throttle, WRITE)!['Retry-After']);
  expect(seconds).toBeCloseTo(0.017, 3);
  clock.advance(seconds * 1000 * 1000);
  expect(refusal(throttle, WRITE)).toBeUndefined();
});

test('what is posted only to read is no write', () => {
  const throttle = new Throttle('large', 't', handClock());
  const asked = { method: 'POST', path: '/directoryObjects/getByIds', query: '' };
  expect(served(throttle, asked, 5)).toBe(1600);
  expect(throttle.levels()).toMatchObject({ a: { writes: 0 } });
});
