import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EvidenceError, openEvidence } from './log.ts';
import { readEvidence, verifyChain } from './verify.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-evidence-'));
  file = join(folder, 'app.ndjson');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = async (...kinds: string[]) => {
  const log = await openEvidence(file);
  for (const kind of kinds) log.append({ kind, data: { about: kind, quote: '"\n' } });
  log.close();
  return log.position()!;
};

test('records written in two sittings form one chain', async () => {
  await write('collected', 'matched');
  const { seq, hash } = await write('planned');
  expect(await verifyChain(file)).toEqual({ whole: true, records: seq, head: hash });
});

test('an altered byte, a dropped line, a swapped pair and an inserted line are each found and named', async () => {
  await write('a', 'b', 'c', 'd');
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const judge = async (changed: string[]) => {
    writeFileSync(file, `${changed.join('\n')}\n`);
    const check = await verifyChain(file);
    return check.whole ? 'whole' : check.line;
  };
  expect(await judge(lines.map((line, i) => (i === 1 ? line.replace('"about":"b"', '"about":"B"') : line)))).toBe(2);
  expect(await judge(lines.filter((_, i) => i !== 2))).toBe(3);
  expect(await judge([lines[1]!, lines[0]!, ...lines.slice(2)])).toBe(1);
  expect(await judge([...lines.slice(0, 2), lines[1]!, ...lines.slice(2)])).toBe(3);
  expect(await judge(lines)).toBe('whole');
});

test('whatever ends a line elsewhere ends no record, and bytes that are no text are found', async () => {
  const log = await openEvidence(file);
  for (const text of ['\u2028', '\u2029', '\r', '\u0085', '\ufffd"']) log.append({ kind: 'odd', data: `a${text}b` });
  log.close();
  expect(await verifyChain(file)).toMatchObject({ whole: true, records: 5 });
  const bytes = readFileSync(file);
  // Both decode to the same replacement character.
  bytes[bytes.indexOf(Buffer.from('\ufffd'))] = 0xf0;
  writeFileSync(file, bytes);
  expect(await verifyChain(file)).toMatchObject({ whole: false, line: 5, reason: 'it has been altered' });
  bytes[bytes.indexOf('\n')] = 13;
  writeFileSync(file, bytes);
  expect(await verifyChain(file)).toMatchObject({ whole: false, line: 1 });
});

test('a last line that a crash cut off is removed, and a record says so', async () => {
  await write('a', 'b');
  appendFileSync(file, '{"seq":3,"at":"20');
  await write('c');
  const kinds = [];
  for await (const { kind } of readEvidence(file)) kinds.push(kind);
  expect(kinds).toEqual(['a', 'b', 'tornRecordRemoved', 'c']);
  expect((await verifyChain(file)).whole).toBe(true);
});

test('a record longer than a read block is found again at the end', async () => {
  const log = await openEvidence(file);
  log.append({ kind: 'long', data: 'x'.repeat(200_000) });
  log.close();
  await write('next');
  expect((await verifyChain(file)).whole).toBe(true);
});

test('a file that is marked read-only is not written to, whoever asks', async () => {
  await write('a');
  chmodSync(file, 0o444);
  await expect(openEvidence(file)).rejects.toThrow(EvidenceError);
});

test('a folder in the place of the file is refused with what to do', async () => {
  mkdirSync(file);
  await expect(openEvidence(file)).rejects.toThrow(/cannot be opened for writing/);
});

test('a record that was altered in the middle is found when the file is opened, and the line is named', async () => {
  await write('a', 'b', 'c');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"about":"b"', '"about":"B"'));
  await expect(openEvidence(file)).rejects.toThrow(/is damaged: line 2: it has been altered/);
});

test('an end that was cut off at a whole record is found by the last record that is known, and named', async () => {
  const known = await write('a', 'b', 'c');
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  writeFileSync(file, `${lines[0]}\n`);
  expect((await verifyChain(file)).whole).toBe(true);
  await expect(openEvidence(file, { known })).rejects.toThrow(/ends with record 1, and record 3 had been written/);
  writeFileSync(file, '');
  await expect(openEvidence(file, { known })).rejects.toThrow(/ends with record 0, and record 3 had been written/);
});

test('a chain that was made anew is told apart from the one that was written', async () => {
  const known = await write('a', 'b');
  rmSync(file);
  await write('a', 'forged', 'c');
  await expect(openEvidence(file, { known })).rejects.toThrow(/line 2: it is not the record that was written/);
});

test('a file that was moved away is begun anew, and its first record names the last one of the old', async () => {
  const known = await write('a', 'b');
  rmSync(file);
  (await openEvidence(file, { known })).close();
  const records = [];
  for await (const { kind, data } of readEvidence(file)) records.push({ kind, data });
  expect(records).toEqual([{ kind: 'recordBegunAnew', data: { lastKnown: known } }]);
});

test('of two processes that have it open, the second to write is refused, and the chain stays whole', async () => {
  await write('a');
  const [first, second] = [await openEvidence(file), await openEvidence(file)];
  first.append({ kind: 'b', data: {} });
  expect(() => second.append({ kind: 'c', data: {} })).toThrow(/written to by another process/);
  first.append({ kind: 'd', data: {} });
  for (const log of [first, second]) log.close();
  expect(await verifyChain(file)).toMatchObject({ whole: true, records: 3 });
});

test.skipIf(process.platform === 'win32')(
  'a file that is removed, replaced or cut off while it is open is refused',
  async () => {
    await write('a', 'b');
    const copy = readFileSync(file);
    const harms: readonly (readonly [() => void, RegExp])[] = [
      [() => rmSync(file), /is gone/],
      [() => renameSync(`${file}.copy`, file), /is another one/],
      [() => truncateSync(file, 20), /was cut off/],
    ];
    for (const [harm, told] of harms) {
      writeFileSync(file, copy);
      writeFileSync(`${file}.copy`, copy);
      const log = await openEvidence(file);
      harm();
      expect(() => log.append({ kind: 'c', data: {} })).toThrow(told);
      log.close();
    }
  },
);

test('nothing is written once it has been closed', async () => {
  const log = await openEvidence(file);
  log.close();
  expect(() => log.append({ kind: 'late', data: {} })).toThrow(EvidenceError);
  log.close();
});

// A limit on the size of files stands in for a full disk: part of a record can still be written.
test.skipIf(process.platform === 'win32')('a record that the disk has no room for leaves the chain whole', async () => {
  const script = `
    import { openEvidence } from ${JSON.stringify(new URL('./log.ts', import.meta.url).href)};
    const log = await openEvidence(${JSON.stringify(file)});
    log.append({ kind: 'fits', data: 'x' });
    try {
      log.append({ kind: 'tooLong', data: 'x'.repeat(20_000) });
    } catch (error) {
      log.append({ kind: 'fitsAgain', data: error.name });
    }`;
  const limited = 'trap "" XFSZ; ulimit -f 8; exec "$0" --input-type=module -e "$1"';
  const { status, stderr } = spawnSync('bash', ['-c', limited, process.execPath, script], { encoding: 'utf8' });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(await verifyChain(file)).toMatchObject({ whole: true, records: 2 });
  expect(readFileSync(file, 'utf8')).toContain('"kind":"fitsAgain","data":"EvidenceError"');
});

test.skipIf(process.platform === 'win32')('the file and its folder are for their owner alone', async () => {
  file = join(folder, 'evidence', 'app.ndjson');
  await write('a');
  expect([statSync(file), statSync(join(folder, 'evidence'))].map(({ mode }) => mode & 0o077)).toEqual([0, 0]);
});
