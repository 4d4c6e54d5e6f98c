import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Account, Roster } from '../model/account.ts';
import { rosterFileSource, writeRosterFile } from './roster-file.ts';
import { RosterHash } from './roster-hash.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-roster-'));
  file = join(folder, 'deep', 'a.roster');
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
const read = async (application = 'rollcall-a', identity?: string) => {
  const opened = await rosterFileSource(file, application, identity).open(new AbortController().signal);
  const rows: Account[] = [];
  for await (const account of opened.rows()) rows.push(account);
  return { ...opened, rows, notes: opened.notes?.() };
};
const unpacked = () => gunzipSync(readFileSync(file)).toString('utf8');
const change = (edit: (text: string) => string) => writeFileSync(file, gzipSync(edit(unpacked())));

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
  const before = unpacked();
  const broken = async function* () {
    yield accounts[0]!;
    throw new Error('the store broke');
  };
  await expect(writeRosterFile(file, roster, broken())).rejects.toThrow('the store broke');
  expect(unpacked()).toBe(before);
  expect(readdirSync(join(folder, 'deep'))).toEqual(['a.roster']);
});

test('a roster file that cannot be written says so', async () => {
  writeFileSync(join(folder, 'deep'), '');
  await expect(writeRosterFile(file, roster, each())).rejects.toMatchObject({
    name: 'RollcallError',
    remedy: expect.stringContaining('--to'),
  });
});

test.each([
  ['a text that is none', () => Buffer.from('EMail,Role\nann,x\n'), 'notARoster'],
  ['nothing at all', () => Buffer.alloc(0), 'notARoster'],
  ['its end cut off', (bytes: Buffer) => bytes.subarray(0, -12), 'cutOff'],
  [
    'a byte changed',
    (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 40), Buffer.from('x'), bytes.subarray(41)]),
    'altered',
  ],
])('a packed roster file with %s gives no roster', async (_what, edit, code) => {
  await writeRosterFile(file, roster, each());
  writeFileSync(file, edit(readFileSync(file)));
  await expect(read()).rejects.toMatchObject({ name: 'SourceError', code, place: { file } });
});

test('a change of what was noted is found', async () => {
  await writeRosterFile(file, roster, each());
  change((text) => text.replace('2 rows are hidden', '3 rows are hidden'));
  await expect(read()).rejects.toMatchObject({ code: 'altered' });
});

describe('an encrypted roster file', () => {
  const keyFile = (name: string, ...lines: string[]) => {
    const path = join(folder, name);
    writeFileSync(path, `# created: 2026-01-01\n${lines.join('\n')}\n`);
    return path;
  };
  const encrypted = async () => {
    const mine = await generateIdentity();
    await writeRosterFile(file, roster, each(), [await identityToRecipient(mine)]);
    return mine;
  };

  test('is read by whom it is for, and by nobody else', async () => {
    const mine = await encrypted();
    expect(readFileSync(file, 'latin1')).toMatch(/^age-encryption\.org\/v1\n/);
    expect(readFileSync(file, 'latin1')).not.toContain('ann@');
    expect((await read('rollcall-a', keyFile('mine', mine))).rows).toEqual(accounts);
    const another = keyFile('another', await generateIdentity());
    await expect(read('rollcall-a', another)).rejects.toMatchObject({ code: 'forSomebodyElse' });
    await expect(read()).rejects.toMatchObject({ code: 'encrypted', remedy: expect.stringContaining('--identity') });
  });

  test('is refused once a byte of it was changed, or its end cut off', async () => {
    const mine = keyFile('mine', await encrypted());
    const whole = readFileSync(file);
    for (const at of [30, 100, whole.length - 40, whole.length - 1]) {
      const changed = Buffer.from(whole);
      changed[at]! ^= 1;
      writeFileSync(file, changed);
      await expect(read('rollcall-a', mine), `byte ${at}`).rejects.toMatchObject({ name: 'SourceError' });
    }
    writeFileSync(file, whole.subarray(0, -30));
    await expect(read('rollcall-a', mine)).rejects.toMatchObject({ name: 'SourceError' });
  });

  test('needs a private key that is one, and a public key that is one; a key is not repeated', async () => {
    await encrypted();
    await expect(read('rollcall-a', keyFile('none', 'hello'))).rejects.toThrow(/holds no private key/);
    await expect(read('rollcall-a', join(folder, 'lost'))).rejects.toThrow(/there is no such file/);
    const mine = await generateIdentity();
    const error = await writeRosterFile(file, roster, each(), [mine]).catch((reason) => reason);
    expect(error).toMatchObject({ name: 'UsageError' });
    expect(error.message).not.toContain(mine);
  });
});
