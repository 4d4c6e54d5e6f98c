import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Account, Roster } from '../model/account.ts';
import type { Clock } from '../model/clock.ts';
import { NeedsPersonError } from '../model/errors.ts';
import type { AccountSettings, CompleteSettings } from '../model/settings.ts';
import type { Source } from '../model/source.ts';
import { type CollectInput, checkSize, collectRoster } from './collect.ts';
import { RosterHash } from './roster-hash.ts';

const guards = {
  maxCreateShare: 0.25,
  maxAssignShare: 1,
  maxRemoveShare: 0.1,
  maxShrinkShare: 0.1,
  maxGrowShare: 0.5,
  floor: 20,
};
const noon: Clock = { now: () => Date.UTC(2026, 0, 2, 12), sleep: async () => {} };

const sourceOf = (columns: string[], cells: string[][]): Source => ({
  kind: 'test',
  open: async () => ({
    columns,
    description: 'test people',
    async *rows() {
      for (const [index, row] of cells.entries()) yield { n: index + 1, cells: row };
    },
  }),
});

const memory = () => {
  const kept: Account[] = [];
  const save: CollectInput['save'] = async (_columns, rows, finish) => {
    const arrived: Account[] = [];
    for await (const account of rows) arrived.push(account);
    const roster = finish();
    kept.push(...arrived);
    return roster;
  };
  return { kept, save };
};

const NO_FACTS: AccountSettings = {
  enabled: null,
  lastLogin: null,
  created: null,
  ends: null,
  owner: null,
  type: null,
};

const people = (count: number) => Array.from({ length: count }, (_, i) => [`person${i}@contoso.com`, 'USR']);

const collect = async (input: Partial<CollectInput>): Promise<Roster> =>
  collectRoster({
    source: sourceOf(['EMail', 'Role'], people(3)),
    application: 'CORPDB1',
    save: memory().save,
    lastRows: undefined,
    guards,
    complete: { columns: [], rows: null, sum: null, trailer: null },
    accounts: NO_FACTS,
    allow: new Set(),
    signal: new AbortController().signal,
    clock: noon,
    ...input,
  });

test('a roster says what was collected, from where and when', async () => {
  const { kept, save } = memory();
  const roster = await collect({ save });
  expect(roster).toEqual({
    hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    application: 'CORPDB1',
    columns: ['EMail', 'Role'],
    rows: 3,
    source: 'test people',
    notes: [],
    collectedAt: '2026-01-02T12:00:00.000Z',
  });
  expect(kept.map(({ cells }) => cells[0])).toEqual(people(3).map(([mail]) => mail));
});

test('the same content has the same hash, another content another', async () => {
  const hashOf = async (columns: string[], cells: string[][]) =>
    (await collect({ source: sourceOf(columns, cells) })).hash;
  const first = await hashOf(['A', 'B'], [['1', '2']]);
  expect(await hashOf(['A', 'B'], [['1', '2']])).toBe(first);
  expect(await hashOf(['A', 'b'], [['1', '2']])).not.toBe(first);
  expect(await hashOf(['A', 'B'], [['12', '']])).not.toBe(first);
  expect(
    await hashOf(
      ['A', 'B'],
      [
        ['1', '2'],
        ['', ''],
      ],
    ),
  ).not.toBe(first);
});

test('a hash over many rows does not depend on how they are put together', () => {
  const rows = Array.from({ length: 5000 }, (_, i) => ({ n: i + 1, cells: ['x'.repeat(i % 50), 'é'] }));
  const [once, twice] = [new RosterHash(['A', 'B']), new RosterHash(['A', 'B'])];
  for (const row of rows) once.add(row);
  for (const row of rows) twice.add({ ...row, line: 7 });
  expect(once.digest()).toBe(twice.digest());
});

