import { expect, test } from 'vitest';
import type { Io } from '../io.ts';
import { progressOn, progressText } from './progress.ts';

const NOON = new Date(2026, 10, 25, 12, 0);
const allowed = { atOnce: 3000, perSecond: 20 };

test('progress says how far it is, how quickly it goes, and when it ends', () => {
  const progress = { stage: 'match', done: 1200, of: 10_000 } as const;
  expect(progressText(progress, 3, 410.2, NOON)).toBe(
    'Matching accounts  1,200 of 10,000  ·  410 a second  ·  21 s left',
  );
  expect(progressText({ ...progress, of: null }, 3, 410.2, NOON)).toBe('Matching accounts  1,200  ·  410 a second');
  expect(progressText(progress, 0.5, 410.2, NOON)).toBe('Matching accounts  1,200 of 10,000');
});

test('changes are held against what the directory allows', () => {
  const progress = { stage: 'apply', done: 12_000, of: 50_000, allowed } as const;
  expect(progressText(progress, 455, 19.75, NOON)).toBe(
    'Applying changes  12,000 of 50,000  ·  19.8 of 20 a second  ·  32 min 4 s left, until 12:32',
  );
});

test('a quick beginning promises nothing: what is left goes no faster than allowed', () => {
  const progress = { stage: 'apply', done: 2000, of: 50_000, allowed } as const;
  expect(progressText(progress, 2, 1000, NOON)).toBe(
    'Applying changes  2,000 of 50,000  ·  1,000 a second, later 20  ·  39 min 8 s left, until 12:39',
  );
});

test('while the directory asks to wait, the end is still told', () => {
  const progress = { stage: 'apply', done: 12_000, of: 50_000, allowed } as const;
  expect(progressText(progress, 500, 0, NOON)).toMatch(/ 0 of 20 a second {2}· {2}30 min 50 s left/);
});

test('the line is drawn over a few times a second, on a terminal alone', () => {
  const drawn: string[] = [];
  const io = (interactive: boolean): Io =>
    ({ err: (text: string) => void drawn.push(text), interactive }) as Partial<Io> as Io;
  const show = (interactive: boolean, quiet: boolean) => {
    const { show, clear } = progressOn(io(interactive), { quiet });
    for (let done = 1; done < 1000; done += 1) show({ stage: 'apply', done, of: 1000 });
    show({ stage: 'apply', done: 1000, of: 1000 });
    clear();
  };
  show(false, false);
  show(true, true);
  expect(drawn).toEqual([]);
  show(true, false);
  expect(drawn.at(-1)).toBe('\r\u001b[2K');
  expect(drawn.at(-2)).toContain('1,000 of 1,000');
  expect(drawn.length).toBeLessThan(20);
});
