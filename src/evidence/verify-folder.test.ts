import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  exportStory,
  type Files,
  filesIn,
  folderOf,
  type Story,
  signer,
  tellStory,
  writeFiles,
} from '../../test/support/evidence-folder.ts';
import { folderAt } from './folder.ts';
import type { Signer } from './keys.ts';
import { hashOf } from './manifest.ts';
import { GENESIS, opened, sealed } from './seal.ts';
import { type Problem, type VerifyOptions, verifyFolder } from './verify-folder.ts';

let folder: string;
let keys: readonly [Signer, Signer];
let story: Story;
/** The second day alone, signed with a key that the first one announced: all kinds of files are in it. */
let files: Files;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-evidence-'));
  keys = [signer(), signer()];
  story = await tellStory(folder, keys);
  await exportStory(folder, story, keys[1], { period: { from: '2026-01-02T00:00:00.000Z', until: null } });
  files = await filesIn(join(folder, 'out'));
  // Outcomes stand with the matching, which was on the first day.
  await exportStory(folder, story, keys[1], { to: join(folder, 'all') });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const verify = async (changed: Files, more: Partial<VerifyOptions> = {}) =>
  verifyFolder(folderOf(changed), { publicKey: keys[1].publicKey, ...more });

const problemsOf = async (changed: Files, more: Partial<VerifyOptions> = {}): Promise<readonly Problem[]> =>
  (await verify(changed, more)).problems;

const withFile = (path: string, bytes: Buffer, all: Files = files): Files => new Map([...all, [path, bytes]]);

const lineAt = (bytes: Buffer, at: number): number => bytes.subarray(0, at).toString('latin1').split('\n').length;

/** Files of lines: each names the line that is wrong. */
const hasLines = (path: string): boolean => /\.(ndjson|jsonl)$/.test(path);

const isAt = (problem: Problem | undefined, path: string, line: number): boolean =>
  problem?.file === path && (!hasLines(path) || problem.line === line);

test('a folder as it was written holds, by the newest key and by the one before that announced it', async () => {
  const whole = { isWhole: true, isSigned: true, problems: [] };
  expect(await verify(files)).toMatchObject(whole);
  expect(await verify(files, { publicKey: keys[0].publicKey })).toMatchObject(whole);
  expect(await verifyFolder(folderAt(join(folder, 'all')), { publicKey: keys[0].publicKey })).toMatchObject(whole);
  expect([...files.keys()].map((path) => path.replace(/[0-9a-f]{64}/, '…')).sort()).toEqual([
    'chain.ndjson',
    'cover.html',
    'cover.txt',
    'earlier.ndjson',
    'manifest.json',
    'plans/….plan.jsonl',
    'rosters/….ndjson',
    'signature.json',
  ]);
});

