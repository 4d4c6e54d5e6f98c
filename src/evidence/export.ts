// Writes a period of the evidence as one folder that proves itself.
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Account } from '../model/account.ts';
import { RollcallError } from '../model/errors.ts';
import type { Outcome } from '../model/outcome.ts';
import { manifestMessage, type Signer } from './keys.ts';
import { linesOfFile } from './lines.ts';
import {
  CHAIN,
  COVER_PAGE,
  COVER_TEXT,
  EARLIER,
  formatted,
  hashOf,
  MANIFEST,
  type Manifest,
  type ManifestFile,
  type ManifestSignature,
  type NotHeld,
  outcomesFile,
  planFile,
  type RecordPlace,
  rosterFile,
  SIGNATURE,
} from './manifest.ts';
import { RowSealer } from './rows.ts';
import { type EvidenceRecord, GENESIS, opened } from './seal.ts';
import { namedIn, Summary } from './summary.ts';

/** What the store has of what the records name. A text says why it has not. */
export interface EvidenceHoldings {
  roster(
    hash: string,
  ): Promise<{ readonly columns: readonly string[]; readonly accounts: AsyncIterable<Account> } | string>;
  /** The path of a plan's file. */
  plan(hash: string): Promise<{ readonly file: string } | string>;
  /** The outcomes that have this digest. */
  outcomes(digest: string): Promise<AsyncIterable<Outcome> | string>;
}

/** What a cover page tells. */
export interface CoverFacts {
  readonly manifest: Omit<Manifest, 'files'>;
  readonly summary: Summary;
}

export interface ExportInput {
  /** The whole chain, which has been verified. */
  readonly chainFile: string;
  /** The folder to write; it must not be there, or be empty. */
  readonly to: string;
  readonly period: Manifest['period'];
  readonly application: Manifest['application'];
  /** ISO 8601, UTC. */
  readonly writtenAt: string;
  readonly holdings: EvidenceHoldings;
  readonly cover: (facts: CoverFacts) => { readonly html: string; readonly text: string };
  /** Absent where no key is configured: the folder is unsigned then. */
  readonly signer?: Signer | undefined;
  readonly onProgress?: (done: number, of: number) => void;
}

export interface Exported {
  readonly folder: string;
  readonly manifest: Manifest;
  /** SHA-256 of the manifest. */
  readonly hash: string;
  readonly isSigned: boolean;
}

/**
 * Writes the folder, whole or not at all. Everything that the records of the period name is written as a whole; what the
 * store no longer has is named in the manifest.
 *
 * Errors: {@link RollcallError} where the folder has something in it, the period has no record, or the disk refuses.
 */
export const exportEvidence = async (input: ExportInput): Promise<Exported> => {
  const { to } = input;
  await refuseFull(to);
  const found = await survey(input.chainFile, input.period);
  const unfinished = `${to}.${randomBytes(4).toString('hex')}.part`;
  try {
    await mkdir(dirname(to), { recursive: true });
    await mkdir(unfinished, { mode: PRIVATE });
    const exported = await writeFolder(unfinished, input, found);
    await rm(to, { recursive: true, force: true });
    await rename(unfinished, to);
    return { ...exported, folder: to };
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new RollcallError(
      `The evidence cannot be written to ${to}: ${error.message}.`,
      'Make room there, or name another folder with --to.',
      { cause: error },
    );
  }
};

const PRIVATE = 0o700;
const PRIVATE_FILE = 0o600;

const refuseFull = async (to: string): Promise<void> => {
  const there = await readdir(to).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new RollcallError(`${to} is no folder to write to (${error.code}).`, 'Name a new folder with --to.');
  });
  if (there.length === 0) return;
  throw new RollcallError(
    `The folder ${to} has something in it, and evidence stands alone.`,
    'Name a new folder with --to.',
  );
};

/** Where a period stands in the chain, and what its records name. */
interface Survey {
  readonly first: RecordPlace;
  readonly last: RecordPlace;
  readonly follows: RecordPlace;
  readonly head: RecordPlace;
  readonly rosters: ReadonlySet<string>;
  readonly plans: ReadonlySet<string>;
  /** Single earlier records that the period rests on, by their numbers, with their lines. */
  readonly earlier: readonly (RecordPlace & { readonly text: string })[];
}

