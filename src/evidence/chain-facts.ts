// What the records of a folder say that can be held against each other, against the files, and against the keys.
import { decidingHash } from '../model/deciding.ts';
import { OUTCOME_KINDS, type OutcomeCounts } from '../model/outcome.ts';
import type { SeenRecord } from './file-checks.ts';
import { type EvidencePublicKey, headMessage, isSignatureOf, keyMessage, publicKeyOf } from './keys.ts';
import { CHAIN, MANIFEST, type Manifest, outcomesFile } from './manifest.ts';
import { namedIn } from './summary.ts';
import type { HeadSigned, KeyAnnounced } from './told.ts';
import type { FileFacts, Problem } from './verify-folder.ts';

type Place = Pick<Problem, 'file' | 'line' | 'record'>;
type Check = (manifest: Manifest, files: FileFacts) => string | undefined;

const MISSHAPEN = 'its data does not have the shape of its kind';

/** What was sealed by somebody else may have any shape. */
const shaped = <T>(read: () => T, otherwise: T): T => {
  try {
    return read();
  } catch (error) {
    if (error instanceof TypeError) return otherwise;
    throw error;
  }
};

/** Gathers facts as records pass. */
export class ChainReader {
  readonly facts = new ChainFacts();
  readonly #head: string | undefined;

  /** `head`: the hash of a record that is looked for. */
  constructor(head?: string) {
    this.#head = head;
  }

  see({ record, hash, line }: SeenRecord, file: string): void {
    const { facts } = this;
    const { seq, kind, data, prev } = record;
    const place: Place = { file, line, record: seq };
    const isOfPeriod = file === CHAIN;
    if (hash === this.#head || (isOfPeriod && seq > 1 && prev === this.#head)) facts.holdsHead = true;
    if (isOfPeriod) {
      facts.kinds.set(kind, (facts.kinds.get(kind) ?? 0) + 1);
      namedIn(data, (what, name) => facts.name(what, name, place));
    }
    const check = shaped<Check | undefined>(
      () => checkOf(kind, data, seq, prev, facts, isOfPeriod),
      () => MISSHAPEN,
    );
    if (check) facts.checks.push({ place, check });
  }
}

export class ChainFacts {
  holdsHead = false;
  readonly kinds = new Map<string, number>();
  /** By fingerprint, in the order of their records. */
  readonly keys = new Map<string, { readonly announced: KeyAnnounced; readonly key: EvidencePublicKey }>();
  readonly checks: { readonly place: Place; readonly check: Check }[] = [];
  newestKey: string | null = null;
  readonly #named = new Map<string, Place>();

