// Verifies a folder of evidence by itself: needs the folder and the public key, and nothing else.
import { createHash } from 'node:crypto';
import { type ChainFacts, ChainReader } from './chain-facts.ts';
import {
  chainCheck,
  type LineCheck,
  outcomesCheck,
  parsed,
  planCheck,
  rosterCheck,
  singlesCheck,
} from './file-checks.ts';
import type { Folder } from './folder.ts';
import { type EvidencePublicKey, isSignatureOf, manifestMessage } from './keys.ts';
import { linesOf } from './lines.ts';
import {
  CHAIN,
  EARLIER,
  formatted,
  hashOf,
  MANIFEST,
  type Manifest,
  type ManifestFile,
  type ManifestSignature,
  outcomesFile,
  planFile,
  rosterFile,
  SIGNATURE,
} from './manifest.ts';

/** Something that is wrong, and where. `line` counts from 1; `record` is the record's number in the chain. */
export interface Problem {
  readonly file: string;
  readonly line?: number;
  readonly record?: number;
  readonly what: string;
}

export const problemText = ({ file, line, record, what }: Problem): string =>
  `${file}${line === undefined ? '' : `, line ${line}`}${record === undefined ? '' : ` (record ${record})`}: ${what}`;

export interface VerifyOptions {
  /** Absent: only a folder without a signature can pass, and only where that is allowed. */
  readonly publicKey?: EvidencePublicKey | undefined;
  readonly allowUnsigned?: boolean;
  /** A head that stands on a report: the chain must hold that record. */
  readonly head?: string | undefined;
}

export interface Verdict {
  readonly isWhole: boolean;
  readonly isSigned: boolean;
  /** Each with its place; of each file the first. */
  readonly problems: readonly Problem[];
  /** Undefined where it cannot be read. */
  readonly manifest: Manifest | undefined;
  /** What the folder itself says it lacks: no problem, but to be known. */
  readonly notes: readonly string[];
}

/**
 * Checks everything: the signature, that each file is there and is as it was written, that the records follow one another
 * from the first to the last, that rosters, outcomes and plans have the hashes that the records name, and that what was
 * counted adds up. Files are read as streams.
 */
export const verifyFolder = async (folder: Folder, options: VerifyOptions): Promise<Verdict> => {
  const listed = await folder.list();
  const there = new Set(listed.filter(({ isFile }) => isFile).map(({ path }) => path));
  const manifestBytes = there.has(MANIFEST) ? await whole(folder, MANIFEST) : undefined;
  const signatureBytes = there.has(SIGNATURE) ? await whole(folder, SIGNATURE) : undefined;
  const reader = new ChainReader(options.head);
  const manifest = manifestBytes && parsedManifest(manifestBytes);
  const signing = await checkSignature(folder, there, manifestBytes, signatureBytes, options);
  const problems: Problem[] = [...signing.problems];
  // A manifest that is not the one that was written tells nothing of the other files; those that seal themselves still do.
  const believed = signing.isManifestWhole ? manifest : undefined;
  if (manifestBytes && signing.isManifestWhole && !manifest)
    problems.push({ file: MANIFEST, what: 'it is no manifest' });
  if (believed) problems.push(...differences(believed, listed));
  const facts: FileFacts = { rows: new Map(), outcomes: new Map(), actions: new Map() };
  const named = believed ? believed.files.map(({ path }) => path) : [...there].sort();
  // What came earlier tells of the keys that the records of the period are signed with.
  const paths = [...named.filter((path) => path === EARLIER), ...named.filter((path) => path !== EARLIER)];
  for (const path of paths) {
    if (!there.has(path)) continue;
    const entry = believed?.files.find((file) => file.path === path);
    const problem = await checkFile(folder, path, entry, lineCheckOf(path, believed, reader, facts));
    if (problem) problems.push(problem);
  }
  if (believed && problems.length === 0) problems.push(...reader.facts.inconsistencies(believed, facts));
  if (believed && problems.length === 0) problems.push(...headNotHeld(reader.facts, options.head));
  return {
    isWhole: problems.length === 0,
    isSigned: signing.isSigned,
    problems,
    manifest,
    notes: (believed?.notHeld ?? []).map(({ kind, hash, why }) => `The ${kind} ${hash} is not in the folder: ${why}.`),
  };
};

