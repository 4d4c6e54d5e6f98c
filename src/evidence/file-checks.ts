// What each kind of file in a folder of evidence is checked for, line by line, so that the first wrong one is named.
import { createHash } from 'node:crypto';
import { SequenceDigest } from '../model/hash.ts';
import { OUTCOME_KINDS, type Outcome, OutcomeCounter, type OutcomeCounts, outcomeEssence } from '../model/outcome.ts';
import type { RecordPlace } from './manifest.ts';
import { RowReader } from './rows.ts';
import { type EvidenceRecord, opened } from './seal.ts';

/** What is wrong with a line, and which record of the chain it is. */
export interface Wrong {
  readonly what: string;
  readonly record?: number;
}

/** Sees the lines of a file in order. The first that is wrong ends it. */
export interface LineCheck {
  /** `isWhole` is false for a last line that lacks its end. */
  line(bytes: Buffer, isWhole: boolean): Wrong | undefined;
  /** After the last line; also for files that hold none. */
  end(): Wrong | undefined;
}

const NO_END: Wrong = { what: 'its end was cut off' };

/** A record that has been found to be in its place. */
export interface SeenRecord {
  readonly record: EvidenceRecord;
  readonly hash: string;
  readonly line: number;
}

/** Records that follow one another. `first` is where they begin; absent where the manifest is not to be believed. */
export const chainCheck = (
  expected: { readonly follows: RecordPlace; readonly last: RecordPlace } | undefined,
  onRecord: (seen: SeenRecord) => void,
): LineCheck => {
  let before = expected?.follows;
  let number = 0;
  return {
    line: (bytes, isWhole) => {
      number += 1;
      const found = opened(bytes);
      const seq = before === undefined ? found?.record.seq : before.seq + 1;
      const wrong = (what: string): Wrong => ({ what, ...(seq !== undefined && { record: seq }) });
      if (found === undefined) return wrong('it is not a record');
      const { record, hash, isSealed } = found;
      if (!isSealed) return wrong('it has been altered');
      if (record.seq !== seq) return wrong(`it is missing; record ${record.seq} is in its place`);
      if (before !== undefined && record.prev !== before.hash) return wrong('it does not follow the record before it');
      if (!isWhole) return wrong(NO_END.what);
      if (expected && record.seq > expected.last.seq) return wrong('it stands behind the last record');
      before = { seq: record.seq, hash };
      onRecord({ record, hash, line: number });
      return undefined;
    },
    end: () => {
      if (expected === undefined || before === undefined) return undefined;
      const { last } = expected;
      if (before.seq < last.seq)
        return { what: `it is missing: the end was cut off; the last is record ${last.seq}`, record: before.seq + 1 };
      return before.hash === last.hash
        ? undefined
        : { what: 'it is not the last record that was written', record: last.seq };
    },
  };
};

/** Single records, each sealed in itself: those that are expected, or any where the manifest is not to be believed. */
export const singlesCheck = (
  expected: readonly RecordPlace[] | undefined,
  onRecord: (seen: SeenRecord) => void,
): LineCheck => {
  let number = 0;
  return {
    line: (bytes, isWhole) => {
      const place = expected?.[number];
      number += 1;
      const found = opened(bytes);
      if (found === undefined) return { what: 'it is not a record' };
      const { record, hash, isSealed } = found;
      if (!isSealed) return { what: 'it has been altered', record: record.seq };
      if (!isWhole) return { ...NO_END, record: record.seq };
      if (place && place.hash !== hash)
        return { what: `it is missing; record ${record.seq} is in its place`, record: place.seq };
      onRecord({ record, hash, line: number });
      return undefined;
    },
    end: () => undefined,
  };
};

const ALTERED: Wrong = { what: 'it has been altered, or one before it is missing' };

/** A roster: its columns, then the cells of each account. The hash is recomputed from them. */
export const rosterCheck = (hash: string, onRows: (rows: number) => void): LineCheck => {
  const reader = new RowReader();
  const recomputed = createHash('sha256');
  let rows = -1;
  return {
    line: (bytes, isWhole) => {
      const row = reader.row(bytes);
      if (row === undefined) return ALTERED;
      if (!isWhole) return NO_END;
      recomputed.update(row).update('\n');
      rows += 1;
      return undefined;
    },
    end: () => {
      onRows(rows);
      return `sha256:${recomputed.digest('hex')}` === hash
        ? undefined
        : { what: `its rows do not have the hash ${hash} of the roster` };
    },
  };
};

/** Outcomes, one an account. Their digest is recomputed from them, and they are counted. */
export const outcomesCheck = (digest: string, onCounts: (counts: OutcomeCounts) => void): LineCheck => {
  const reader = new RowReader();
  const recomputed = new SequenceDigest();
  const counter = new OutcomeCounter();
  let n = 0;
  return {
    line: (bytes, isWhole) => {
      const row = reader.row(bytes);
      const outcome = row && (parsed(row) as Outcome | undefined);
      if (outcome === undefined) return ALTERED;
      if (!isWhole) return NO_END;
      n += 1;
      if (outcome.n !== n) return { what: `account ${n} has no outcome here; this is of account ${outcome.n}` };
      if (!OUTCOME_KINDS.includes(outcome.kind)) return { what: `"${outcome.kind}" is no outcome` };
      recomputed.add(outcomeEssence(outcome));
      counter.add(outcome);
      return undefined;
    },
    end: () => {
      onCounts(counter.counts());
      return recomputed.text() === digest ? undefined : { what: `they do not have the digest ${digest}` };
    },
  };
};

const SEAL = /,"seal":"([0-9a-f]{16})"\}$/;
const SEAL_LENGTH = ',"seal":"0123456789abcdef"}'.length;
const FOOTER = /,"hash":"(sha256:[0-9a-f]{64})"\}$/;

/** What the last record of a plan says. */
export interface PlanTotals {
  readonly actions: number;
}

/** A plan: lines sealed one to another, and at the end its hash, which is recomputed from all of them. */
export const planCheck = (hash: string, onTotals: (totals: PlanTotals) => void): LineCheck => {
  const recomputed = createHash('sha256');
  let seal = '';
  let actions = 0;
  let isEnded = false;
  const footer = (text: string): Wrong | undefined => {
    const stated = FOOTER.exec(text);
    const totals = parsed(Buffer.from(text)) as PlanTotals | undefined;
    if (!stated || !totals) return ALTERED;
    const body = `${text.slice(0, stated.index)}}`;
    if (stated[1] !== hash || `sha256:${recomputed.update(body).digest('hex')}` !== hash) return ALTERED;
    if (totals.actions !== actions) return { what: `it counts ${totals.actions} actions, and there are ${actions}` };
    isEnded = true;
    onTotals(totals);
    return undefined;
  };
  return {
    line: (bytes, isWhole) => {
      if (isEnded) return { what: 'it stands behind the end of the plan' };
      if (!isWhole) return NO_END;
      const text = bytes.toString();
      const stated = SEAL.exec(text)?.[1];
      if (stated === undefined) return footer(text);
      const body = bytes.subarray(0, -SEAL_LENGTH);
      seal = createHash('sha256').update(seal).update(body).update('}').digest('hex').slice(0, 16);
      if (seal !== stated) return ALTERED;
      recomputed.update(bytes).update('\n');
      if (text.startsWith('{"action":')) actions += 1;
      return undefined;
    },
    end: () => (isEnded ? undefined : { what: 'it has no end' }),
  };
};

/** The object or list that a line of JSON holds; undefined where it holds none. */
export const parsed = (bytes: Buffer): unknown => {
  try {
    const value = JSON.parse(bytes.toString());
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
};
