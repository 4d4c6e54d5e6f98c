import { expect, test } from 'vitest';
import { handClock } from '../../test/support/graph.ts';
import { patience, waitFor } from './patience.ts';

test('pauses grow, up to a longest one, and all of them together last as long as the limit', async () => {
  const clock = handClock();
  const waiting = patience(clock, 120_000);
  while (await waiting.pause());
  expect(clock.slept.slice(0, 8)).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBe(120_000);
  expect(await waiting.pause()).toBe(false);
});

test('a clock that is set ahead or back makes no difference to how long is waited', async () => {
  const clock = handClock();
  for (const jump of [-86_400_000, 86_400_000]) {
    const slept = clock.slept.length;
    const jumping = { ...clock, now: () => clock.now() + (clock.slept.length > slept ? jump : 0) };
    const waiting = patience(jumping, 3000);
    while (await waiting.pause());
    expect(clock.slept.slice(slept)).toEqual([500, 1000, 1500]);
  }
});

test('without a limit to wait for, it looks once', async () => {
  let looks = 0;
  const look = async () => {
    looks += 1;
    return undefined;
  };
  expect(await waitFor(look, handClock(), 0)).toBeUndefined();
  expect(looks).toBe(1);
});

test('it looks until something is there', async () => {
  const clock = handClock();
  let looks = 0;
  const found = await waitFor(async () => (++looks === 3 ? 'it' : undefined), clock, 60_000);
  expect([found, clock.slept]).toEqual(['it', [500, 1000]]);
});

test('an abort ends the waiting with its reason', async () => {
  const stop = new AbortController();
  stop.abort(new Error('Ctrl-C'));
  await expect(waitFor(async () => undefined, handClock(), 60_000, stop.signal)).rejects.toThrow('Ctrl-C');
});