test('a roster that shrank beyond belief is not kept', async () => {
  const { kept, save } = memory();
  const shrunk = collect({ source: sourceOf(['EMail', 'Role'], people(150)), save, lastRows: 200 });
  await expect(shrunk).rejects.toThrow(NeedsPersonError);
  await expect(shrunk).rejects.toMatchObject({ remedy: expect.stringContaining('--allow shrink'), exitCode: 2 });
  expect(kept).toEqual([]);
});

test('a roster that a person allowed to shrink is kept', async () => {
  const { kept, save } = memory();
  await collect({
    source: sourceOf(['EMail', 'Role'], people(150)),
    save,
    lastRows: 200,
    allow: new Set(['shrink']),
  });
  expect(kept.length).toBe(150);
});

test('leave to shrink is no leave to grow', () => {
  expect(() => checkSize(400, 200, guards, new Set(['shrink']))).toThrow('"grow"');
  expect(() => checkSize(400, 200, guards, new Set(['grow']))).not.toThrow();
});

test('the guard speaks from the first account beyond its share', () => {
  expect(() => checkSize(180, 200, guards, new Set())).not.toThrow();
  expect(() => checkSize(179, 200, guards, new Set())).toThrow('21 fewer than the 200');
  expect(() => checkSize(300, 200, guards, new Set())).not.toThrow();
  expect(() => checkSize(301, 200, guards, new Set())).toThrow('101 more than the 200');
});

test('a change of fewer accounts than the floor is believed', () => {
  expect(() => checkSize(10, 20, guards, new Set())).not.toThrow();
  expect(() => checkSize(9, 20, guards, new Set())).toThrow('"shrink"');
  expect(() => checkSize(0, 20, guards, new Set())).toThrow('"shrink"');
});

test('a missing column stops before any row is read', async () => {
  let read = false;
  const source: Source = {
    kind: 'test',
    open: async () => ({
      columns: ['EMail'],
      description: 'test',
      async *rows() {
        read = true;
        yield { n: 1, cells: ['x'] };
      },
    }),
  };
  const checkColumns = (columns: readonly string[]) => {
    throw new Error(`no Role in ${columns.join()}`);
  };
  await expect(collect({ source, checkColumns })).rejects.toThrow('no Role in EMail');
  expect(read).toBe(false);
});

test('an abort ends the collection', async () => {
  const controller = new AbortController();
  const stopped = collect({
    source: sourceOf(['EMail', 'Role'], people(5000)),
    signal: controller.signal,
    onProgress: () => controller.abort(new Error('stopped')),
  });
  await expect(stopped).rejects.toThrow('stopped');
});

test('progress is told before anything is asked, every thousand rows, and at the end', async () => {
  const told: number[] = [];
  await collect({ source: sourceOf(['EMail', 'Role'], people(2500)), onProgress: (rows) => told.push(rows) });
  expect(told).toEqual([0, 1000, 2000, 2500]);
});

const totals = (complete: Partial<CompleteSettings>): Partial<CollectInput> => ({
  complete: { columns: [], rows: null, sum: null, trailer: null, ...complete },
});
const withAmounts = (...amounts: string[]) =>
  sourceOf(
    ['EMail', 'Amount'],
    amounts.map((amount, i) => [`person${i}@contoso.com`, amount]),
  );
const trailer = { column: 'EMail', value: 'TRAILER', count: 'Role' };
const ended = (...last: string[]) => sourceOf(['EMail', 'Role'], [...people(3), last]);