describe('in a folder of all kinds of files', () => {
  let all: Files;
  beforeAll(async () => {
    all = new Map([...(await filesIn(join(folder, 'all')))]);
    expect([...all.keys()].some((path) => path.startsWith('outcomes/'))).toBe(true);
  });

  /** Everything in it, and the one file that only a later period has. */
  const everywhere = async (judge: (path: string, bytes: Buffer, within: Files) => Promise<void>) => {
    for (const [path, bytes] of all) await judge(path, bytes, all);
    await judge('earlier.ndjson', files.get('earlier.ndjson')!, files);
  };

  test('each byte that is altered is found, and its file and line are named', async () => {
    let altered = 0;
    const missed: unknown[] = [];
    await everywhere(async (path, bytes, within) => {
      for (let at = 0; at < bytes.length; at += 1) {
        const changed = Buffer.from(bytes);
        changed[at]! ^= 1 + ((at * 7) % 255);
        const [problem] = await problemsOf(withFile(path, changed, within));
        if (!isAt(problem, path, lineAt(bytes, at))) missed.push({ path, at, problem });
        altered += 1;
      }
    });
    expect(missed).toEqual([]);
    expect(altered).toBeGreaterThan(5000);
  }, 300_000);

  test('a file that is cut off at any byte is found, and the line where it ends is named', async () => {
    await everywhere(async (path, bytes, within) => {
      for (let length = 0; length < bytes.length; length += 13) {
        const [problem] = await problemsOf(withFile(path, bytes.subarray(0, length), within));
        expect(isAt(problem, path, lineAt(bytes, length)), `${path}, cut to ${length}: ${problem?.what}`).toBe(true);
      }
    });
  }, 300_000);

  test('each line that is dropped, doubled, swapped or put in from elsewhere is found, and its place is named', {
    timeout: 300_000,
  }, async () => {
    await everywhere(async (path, bytes, within) => {
      if (!hasLines(path)) return;
      const lines = bytes.toString('latin1').split('\n').slice(0, -1);
      const judge = async (changed: readonly string[], line: number, what: string) => {
        const text = changed.map((one) => `${one}\n`).join('');
        const problems = await problemsOf(withFile(path, Buffer.from(text, 'latin1'), within));
        expect(problems[0], `${path}: ${what} ${line}: ${JSON.stringify(problems)}`).toMatchObject({ file: path });
        // The line that is gone, or the one that came in its place.
        expect([line, line + 1]).toContain(problems[0]!.line);
      };
      for (const [i, line] of lines.entries()) {
        await judge(lines.toSpliced(i, 1), i + 1, 'dropped');
        await judge(lines.toSpliced(i, 0, line), i + 1, 'doubled');
        await judge(lines.toSpliced(i, 0, lines[0] === line ? lines.at(-1)! : lines[0]!), i + 1, 'put in');
        if (i + 1 < lines.length) await judge(lines.toSpliced(i, 2, lines[i + 1]!, line), i + 1, 'swapped');
        await judge(lines.slice(0, i), i + 1, 'cut off from');
        if (i > 0) await judge(lines.slice(i), 1, 'cut off before');
      }
      await judge([...lines, lines[0]!], lines.length + 1, 'added at the end');
    });
  });

  test('each file that is removed, and any that is added, is named', async () => {
    for (const path of all.keys()) {
      const without = new Map([...all].filter(([name]) => name !== path));
      expect((await problemsOf(without))[0]).toEqual({ file: path, what: 'it is missing' });
    }
    for (const path of ['note.txt', `rosters/${'0'.repeat(64)}.ndjson`, 'plans/x']) {
      expect(await problemsOf(withFile(path, Buffer.from('{}\n'), all))).toMatchObject([
        { file: path, what: expect.stringContaining('added later') },
      ]);
    }
  });
});

test('on the disk, an empty folder and a link that were added are named', async () => {
  const there = join(folder, 'disk');
  writeFiles(there, files);
  mkdirSync(join(there, 'extra'));
  writeFileSync(join(folder, 'elsewhere'), '');
  if (process.platform !== 'win32') symlinkSync(join(folder, 'elsewhere'), join(there, 'rosters', 'link'));
  const { problems } = await verifyFolder(folderAt(there), { publicKey: keys[1].publicKey });
  const added = ['extra', ...(process.platform === 'win32' ? [] : ['rosters/link'])];
  expect(problems.map(({ file }) => file).sort()).toEqual(added);
});

/** Seals records anew from the one at `line`, as somebody would who can write everything but has no key. */
const resealed = (chain: Buffer, change: (data: string) => string): Buffer => {
  let prev: string | undefined;
  const lines = chain
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { record } = opened(Buffer.from(change(line)))!;
      const seal = sealed({ ...record, prev: prev ?? record.prev });
      prev = seal.hash;
      return seal.text;
    });
  return Buffer.from(lines.join(''));
};

