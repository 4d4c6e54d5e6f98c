import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Account, Roster } from '../model/account.ts';
import { type Outcome, OutcomeCounter } from '../model/outcome.ts';
import { LeaseLostError } from './lease.ts';
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
  notes: [],
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

describe('of matchings', () => {
  const NONE = { requests: 0, resourceUnits: 0, seconds: 0 };
  const matched = (n: number, digest: string) =>
    store.saveMatching('app', 'sha256:a', 'sha256:c', each([{ n, kind: 'notMatched', comparisons: [] }]), () => ({
      digest,
      counts: new OutcomeCounter().counts(),
      spent: NONE,
      matchedAt: `2026-01-0${n}T00:00:00.000Z`,
    }));
  async function* each(outcomes: readonly Outcome[]): AsyncGenerator<Outcome> {
    yield* outcomes;
  }

  test('the newest takes the place of the one before, unless a plan that rests on that was carried out', async () => {
    await matched(1, 'sha256:1');
    await store.keepMatching('app');
    await matched(2, 'sha256:2');
    await matched(3, 'sha256:3');
    expect((await store.latestMatching('app'))?.digest).toBe('sha256:3');
    expect(await store.matching('app', { digest: 'sha256:2' })).toBeUndefined();
    const kept = await store.matching('app', { digest: 'sha256:1' });
    expect(await all(store.outcomes(kept!))).toMatchObject([{ n: 1 }]);
  });

  test('those that are alike are kept once, and for good if one of them was', async () => {
    const first = await matched(1, 'sha256:1');
    await store.keepMatching('app');
    const second = await matched(2, 'sha256:1');
    expect(await store.matching('app', { id: first.id })).toBeUndefined();
    await matched(3, 'sha256:3');
    expect((await store.matching('app', { digest: 'sha256:1' }))?.id).toBe(second.id);
  });
});

test('a lease keeps a second holder out until it is released, and names the first', async () => {
  const lease = await store.lease('app', 'apply');
  await expect(store.lease('app', 'match')).rejects.toThrow(new RegExp(`apply, process ${process.pid}`));
  await store.lease('other', 'match');
  lease.assertHeld();
  await lease.release();
  await (await store.lease('app', 'match')).release();
});

/** A Rollcall of its own, as far as the store sees: it runs `script` with `Store` and a `say` that the test hears. */
const processWith = (script: string) => {
  const whole = `
    import { Store } from ${JSON.stringify(new URL('./store.ts', import.meta.url).href)};
    const folder = ${JSON.stringify(folder)};
    const say = (text) => process.stdout.write(text + '\\n');
    ${script}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', whole], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return {
    child,
    ended: new Promise<void>((resolve) => child.on('close', () => resolve())),
    heard: (word: string) => vi.waitUntil(() => said.includes(word), { timeout: 60_000 }),
    said: () => said,
  };
};

const HOLD = `
  const store = await Store.open(folder);
  try {
    await store.lease('app', 'apply');
    say('held');
    setInterval(() => {}, 1000);
  } catch (error) {
    say('busy: ' + error.message);
  }`;

test('of several processes that open a new store and want one lease, one gets it, and the others are told who has it', {
  timeout: 120_000,
}, async () => {
  await store.close();
  rmSync(folder, { recursive: true });
  const all = Array.from({ length: 4 }, () => processWith(HOLD));
  for (const { heard } of all) await Promise.race([heard('held'), heard('busy')]);
  const holders = all.filter(({ said }) => said() === 'held\n');
  expect(holders).toHaveLength(1);
  const holder = holders[0]!;
  for (const { said } of all) {
    if (said() !== holder.said()) expect(said()).toContain(`apply, process ${holder.child.pid}`);
  }

  // A holder that was killed holds nobody up.
  store = await Store.open(folder);
  await expect(store.lease('app', 'match')).rejects.toThrow(/Another Rollcall/);
  holder.child.kill('SIGKILL');
  await holder.ended;
  await (await store.lease('app', 'match')).release();
});

test('a clock that jumps ahead ends the lease before the next write, and for good', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const lease = await store.lease('app', 'apply');
  const began = Date.now();
  vi.setSystemTime(began + 120_000);
  const other = await store.lease('app', 'match');
  expect(() => lease.assertHeld()).toThrow(LeaseLostError);
  vi.setSystemTime(began);
  expect(() => lease.assertHeld()).toThrow(LeaseLostError);
  await lease.release();
  // What is released is one's own lease, never the one that another has taken since.
  await expect(store.lease('app', 'plan')).rejects.toThrow(/match, process/);
  await other.release();
});

test('a process killed while it saves a roster leaves the roster before it, and the store in order', {
  timeout: 120_000,
}, async () => {
  await store.saveRoster('app', ['EMail'], accounts(3), () => roster(3));
  const killed = processWith(`
    const store = await Store.open(folder);
    const rows = async function* () {
      for (let n = 1; ; n += 1) {
        if (n === 6001) say('midway');
        yield { n, cells: ['x'.repeat(50)] };
        if (n % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    await store.saveRoster('app', ['EMail'], rows(), () => { throw new Error('never') });`);
  await killed.heard('midway');
  killed.child.kill('SIGKILL');
  await killed.ended;
  expect((await store.latestRoster('app'))?.rows).toBe(3);
  const kept = () => new DatabaseSync(join(folder, 'rollcall.db')).prepare('select count(*) as n from accounts').get();
  expect(kept()).not.toEqual({ n: 3 });
  await store.saveRoster('app', ['EMail'], accounts(4), () => roster(4, 'sha256:b'));
  expect(kept()).toEqual({ n: 7 });
});

test('a store that a later Rollcall has written, or that is none, is refused with what to do', async () => {
  const file = join(folder, 'rollcall.db');
  new DatabaseSync(file).exec('update shape set version = 99');
  await expect(Store.open(folder)).rejects.toMatchObject({
    message: expect.stringMatching(/rollcall\.db cannot be opened: version 99 is newer/),
    remedy: expect.stringMatching(/written by this version of Rollcall or an older one/),
  });
  const other = join(folder, 'other');
  mkdirSync(other);
  writeFileSync(join(other, 'rollcall.db'), 'no database at all, but long enough to be looked at '.repeat(40));
  await expect(Store.open(other)).rejects.toThrow(/not a database/);
});

test.skipIf(process.platform === 'win32')('the store is for its owner alone, however its folder was made', async () => {
  const made = join(folder, 'made');
  mkdirSync(made, { mode: 0o755 });
  const other = await Store.open(made);
  const files = ['', 'rollcall.db', 'rollcall.db-wal', 'rollcall.db-shm'];
  expect(files.map((name) => statSync(join(made, name)).mode & 0o077)).toEqual([0, 0, 0, 0]);
  await other.close();
});