const survey = async (file: string, { from, until }: Manifest['period']): Promise<Survey> => {
  const none: RecordPlace = { seq: 0, hash: GENESIS };
  let [head, before] = [none, none];
  let first: RecordPlace | undefined;
  let last = none;
  let follows = none;
  const named = { roster: new Set<string>(), plan: new Set<string>() };
  // Of the records behind the newest one within the period it is not known yet whether they belong to it.
  const waiting = new Set<string>();
  const earlier = new Earlier();
  for await (const { bytes } of linesOfFile(file)) {
    const { record, hash, text } = opened(bytes)!;
    before = head;
    head = { seq: record.seq, hash };
    const isWithin = (from === null || record.at >= from) && (until === null || record.at < until);
    if (first === undefined && !isWithin) earlier.see(record, hash, text);
    if (first === undefined && isWithin) {
      first = head;
      follows = before;
    }
    if (first === undefined) continue;
    namedIn(record.data, (kind, name) => waiting.add(`${kind} ${name}`));
    if (!isWithin) continue;
    last = head;
    for (const one of waiting) {
      const [kind, name] = one.split(' ');
      named[kind as 'roster' | 'plan'].add(name!);
    }
    waiting.clear();
  }
  if (first === undefined) {
    throw new RollcallError(
      `The evidence has no record ${[from && `from ${from}`, until && `until ${until}`].filter(Boolean).join(' ') || 'at all'}.`,
      'Name another period with --from and --until.',
    );
  }
  const rests = earlier.of(named);
  return { first, last, follows, head, rosters: named.roster, plans: named.plan, earlier: rests };
};

/** Keeps the earlier records that a period may rest on: keys, the configuration, how rosters and plans came to be. */
class Earlier {
  readonly #kept = new Map<string, Survey['earlier'][number]>();

  see({ seq, kind, data }: EvidenceRecord, hash: string, text: string): void {
    const key = earlierKey(seq, kind, data as Readonly<Record<string, unknown>>);
    if (key !== undefined) this.#kept.set(key, { seq, hash, text });
  }

  of(named: Readonly<Record<'roster' | 'plan', ReadonlySet<string>>>): Survey['earlier'] {
    const wanted = [...this.#kept].filter(([key]) => {
      const [kind, hash] = key.split(' ');
      return kind === 'collected' ? named.roster.has(hash!) : kind !== 'planned' || named.plan.has(hash!);
    });
    return wanted.map(([, one]) => one).sort((a, b) => a.seq - b.seq);
  }
}

const earlierKey = (seq: number, kind: string, data: Readonly<Record<string, unknown>>): string | undefined => {
  switch (kind) {
    case 'keyAnnounced':
      return `${kind} ${seq}`;
    case 'configurationRead':
      return kind;
    case 'collected':
      return `${kind} ${data['roster']}`;
    case 'planned':
      return `${kind} ${data['plan']}`;
    default:
      return undefined;
  }
};

const writeFolder = async (folder: string, input: ExportInput, found: Survey): Promise<Omit<Exported, 'folder'>> => {
  const { holdings, signer, onProgress } = input;
  const files: ManifestFile[] = [];
  const notHeld: NotHeld[] = [];
  const write = async (path: string, fill: (put: Put) => Promise<void>) => {
    files.push(await writeFile(folder, path, fill));
  };
  const { summary, outcomes } = await writeChain(input.chainFile, found, write);
  if (found.earlier.length > 0) {
    await write(EARLIER, async (put) => {
      for (const { text } of found.earlier) await put(`${text}\n`);
    });
  }
  let done = 0;
  for (const hash of [...found.rosters].sort()) {
    onProgress?.(done, found.rosters.size);
    done += 1;
    const roster = await holdings.roster(hash);
    if (typeof roster === 'string') notHeld.push({ kind: 'roster', hash, why: roster });
    else await write(rosterFile(hash), (put) => putRoster(roster, put));
  }
  for (const hash of [...found.plans].sort()) {
    const plan = await holdings.plan(hash);
    if (typeof plan === 'string') notHeld.push({ kind: 'plan', hash, why: plan });
    else await write(planFile(hash), (put) => putFile(plan.file, put));
  }
  for (const digest of [...outcomes].sort()) {
    const rows = await holdings.outcomes(digest);
    if (typeof rows === 'string') notHeld.push({ kind: 'outcomes', hash: digest, why: rows });
    else await write(outcomesFile(digest), (put) => putRows(rows, put));
  }
  const told: Omit<Manifest, 'files'> = {
    rollcallEvidence: 1,
    application: input.application,
    writtenAt: input.writtenAt,
    period: input.period,
    chain: {
      follows: found.follows,
      first: found.first,
      last: found.last,
      head: found.head,
      records: found.last.seq - found.first.seq + 1,
      kinds: Object.fromEntries([...summary.kinds].map(([kind, { count }]) => [kind, count])),
      earlier: found.earlier.map(({ seq, hash }) => ({ seq, hash })),
    },
    key: signer?.publicKey.fingerprint ?? null,
    notHeld,
  };
  const { html, text } = input.cover({ manifest: told, summary });
  await write(COVER_PAGE, (put) => put(html));
  await write(COVER_TEXT, (put) => put(text));
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  const manifest: Manifest = { ...told, files };
  const manifestText = formatted(manifest);
  const hash = hashOf(manifestText);
  const signature: ManifestSignature = {
    rollcallEvidenceSignature: 1,
    signs: hash,
    key: signer?.publicKey.fingerprint ?? null,
    signature: signer ? await signer.sign(manifestMessage(hash)) : null,
  };
  await writeFile(folder, MANIFEST, (put) => put(manifestText));
  await writeFile(folder, SIGNATURE, (put) => put(formatted(signature)));
  return { manifest, hash, isSigned: signer !== undefined };
};

