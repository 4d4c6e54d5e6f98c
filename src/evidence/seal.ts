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
