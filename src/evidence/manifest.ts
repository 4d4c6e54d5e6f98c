// The manifest of a folder of evidence, and the signature over it.
import { createHash } from 'node:crypto';

/** Names of what lies in a folder of evidence. */
export const MANIFEST = 'manifest.json';
export const SIGNATURE = 'signature.json';
export const CHAIN = 'chain.ndjson';
export const EARLIER = 'earlier.ndjson';
export const COVER_PAGE = 'cover.html';
export const COVER_TEXT = 'cover.txt';

const digits = (hash: string): string => hash.slice('sha256:'.length);
export const rosterFile = (hash: string): string => `rosters/${digits(hash)}.ndjson`;
export const outcomesFile = (digest: string): string => `outcomes/${digits(digest)}.ndjson`;
export const planFile = (hash: string): string => `plans/${digits(hash)}.plan.jsonl`;

/** The place of a record in its chain. */
export interface RecordPlace {
  readonly seq: number;
  readonly hash: string;
}

export interface ManifestFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
  /** Lines. */
  readonly records: number;
}

/** What the period names and the folder lacks, and why. */
export interface NotHeld {
  readonly kind: 'roster' | 'plan' | 'outcomes';
  readonly hash: string;
  readonly why: string;
}

/** Times are ISO 8601, UTC; hashes are `sha256:` and 64 hexadecimal digits. */
export interface Manifest {
  readonly rollcallEvidence: 1;
  readonly application: { readonly displayName: string; readonly uniqueName: string };
  readonly writtenAt: string;
  /** Null: from the first record, to the newest. `until` is not part of the period. */
  readonly period: { readonly from: string | null; readonly until: string | null };
  readonly chain: {
    /** The record that the first one follows; number 0 where there is none before it. */
    readonly follows: RecordPlace;
    readonly first: RecordPlace;
    readonly last: RecordPlace;
    /** The newest record when the folder was written; later than `last` where the period ends before. */
    readonly head: RecordPlace;
    readonly records: number;
    readonly kinds: Readonly<Record<string, number>>;
    /** Single records from before the period that it rests on. */
    readonly earlier: readonly RecordPlace[];
  };
  /** The fingerprint of the key that signs; null where none was configured. */
  readonly key: string | null;
  /** By path. */
  readonly files: readonly ManifestFile[];
  readonly notHeld: readonly NotHeld[];
}

/** What stands beside the manifest. `signs` is the SHA-256 of its bytes. */
export interface ManifestSignature {
  readonly rollcallEvidenceSignature: 1;
  readonly signs: string;
  readonly key: string | null;
  readonly signature: string | null;
}

/** The one form in which both are written. */
export const formatted = (value: Manifest | ManifestSignature): string => `${JSON.stringify(value, null, 2)}\n`;

export const hashOf = (bytes: Uint8Array | string): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