test('records that were sealed anew, with a manifest that fits them, are found by the signature', async () => {
  const chain = resealed(files.get('chain.ndjson')!, (line) => line.replace('"operator":"ana"', '"operator":"eve"'));
  const manifest = JSON.parse(files.get('manifest.json')!.toString());
  const lines = chain.toString().trimEnd().split('\n');
  const last = opened(Buffer.from(lines.at(-1)!))!;
  Object.assign(manifest.chain.last, { hash: last.hash });
  Object.assign(
    manifest.files.find(({ path }: { path: string }) => path === 'chain.ndjson'),
    {
      size: chain.length,
      sha256: hashOf(chain),
    },
  );
  const forged = withFile(
    'manifest.json',
    Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`),
    withFile('chain.ndjson', chain),
  );
  expect((await problemsOf(forged))[0]).toMatchObject({ file: 'manifest.json' });
  // A signature is made to fit by a key of one's own: it is not the one that is known.
  const other = signer();
  const own = {
    rollcallEvidenceSignature: 1,
    signs: hashOf(forged.get('manifest.json')!),
    key: other.publicKey.fingerprint,
    signature: await other.sign('x'),
  };
  const signedAnew = withFile('signature.json', Buffer.from(`${JSON.stringify(own, null, 2)}\n`), forged);
  expect((await problemsOf(signedAnew))[0]).toMatchObject({
    file: 'signature.json',
    what: expect.stringContaining('neither the one that was given'),
  });
  // Left unsigned, the signature over the head of that day no longer fits.
  const unsigned = {
    rollcallEvidenceSignature: 1,
    signs: hashOf(forged.get('manifest.json')!),
    key: null,
    signature: null,
  };
  const stripped = withFile('signature.json', Buffer.from(`${JSON.stringify(unsigned, null, 2)}\n`), forged);
  expect((await problemsOf(stripped))[0]).toMatchObject({ file: 'signature.json' });
  expect(await problemsOf(stripped, { allowUnsigned: true })).toEqual([
    {
      file: 'chain.ndjson',
      line: lines.length,
      record: last.record.seq,
      what: expect.stringContaining('signs another record'),
    },
  ]);
});

test('an unsigned folder fails unless that is allowed, and is told to be unsigned', async () => {
  const quiet = join(folder, 'unsigned');
  const told = await tellStory(quiet, []);
  const { isSigned } = await exportStory(quiet, told, undefined);
  expect(isSigned).toBe(false);
  const plain = await filesIn(join(quiet, 'out'));
  expect(await problemsOf(plain)).toMatchObject(
    [{ file: 'signature.json', what: /no signature/ }].map((one) => ({ file: one.file })),
  );
  expect(await verify(plain, { publicKey: undefined, allowUnsigned: true })).toMatchObject({
    isWhole: true,
    isSigned: false,
  });
  const cover = withFile('cover.txt', Buffer.from('Cover\n'), plain);
  expect(await problemsOf(cover, { allowUnsigned: true })).toMatchObject([{ file: 'cover.txt' }]);
  const manifest = Buffer.from(plain.get('manifest.json')!.toString().replace('"App"', '"Apt"'));
  expect(await problemsOf(withFile('manifest.json', manifest, plain), { allowUnsigned: true })).toMatchObject([
    { file: 'manifest.json' },
  ]);
});

test('a head that stood on a report is found in the records, also the one that they follow; another is not', async () => {
  for (const head of story.heads) expect(await problemsOf(files, { head })).toEqual([]);
  expect(await problemsOf(files, { head: GENESIS })).toMatchObject([
    { file: 'chain.ndjson', what: expect.stringContaining('made anew') },
  ]);
});

test('a key that the given one did not announce is refused, and so is a signed folder without any key', async () => {
  expect(await problemsOf(files, { publicKey: signer().publicKey })).toMatchObject([{ file: 'signature.json' }]);
  expect(await problemsOf(files, { publicKey: undefined, allowUnsigned: true })).toMatchObject([
    { file: 'signature.json', what: expect.stringContaining('no public key') },
  ]);
});

test('what the records count is held against what there is', async () => {
  const wrong = join(folder, 'wrong');
  const told = await tellStory(wrong, []);
  const rows = async (file: string, from: string, to: string) => {
    writeFileSync(
      file,
      resealed(await read(told.chainFile), (line) => line.replace(from, to)),
    );
  };
  const { readFile: read } = await import('node:fs/promises');
  const cases = [
    ['"rows":3,"columns"', '"rows":4,"columns"', 'it tells of 4 rows, and the roster has 3'],
    ['"notMatched":1', '"notMatched":2', 'its outcomes add up to 4, and it tells of 3 rows'],
    ['"matched":1,"notQueried":1', '"matched":2,"notQueried":0', 'it counts 2 "matched"'],
    ['"results":{"done":1', '"results":{"done":2', 'it tells of 2 results, and the plan has 1'],
    ['"column":"EMail"', '"column":"Mail"', 'has another hash'],
  ] as const;
  for (const [i, [from, to, what]] of cases.entries()) {
    const file = join(wrong, `chain-${i}.ndjson`);
    await rows(file, from, to);
    const out = join(wrong, `out-${i}`);
    await exportStory(wrong, { ...told, chainFile: file }, undefined, { to: out });
    const { problems } = await verifyFolder(folderAt(out), { allowUnsigned: true });
    expect(problems, what).toMatchObject([{ file: 'chain.ndjson', what: expect.stringContaining(what) }]);
  }
});
