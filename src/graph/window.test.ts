import { expect, test } from 'vitest';
import { handClock } from '../../test/support/graph.ts';
import { createWindow, type Window } from './window.ts';

const BOUNDS = { least: 1, first: 4, most: 16 };

/** Sends rounds of as many requests as there is room for, each answered after so many milliseconds. */
const rounds = async (
  window: Window,
  clock: ReturnType<typeof handClock>,
  count: number,
  ms: number,
  kind = 'read',
) => {
  for (let round = 0; round < count; round += 1) {
    const room = window.size;
    const leaving = await Promise.all(Array.from({ length: room }, () => window.enter(kind)));
    await clock.sleep(ms);
    for (const leave of leaving) leave('answered');
  }
};

test('while answers come quickly, more and more requests are under way, up to a bound', async () => {
  const clock = handClock();
  const window = createWindow(clock, BOUNDS);
  expect(window.size).toBe(4);
  await rounds(window, clock, 3, 100);
  expect(window.size).toBeGreaterThanOrEqual(6);
  await rounds(window, clock, 40, 100);
  expect(window.size).toBe(16);
});

test('when answers become slow, half as many, and again half, down to a bound', async () => {
  const clock = handClock();
  const window = createWindow(clock, BOUNDS);
  await rounds(window, clock, 40, 100);
  await rounds(window, clock, 3, 2000);
  expect(window.size).toBeLessThanOrEqual(8);
  await rounds(window, clock, 8, 5000);
  expect(window.size).toBe(1);
});

test('a single slow answer is no reason to slow down', async () => {
  const clock = handClock();
  const window = createWindow(clock, BOUNDS);
  await rounds(window, clock, 5, 100);
  const leave = await window.enter('read');
  await clock.sleep(300);
  const before = window.size;
  leave('answered');
  expect(window.size).toBeGreaterThanOrEqual(before);
});

test('requests that ran into trouble together halve it once', async () => {
  const clock = handClock();
  const window = createWindow(clock, BOUNDS);
  await rounds(window, clock, 40, 100);
  const leaving = await Promise.all(Array.from({ length: 16 }, () => window.enter('read')));
  await clock.sleep(100);
  for (const leave of leaving) leave('troubled');
  expect(window.size).toBe(8);
});

test('an envelope that takes long says nothing of pages, which do not', async () => {
  const clock = handClock();
  const window = createWindow(clock, BOUNDS);
  await rounds(window, clock, 20, 50, 'page');
  const size = window.size;
  await rounds(window, clock, 20, 900, 'envelope');
  expect(window.size).toBeGreaterThanOrEqual(size);
});

test('who finds no room waits, in order; who is stopped meanwhile does not take any', async () => {
  const clock = handClock();
  const window = createWindow(clock, { least: 1, first: 1, most: 1 });
  const leave = await window.enter('read');
  const entered: string[] = [];
  const stop = new AbortController();
  const stopped = window.enter('read', stop.signal);
  const second = window.enter('read').then((leaveAgain) => {
    entered.push('second');
    leaveAgain('answered');
  });
  const third = window.enter('read').then(() => entered.push('third'));
  stop.abort(new Error('stopped'));
  await expect(stopped).rejects.toThrow('stopped');
  expect(entered).toEqual([]);
  leave('answered');
  await Promise.all([second, third]);
  expect(entered).toEqual(['second', 'third']);
});