/** What the files say, to be held against what the records say. */
export interface FileFacts {
  /** Rows of each roster. */
  readonly rows: Map<string, number>;
  readonly outcomes: Map<string, Readonly<Record<string, number>>>;
  readonly actions: Map<string, number>;
}

const whole = async (folder: Folder, path: string): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  for await (const piece of folder.read(path)) pieces.push(piece);
  return Buffer.concat(pieces);
};

const parsedManifest = (bytes: Buffer): Manifest | undefined => {
  const value = parsed(bytes) as Manifest | undefined;
  const isManifest =
    value?.rollcallEvidence === 1 &&
    Array.isArray(value.files) &&
    Array.isArray(value.notHeld) &&
    Array.isArray(value.chain?.earlier) &&
    value.files.every(({ path }) => typeof path === 'string') &&
    [value.chain?.follows, value.chain?.first, value.chain?.last].every((place) => Number.isInteger(place?.seq));
  return isManifest ? value : undefined;
};

interface Signing {
  readonly problems: readonly Problem[];
  readonly isSigned: boolean;
  readonly isManifestWhole: boolean;
}

/** Whether the manifest is the one that was signed, and by a key that the given one vouches for. */
const checkSignature = async (
  folder: Folder,
  there: ReadonlySet<string>,
  manifest: Buffer | undefined,
  bytes: Buffer | undefined,
  { publicKey, allowUnsigned = false }: VerifyOptions,
): Promise<Signing> => {
  const failed = (file: string, what: string, isManifestWhole = false): Signing => ({
    problems: [{ file, what }],
    isSigned: false,
    isManifestWhole,
  });
  if (!manifest) return failed(MANIFEST, 'it is missing');
  if (!bytes) return failed(SIGNATURE, 'it is missing');
  const stated = parsed(bytes) as ManifestSignature | undefined;
  const isItsForm = stated?.rollcallEvidenceSignature === 1 && formatted(stated) === bytes.toString();
  if (!isItsForm) return failed(SIGNATURE, 'it has been altered');
  const { signs, key, signature } = stated;
  const isOfThis = signs === hashOf(manifest);
  if (signature === null && key === null) {
    if (!isOfThis) return failed(MANIFEST, `it has been altered, or ${SIGNATURE} has: they do not fit each other`);
    const isAllowed = allowUnsigned;
    const unsigned = 'it holds no signature: whoever could write to the folder could change all of it';
    return { problems: isAllowed ? [] : [{ file: SIGNATURE, what: unsigned }], isSigned: false, isManifestWhole: true };
  }
  if (!publicKey) return failed(SIGNATURE, 'it is signed, and no public key was given to verify it with', isOfThis);
  const signer = await vouchedKey(folder, there, publicKey, key);
  if (!signer) {
    const what = `it is signed with the key ${key}, which is neither the one that was given (${publicKey.fingerprint}) nor one that it announced`;
    return failed(SIGNATURE, what, isOfThis);
  }
  if (!isSignatureOf(signer, manifestMessage(signs), signature)) {
    return failed(
      SIGNATURE,
      isOfThis ? 'it has been altered, or was made with another key' : 'it has been altered',
      isOfThis,
    );
  }
  if (!isOfThis) return failed(MANIFEST, 'it has been altered: the signature is of another manifest');
  return { problems: [], isSigned: true, isManifestWhole: true };
};

