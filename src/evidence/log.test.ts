import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

const write = (...kinds: string[]) => {
  const log = openEvidence(file);
  for (const kind of kinds) log.append({ kind, data: { about: kind, quote: '"\n' } });
  log.close();
  return log.head();
};

test('records written in two sittings form one chain', async () => {
  write('collected', 'matched');
  const head = write('planned');
  expect(await verifyChain(file)).toEqual({ whole: true, records: 3, head });
});

test('an altered byte, a dropped line, a swapped pair and an inserted line are each found and named', async () => {
  write('a', 'b', 'c', 'd');
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

test('a last line that a crash cut off is removed, and a record says so', async () => {
  write('a', 'b');
  appendFileSync(file, '{"seq":3,"at":"20');
  write('c');
  const kinds = [];
  for await (const { kind } of readEvidence(file)) kinds.push(kind);
  expect(kinds).toEqual(['a', 'b', 'tornRecordRemoved', 'c']);
  expect((await verifyChain(file)).whole).toBe(true);
});

test('a record longer than a read block is found again at the end', async () => {
  const log = openEvidence(file);
  log.append({ kind: 'long', data: 'x'.repeat(200_000) });
  log.close();
  write('next');
  expect((await verifyChain(file)).whole).toBe(true);
});

test('a file that is marked read-only is not written to, whoever asks', () => {
  write('a');
  chmodSync(file, 0o444);
  expect(() => openEvidence(file)).toThrow(EvidenceError);
});

test('a folder in the place of the file is refused with what to do', () => {
  mkdirSync(file);
  expect(() => openEvidence(file)).toThrow(/cannot be opened for writing/);
});