type Put = (piece: string | Uint8Array) => Promise<void>;
type Write = (path: string, fill: (put: Put) => Promise<void>) => Promise<void>;

/** Writes the records of the period as they are. Answers what they say, and the outcomes that they name. */
const writeChain = async (
  file: string,
  { first, last }: Survey,
  write: Write,
): Promise<{ summary: Summary; outcomes: ReadonlySet<string> }> => {
  const summary = new Summary();
  const outcomes = new Set<string>();
  await write(CHAIN, async (put) => {
    for await (const { bytes } of linesOfFile(file)) {
      const { record, text } = opened(bytes)!;
      if (record.seq > last.seq) break;
      if (record.seq < first.seq) continue;
      summary.see(record);
      if (record.kind === 'matched') outcomes.add((record.data as { outcomes: string }).outcomes);
      await put(`${text}\n`);
    }
  });
  return { summary, outcomes };
};

const putRoster = async (
  { columns, accounts }: { readonly columns: readonly string[]; readonly accounts: AsyncIterable<Account> },
  put: Put,
): Promise<void> => {
  const sealer = new RowSealer();
  await put(sealer.line(columns));
  for await (const { cells, line } of accounts) await put(sealer.line(cells, line === undefined ? {} : { line }));
};

const putRows = async (rows: AsyncIterable<unknown>, put: Put): Promise<void> => {
  const sealer = new RowSealer();
  for await (const row of rows) await put(sealer.line(row));
};

const putFile = async (file: string, put: Put): Promise<void> => {
  for await (const piece of createReadStream(file)) await put(piece);
};

/** Characters that are written at once. */
const PIECE = 64 * 1024;
const NEWLINE = 10;

/** Writes a file and counts what goes into it. */
const writeFile = async (folder: string, path: string, fill: (put: Put) => Promise<void>): Promise<ManifestFile> => {
  const file = join(folder, ...path.split('/'));
  await mkdir(dirname(file), { recursive: true, mode: PRIVATE });
  const handle = await open(file, 'wx', PRIVATE_FILE);
  try {
    return await fillFile(handle, path, fill);
  } finally {
    await handle.close();
  }
};

const fillFile = async (handle: FileHandle, path: string, fill: (put: Put) => Promise<void>): Promise<ManifestFile> => {
  const hash = createHash('sha256');
  let [size, records] = [0, 0];
  let waiting = '';
  const keep = async (bytes: Uint8Array) => {
    hash.update(bytes);
    size += bytes.length;
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) records += 1;
    await handle.appendFile(bytes);
  };
  const flush = async () => {
    if (waiting !== '') await keep(Buffer.from(waiting));
    waiting = '';
  };
  await fill(async (piece) => {
    if (typeof piece === 'string') waiting += piece;
    if (typeof piece !== 'string' || waiting.length >= PIECE) await flush();
    if (typeof piece !== 'string') await keep(piece);
  });
  await flush();
  await handle.sync();
  return { path, size, sha256: `sha256:${hash.digest('hex')}`, records };
};
