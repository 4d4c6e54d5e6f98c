import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Account, Roster } from '../model/account.ts';
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

const roster = (rows: number, hash = 'sha256:a'): Roster => ({
  hash,
  application: 'app',
  columns: ['__proto__', 'EMail'],
  rows,
  source: 'csv',
  collectedAt: '2026-01-01T00:00:00.000Z',
});
async function* accounts(rows: number): AsyncGenerator<Account> {
  for (let n = 1; n <= rows; n += 1) yield { n, line: n + 1, cells: [n % 2 ? null : '', `p${n}@contoso.com"'\n`] };
}
const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};

test('a roster comes back as it was saved, cell by cell, null told apart from empty', async () => {
  const saved = await store.saveRoster('app', ['__proto__', 'EMail'], accounts(5001), () => roster(5001));
  expect(await store.latestRoster('app')).toEqual(saved);
  expect(await all(store.accounts(saved))).toEqual(await all(accounts(5001)));
});

test('a roster that ends in an error leaves nothing, and the one before stays', async () => {
  await store.saveRoster('app', ['EMail'], accounts(3), () => roster(3));
  const broken = async function* () {
    yield* accounts(2500);
    throw new Error('line 2501 is broken');
  };
  await expect(store.saveRoster('app', ['EMail'], broken(), () => roster(0, 'sha256:b'))).rejects.toThrow('2501');
  expect((await store.latestRoster('app'))?.rows).toBe(3);
});

test('two rosters of one content are kept once', async () => {
  await store.saveRoster('app', ['EMail'], accounts(3), () => roster(3));
  const again = await store.saveRoster('app', ['EMail'], accounts(3), () => roster(3));
  expect(await all(store.accounts(again))).toHaveLength(3);
});

test('a lease keeps a second holder out until it is released, and names the first', async () => {
  const lease = await store.lease('app', 'apply');
  await expect(store.lease('app', 'match')).rejects.toThrow(new RegExp(`apply, process ${process.pid}`));
  await store.lease('other', 'match');
  lease.assertHeld();
  await lease.release();
  await (await store.lease('app', 'match')).release();
});
