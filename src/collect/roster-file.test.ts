import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Account, Roster } from '../model/account.ts';
import { rosterFileSource, writeRosterFile } from './roster-file.ts';
import { RosterHash } from './roster-hash.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-roster-'));
  file = join(folder, 'deep', 'a.roster.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const accounts: readonly Account[] = [
  { n: 1, line: 2, cells: ['ann@contoso.com', 'a\u2028b "c"\n'] },
  { n: 2, cells: ['', null] },
  { n: 3, line: 9, cells: ['日本', ' '] },
];
const hashOf = (columns: readonly string[], all: Iterable<Account>): string => {
  const hash = new RosterHash(columns);
  for (const account of all) hash.add(account);
  return hash.digest();
};
const roster: Roster = {
  hash: hashOf(['EMail', 'Role'], accounts),
  application: 'rollcall-a',
  columns: ['EMail', 'Role'],
  rows: 3,
  source: 'csv users.csv (UTF-8, comma)',
  collectedAt: '2026-01-02T03:04:05.000Z',
  notes: ['2 rows are hidden.'],
};
const each = async function* () {
  yield* accounts;
};
const read = async (application = 'rollcall-a') => {
  const opened = await rosterFileSource(file, application).open(new AbortController().signal);
  const rows: Account[] = [];
  for await (const account of opened.rows()) rows.push(account);
  return { ...opened, rows, notes: opened.notes?.() };
};
const change = (edit: (text: string) => string) => writeFileSync(file, edit(readFileSync(file, 'utf8')));

test('what is read from a roster file is what was written: accounts, hash, source, time and notes', async () => {
  await writeRosterFile(file, roster, each());
  const { rows, columns, description, collectedAt, notes } = await read();
  expect(rows).toEqual(accounts);
  expect(hashOf(columns, rows)).toBe(roster.hash);
  expect({ description, collectedAt, notes }).toEqual({
    description: roster.source,
    collectedAt: roster.collectedAt,
    notes: roster.notes,
  });
});

test('a roster file whose line ends became CR LF on its way is the same roster', async () => {
  await writeRosterFile(file, roster, each());
  change((text) => text.replaceAll('\n', '\r\n'));
  expect((await read()).rows).toEqual(accounts);
});

test.each([
  ['a cell changed', (text: string) => text.replace('ann@', 'eve@'), 'altered', undefined],
  ['the time changed', (text: string) => text.replace('2026-01-02', '2026-02-02'), 'altered', undefined],
  ['a line dropped', (text: string) => text.replace(/^\[null.*\n/m, ''), 'altered', undefined],
  ['a line that is no account', (text: string) => text.replace(/^\[null.*$/m, '["x"]'), 'altered', 3],
  ['an account too narrow', (text: string) => text.replace(/^\[null.*$/m, '[null,[""]]'), 'altered', 3],
  ['something behind its end', (text: string) => `${text}[null,["",""]]\n`, 'altered', 6],
  ['its end cut off', (text: string) => text.slice(0, text.lastIndexOf('{')), 'cutOff', 4],
  ['its end cut off in a line', (text: string) => text.slice(0, -20), 'altered', 5],
  ['another text', () => 'EMail,Role\nann,x\n', 'notARoster', undefined],
  ['nothing', () => '', 'notARoster', undefined],
])('a roster file with %s gives no roster', async (_what, edit, code, line) => {
  await writeRosterFile(file, roster, each());
  change(edit);
  const place = line === undefined ? expect.objectContaining({ file }) : { file, line };
  await expect(read()).rejects.toMatchObject({ name: 'SourceError', code, place });
});

test('a roster of another application, and a file that is not there, say what to do', async () => {
  await expect(read()).rejects.toMatchObject({ code: 'notFound', remedy: expect.stringContaining('--from') });
  await writeRosterFile(file, roster, each());
  await expect(read('rollcall-b')).rejects.toMatchObject({
    code: 'otherApplication',
    message: expect.stringContaining('a roster of rollcall-a, not of rollcall-b'),
  });
});

test('a roster file that fails on its way leaves the one before as it was, and no litter', async () => {
  await writeRosterFile(file, roster, each());
  const before = readFileSync(file, 'utf8');
  const broken = async function* () {
    yield accounts[0]!;
    throw new Error('the store broke');
  };
  await expect(writeRosterFile(file, roster, broken())).rejects.toThrow('the store broke');
  expect(readFileSync(file, 'utf8')).toBe(before);
  expect(readdirSync(join(folder, 'deep'))).toEqual(['a.roster.jsonl']);
});

test('a roster file that cannot be written says so', async () => {
  writeFileSync(join(folder, 'deep'), '');
  await expect(writeRosterFile(file, roster, each())).rejects.toMatchObject({
    name: 'RollcallError',
    remedy: expect.stringContaining('--to'),
  });
});