/** The key with a fingerprint, if it is the given one or was announced by it, from key to key. */
const vouchedKey = async (
  folder: Folder,
  there: ReadonlySet<string>,
  given: EvidencePublicKey,
  fingerprint: string | null,
): Promise<EvidencePublicKey | undefined> => {
  if (given.fingerprint === fingerprint) return given;
  const reader = new ChainReader();
  for (const path of [EARLIER, CHAIN]) {
    if (!there.has(path)) continue;
    const check = singlesCheck(undefined, (seen) => reader.see(seen, path));
    let isSound = true;
    for await (const { bytes, isWhole } of linesOf(folder.read(path))) {
      if (isSound && check.line(bytes, isWhole)) isSound = false;
    }
  }
  return reader.facts.keyVouchedFor(given, fingerprint);
};

/** What is missing, and what has been added. */
const differences = ({ files }: Manifest, listed: Awaited<ReturnType<Folder['list']>>): Problem[] => {
  const there = new Set(listed.filter(({ isFile }) => isFile).map(({ path }) => path));
  const named = new Set([MANIFEST, SIGNATURE, ...files.map(({ path }) => path)]);
  return [
    ...files.filter(({ path }) => !there.has(path)).map(({ path }) => ({ file: path, what: 'it is missing' })),
    ...listed
      .filter(({ path, isFile }) => !isFile || !named.has(path))
      .map(({ path }) => ({ file: path, what: 'it does not belong to the folder: it was added later' })),
  ];
};

const HASHED = /^(rosters|outcomes|plans)\/([0-9a-f]{64})\.(?:ndjson|plan\.jsonl)$/;

const lineCheckOf = (
  path: string,
  manifest: Manifest | undefined,
  reader: ChainReader,
  facts: FileFacts,
): LineCheck | undefined => {
  if (path === CHAIN) return chainCheck(manifest?.chain, (seen) => reader.see(seen, CHAIN));
  if (path === EARLIER) return singlesCheck(manifest?.chain.earlier, (seen) => reader.see(seen, EARLIER));
  const [, kind, digits] = HASHED.exec(path) ?? [];
  const hash = `sha256:${digits}`;
  if (kind === 'rosters' && path === rosterFile(hash)) return rosterCheck(hash, (rows) => facts.rows.set(hash, rows));
  if (kind === 'outcomes' && path === outcomesFile(hash))
    return outcomesCheck(hash, (counts) => facts.outcomes.set(hash, counts));
  if (kind === 'plans' && path === planFile(hash))
    return planCheck(hash, ({ actions }) => facts.actions.set(hash, actions));
  return undefined;
};

/** The first thing that is wrong with a file. `entry` is absent where the manifest is not to be believed. */
const checkFile = async (
  folder: Folder,
  path: string,
  entry: ManifestFile | undefined,
  check: LineCheck | undefined,
): Promise<Problem | undefined> => {
  const hash = createHash('sha256');
  let size = 0;
  let lines = 0;
  let problem: Problem | undefined;
  const pieces = async function* () {
    for await (const piece of folder.read(path)) {
      hash.update(piece);
      size += piece.length;
      yield piece;
    }
  };
  for await (const { bytes, isWhole } of linesOf(pieces())) {
    lines += 1;
    if (problem) continue;
    const wrong = check?.line(bytes, isWhole);
    if (wrong) problem = { file: path, line: lines, ...wrong };
    else if (check && entry && lines > entry.records)
      problem = { file: path, line: lines, what: 'it was added behind the end' };
  }
  if (problem) return problem;
  const ending = check?.end();
  if (ending) return { file: path, line: lines + 1, ...ending };
  if (!entry) return undefined;
  if (check && lines < entry.records)
    return { file: path, line: lines + 1, what: 'it is missing: the end was cut off' };
  if (size !== entry.size) return { file: path, what: `it has ${size} bytes, and ${entry.size} were written` };
  if (`sha256:${hash.digest('hex')}` !== entry.sha256) return { file: path, what: 'it has been altered' };
  return undefined;
};

const headNotHeld = (facts: ChainFacts, head: string | undefined): Problem[] =>
  head === undefined || facts.holdsHead
    ? []
    : [
        {
          file: CHAIN,
          what: `no record has the hash ${head} that was given as a head: the records have been made anew since, or the period does not hold it`,
        },
      ];