test.each([
  ['the number of accounts', 'rows', totals({ rows: 4 }), /3 accounts came, and 4 were to come/],
  [
    'a sum',
    'sum',
    { source: withAmounts('1.10', '2', ''), ...totals({ sum: { column: 'Amount', is: '3.2' } }) },
    /adds up to 3\.10, and 3\.2 was/,
  ],
  [
    'a cell that is no number',
    'sum',
    { source: withAmounts('1', 'x'), ...totals({ sum: { column: 'Amount', is: '1' } }) },
    /"x" in column "Amount" of row 2/,
  ],
  ['a trailer record that is missing', 'trailer', totals({ trailer }), /trailer record is missing/],
  [
    'a trailer record with another count',
    'trailer',
    { source: ended('TRAILER', '4'), ...totals({ trailer }) },
    /counts "4" accounts, and 3 came/,
  ],
] as const)('%s that does not fit stops it, until it is allowed by name', async (_what, name, input, message) => {
  const { kept, save } = memory();
  const error = await collect({ ...input, save }).catch((reason) => reason);
  expect(error).toMatchObject({ name: 'NeedsPersonError', exitCode: 2 });
  expect(error.message).toMatch(message);
  expect(error.remedy).toContain(`--allow ${name}`);
  expect(kept).toEqual([]);
  await collect({ ...input, allow: new Set([name]) });
});

test('control totals that fit let the roster pass, and the trailer record is no account', async () => {
  const sum = { column: 'Amount', is: '-0.30' };
  expect((await collect({ source: withAmounts('0.1', '-0.4'), ...totals({ sum, rows: 2 }) })).rows).toBe(2);
  const { kept, save } = memory();
  const roster = await collect({ source: ended('TRAILER', '0003'), save, ...totals({ trailer }) });
  expect(roster.rows).toBe(3);
  expect(kept).toHaveLength(3);
  expect(roster.hash).toBe((await collect({})).hash);
});

test('accounts behind the trailer record cannot be allowed', async () => {
  const source = sourceOf(['EMail', 'Role'], [...people(1), ['TRAILER', '1'], ...people(2)]);
  const input = { source, ...totals({ trailer }), allow: new Set(['trailer']) };
  await expect(collect(input)).rejects.toThrow(/stands in row 2, and accounts follow/);
});

test('a trailer record alone is no account', async () => {
  const source = sourceOf(['EMail', 'Role'], [['TRAILER', '0']]);
  await expect(collect({ source, ...totals({ trailer }) })).rejects.toMatchObject({ code: 'emptyRoster' });
});

test('a count in a file is read from there, and must be one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-count-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'users.ctl');
  await expect(collect(totals({ rows: { file } }))).rejects.toMatchObject({ code: 'countUnreadable' });
  writeFileSync(file, '\ufeff3\r\n');
  expect((await collect(totals({ rows: { file } }))).rows).toBe(3);
  writeFileSync(file, '3 rows');
  await expect(collect(totals({ rows: { file } }))).rejects.toMatchObject({ code: 'noCount', place: { file } });
});

test('cells that tell nothing of what they should are noted, and stop nothing', async () => {
  const source = sourceOf(
    ['EMail', 'Login'],
    [
      ['ana@contoso.com', '2026-01-31'],
      ['bo@contoso.com', '31.02.2026'],
      ['cy@contoso.com', 'never'],
      ['di@contoso.com', ''],
    ],
  );
  const accounts = { ...NO_FACTS, lastLogin: { column: 'Login', format: null } };
  const { notes } = await collect({ source, accounts });
  expect(notes).toEqual(['2 accounts have a cell in "Login" that says nothing of a last login (row 2: "31.02.2026").']);
});

test('a carried roster that is older than the last one stops, until it is allowed by name', async () => {
  const carried: Source = {
    kind: 'roster',
    open: async (signal) => ({
      ...(await sourceOf(['EMail', 'Role'], people(3)).open(signal)),
      collectedAt: '2026-01-01T00:00:00.000Z',
    }),
  };
  const input = { source: carried, lastCollectedAt: '2026-01-01T12:00:00.000Z' };
  await expect(collect(input)).rejects.toThrow(/The guard "older" stops here/);
  expect((await collect({ ...input, allow: new Set(['older']) })).rows).toBe(3);
  expect((await collect({ ...input, lastCollectedAt: '2025-12-31T00:00:00.000Z' })).rows).toBe(3);
});
