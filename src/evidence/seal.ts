// One record of the evidence: its shape, its line, and the hash that seals it to the one before.
import { createHash } from 'node:crypto';

/** A record as it is handed in. `data` is plain JSON and never holds a secret. */
export interface EvidenceEntry {
  readonly kind: string;
  readonly data: unknown;
}

export interface EvidenceRecord extends EvidenceEntry {
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The hash of the record before; {@link GENESIS} for the first. */
  readonly prev: string;
}

export const GENESIS = `sha256:${'0'.repeat(64)}`;

/** A record's line, and its hash: SHA-256 over the line as it would be without the hash. */
export const sealed = (record: EvidenceRecord): { text: string; hash: string } => {
  const { seq, at, kind, data, prev } = record;
  const body = JSON.stringify({ seq, at, kind, data, prev });
  const hash = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  return { text: `${body.slice(0, -1)},"hash":"${hash}"}\n`, hash };
};

const SEAL = /^,"hash":"(sha256:[0-9a-f]{64})"\}$/;
const SEAL_LENGTH = `,"hash":"${GENESIS}"}`.length;

/**
 * Reads a record's line, without its end. `hash` is what its bytes have; `isSealed` says whether that is what stands in
 * it. Undefined where the line is no record.
 */
export const opened = (
  line: Buffer,
): { record: EvidenceRecord; hash: string; isSealed: boolean; text: string } | undefined => {
  const text = line.toString();
  const record = parsed(text);
  if (record === undefined) return undefined;
  const body = line.subarray(0, Math.max(0, line.length - SEAL_LENGTH));
  const hash = `sha256:${createHash('sha256').update(body).update('}').digest('hex')}`;
  const isSealed = SEAL.exec(line.subarray(body.length).toString('latin1'))?.[1] === hash;
  return { record, hash, isSealed, text };
};

const parsed = (text: string): EvidenceRecord | undefined => {
  try {
    const value = JSON.parse(text);
    const isRecord =
      typeof value === 'object' &&
      value !== null &&
      Number.isInteger(value.seq) &&
      typeof value.kind === 'string' &&
      typeof value.at === 'string' &&
      typeof value.prev === 'string';
    return isRecord ? value : undefined;
  } catch {
    return undefined;
  }
};
