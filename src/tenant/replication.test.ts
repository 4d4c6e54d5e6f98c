import { expect, test } from 'vitest';
import { Replication, type View } from './replication.ts';

const started = (delayMs = 1000) => {
  let now = 0;
  const replication = new Replication(delayMs, 1, () => now);
  let reads = 0;
  return {
    view: (session?: string, isIndexed = false): View => {
      reads += 1;
      return replication.view({ place: [reads], isIndexed, ...(session !== undefined && { session }) });
    },
    at: (ms: number) => {
      now = ms;
    },
  };
};

test('without a delay everything is seen, and nothing is remembered', () => {
  const { view } = started(0);
  view().wrote('a', undefined);
  view().removed('user', 'b', 'body');
  expect(view().isSeen('a')).toBe(true);
  expect(view().isIdle).toBe(true);
  expect(view().ghosts('user')).toEqual([]);
});

test('a session sees what it wrote at once, another one and an application do not, and the index never does', () => {
  const { view, at } = started();
  view('ana').wrote('a', 'old');
  view('ana').removed('user', 'b', 'gone');
  expect(view('ana').seen('a', 'new')).toBe('new');
  expect(view('ana').ghosts('user')).toEqual([]);
  for (const other of [view('bo'), view(), view('ana', true)]) {
    expect(other.seen('a', 'new')).toBe('old');
    expect(other.ghosts('user')).toEqual(['gone']);
    expect(other.ghosts('application')).toEqual([]);
  }
  at(1000);
  expect(view('bo').seen('a', 'new')).toBe('new');
  expect(view('ana', true).seen('a', 'new')).toBe('old');
  at(1500);
  expect(view('ana', true).seen('a', 'new')).toBe('new');
  expect(view().isIdle).toBe(true);
});

test('of several writes, a reader sees those that have arrived, in their order', () => {
  const { view, at } = started();
  view().wrote('a', undefined);
  at(600);
  view().wrote('a', 'first');
  at(800);
  view().wrote('a', 'second');
  expect([undefined, 'first']).toContain(view().seen('a', 'third'));
  at(1000);
  const seen = new Set(Array.from({ length: 20 }, () => view().seen('a', 'third')));
  expect([...seen].every((body) => body === 'first' || body === 'second')).toBe(true);
  at(1800);
  expect(view().seen('a', 'third')).toBe('third');
});

test('what is removed and made anew is no ghost', () => {
  const { view, at } = started();
  view().removed('user', 'a', 'old');
  expect(view().ghosts('user')).toEqual(['old']);
  view().wrote('a', undefined);
  expect(view().ghosts('user')).toEqual([]);
  expect(view().seen('a', 'new')).toBe('old');
  at(1000);
  expect(view().seen('a', 'new')).toBe('new');
});

test('a mirror shows a new object at once, and changes later than any replica', () => {
  const { view, at } = started();
  view().wrote('a', undefined);
  view().wrote('a', 'first');
  expect(view().mirrored('a', 'second')).toBe('first');
  at(1000);
  expect(view().seen('a', 'second')).toBe('second');
  expect(view().mirrored('a', 'second')).toBe('first');
  at(1500);
  expect(view().mirrored('a', 'second')).toBe('second');
});

test('what everybody sees is forgotten', () => {
  const { view, at } = started();
  for (let i = 0; i < 10_000; i += 1) {
    at(i);
    view().wrote(String(i % 100), 'x');
  }
  expect([...view().pending()]).toHaveLength(100);
  at(12_000);
  expect([...view().pending()]).toEqual([]);
});