  name(kind: 'roster' | 'plan', hash: string, place: Place): void {
    if (!this.#named.has(`${kind} ${hash}`)) this.#named.set(`${kind} ${hash}`, place);
  }

  /** The key with a fingerprint, if a row of announcements leads to it from the given one. */
  keyVouchedFor(given: EvidencePublicKey, fingerprint: string | null): EvidencePublicKey | undefined {
    let vouched = given;
    for (const { announced, key } of this.keys.values()) {
      if (announced.previous !== vouched.fingerprint) continue;
      if (!isSignatureOf(vouched, keyMessage(key.fingerprint), announced.signature)) continue;
      vouched = key;
      if (key.fingerprint === fingerprint) return key;
    }
    return undefined;
  }

  /** What does not add up. */
  inconsistencies(manifest: Manifest, files: FileFacts): Problem[] {
    const problems: Problem[] = [];
    for (const { place, check } of this.checks) {
      const what = shaped(() => check(manifest, files), MISSHAPEN);
      if (what) problems.push({ ...place, what });
    }
    const held = { roster: files.rows, plan: files.actions };
    for (const [named, place] of this.#named) {
      const [kind, hash] = named.split(' ') as ['roster' | 'plan', string];
      if (held[kind].has(hash) || manifest.notHeld.some((one) => one.kind === kind && one.hash === hash)) continue;
      problems.push({ ...place, what: `it names the ${kind} ${hash}, which is not in the folder` });
    }
    const { kinds, records } = manifest.chain;
    const counted = [...this.kinds];
    const isCounted =
      counted.length === Object.keys(kinds).length &&
      counted.every(([kind, count]) => kinds[kind] === count) &&
      counted.reduce((sum, [, count]) => sum + count, 0) === records;
    if (!isCounted) problems.push({ file: MANIFEST, what: `its counts of records are not those of ${CHAIN}` });
    return problems;
  }
}

const sum = (values: readonly unknown[]): number => values.reduce<number>((total, value) => total + Number(value), 0);

/** What is to be checked of a record once all files have been read. */
const checkOf = (
  kind: string,
  data: unknown,
  seq: number,
  prev: string,
  facts: ChainFacts,
  isOfPeriod: boolean,
): Check | undefined => {
  switch (kind) {
    case 'keyAnnounced':
      return keyCheck(data as KeyAnnounced, facts);
    case 'headSigned':
      return headCheck(data as HeadSigned, seq, prev, facts);
    case 'configurationRead': {
      const { configuration, deciding } = data as { configuration: string; deciding: object };
      return () =>
        decidingHash(deciding) === configuration ? undefined : 'what it holds of the configuration has another hash';
    }
    case 'collected': {
      const { roster, rows } = data as { roster: string; rows: number };
      return (_manifest, files) => differs('rows', rows, files.rows.get(roster), 'the roster');
    }
    case 'matched':
      return isOfPeriod ? matchedCheck(data as Matched) : undefined;
    case 'planned': {
      const { plan, counts } = data as { plan: string; counts: Readonly<Record<string, number>> };
      return (_manifest, files) => differs('actions', sum(Object.values(counts)), files.actions.get(plan), 'the plan');
    }
    case 'applyEnded': {
      const { plan, results } = data as { plan: string; results: Readonly<Record<string, number>> };
      return (_manifest, files) => differs('results', sum(Object.values(results)), files.actions.get(plan), 'the plan');
    }
    default:
      return undefined;
  }
};

const differs = (what: string, told: number, found: number | undefined, where: string): string | undefined =>
  found === undefined || found === told ? undefined : `it tells of ${told} ${what}, and ${where} has ${found}`;

interface Matched {
  readonly roster: string;
  readonly outcomes: string;
  readonly counts: OutcomeCounts;
}

/** The population: each row of the roster has one outcome. */
const matchedCheck =
  ({ roster, outcomes, counts }: Matched): Check =>
  (_manifest, files) => {
    const total = sum(OUTCOME_KINDS.map((kind) => counts[kind]));
    if (total !== counts.rows) return `its outcomes add up to ${total}, and it tells of ${counts.rows} rows`;
    const rows = files.rows.get(roster);
    if (rows !== undefined && rows !== counts.rows)
      return `it tells of ${counts.rows} rows, and the roster has ${rows}`;
    const found = files.outcomes.get(outcomes);
    const other = found && [...OUTCOME_KINDS, 'rows'].find((kind) => found[kind] !== counts[kind as 'rows']);
    return (
      other && `it counts ${counts[other as 'rows']} "${other}", and ${outcomesFile(outcomes)} has ${found[other]}`
    );
  };

const keyCheck = (announced: KeyAnnounced, facts: ChainFacts): Check => {
  const before = facts.newestKey;
  let key: EvidencePublicKey | undefined;
  try {
    key = publicKeyOf(announced.publicKey, 'the record');
  } catch {
    return () => 'it holds no public key';
  }
  facts.keys.set(key.fingerprint, { announced, key });
  facts.newestKey = key.fingerprint;
  const old = before === null ? undefined : facts.keys.get(before)?.key;
  return () => {
    if (key.fingerprint !== announced.fingerprint) return 'its key has another fingerprint';
    if (announced.previous !== before) return 'it does not name the key before it';
    if (!old) return undefined;
    return isSignatureOf(old, keyMessage(key.fingerprint), announced.signature)
      ? undefined
      : 'the new key is not signed by the key before it';
  };
};

const headCheck = (signed: HeadSigned, seq: number, prev: string, facts: ChainFacts): Check => {
  const current = facts.newestKey;
  return () => {
    if (signed.seq !== seq - 1 || signed.head !== prev) return 'it signs another record than the one before it';
    if (signed.key !== current) return `it is signed with the key ${signed.key}, which is not the newest`;
    const key = facts.keys.get(signed.key)?.key;
    return key && isSignatureOf(key, headMessage(signed.seq, signed.head), signed.signature)
      ? undefined
      : 'its signature is not that of the key';
  };
};
