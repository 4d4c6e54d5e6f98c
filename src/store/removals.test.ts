import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removalOf } from '../../test/support/removal.ts';
import type { Removal, RemovalEvent } from '../model/removal.ts';
import { Store } from './store.ts';

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-store-'));
  store = await Store.open(folder);
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const removal = (n: number, more: Partial<Removal> = {}): Removal =>
  removalOf(n, {
    id: String(n).padStart(32, '0'),
    application: 'app',
    applicationName: 'App',
    account: { key: `p${n}`, identities: [], cells: { __proto__x: "'" }, user: null },
    cause: { kind: 'expired', ended: '2026-01-01' },
    ...more,
  });

const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};

const reminded = (at: string): RemovalEvent => ({ kind: 'reminded', at });

test('removals come back as they were saved, more than are read at once, each with its history in order', async () => {
  const many = Array.from({ length: 2500 }, (_, n) => removal(n));
  await store.removals.save(many.map((one) => ({ removal: one, events: [reminded('1'), reminded('2')] })));
  expect(await all(store.removals.all('app'))).toEqual(many);
  const ordered = removal(7, { state: 'ordered' });
  await store.removals.save([
    { removal: ordered, events: [reminded('3')] },
    { removal: removal(8), events: [] },
  ]);
  expect(await store.removals.find(ordered.id)).toEqual(ordered);
  expect(await store.removals.history(ordered.id)).toEqual(['1', '2', '3'].map(reminded));
  expect(await store.removals.history(removal(8).id)).toEqual(['1', '2'].map(reminded));
});

test('removals are counted and read by state, for one application', async () => {
  await store.removals.save([
    { removal: removal(1), events: [] },
    { removal: removal(2, { state: 'confirmed' }), events: [] },
    { removal: removal(3, { application: 'other' }), events: [] },
  ]);
  expect(await store.removals.counts('app')).toEqual({ open: 1, confirmed: 1 });
  expect((await all(store.removals.all('app', ['confirmed', 'returned']))).map(({ id }) => id)).toEqual([
    removal(2).id,
  ]);
});
