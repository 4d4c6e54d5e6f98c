// What a chain has told already: its keys, how far its head is signed, which configuration it knows.
import { RollcallError } from '../model/errors.ts';
import { headMessage, keyMessage, type Signer } from './keys.ts';
import type { EvidenceLog } from './log.ts';
import type { EvidenceRecord } from './seal.ts';

/** The record of a key that signs from here on, itself signed by the key before it; the first is signed by none. */
export interface KeyAnnounced {
  readonly fingerprint: string;
  /** DER bytes (SubjectPublicKeyInfo) as base64. */
  readonly publicKey: string;
  readonly previous: string | null;
  readonly signature: string | null;
}

/** The record of a signature over the record before it. */
export interface HeadSigned {
  readonly seq: number;
  readonly head: string;
  readonly key: string;
  readonly signature: string;
}

interface RoundData {
  readonly instance: string;
  readonly status: string;
}

/** What the chain tells of a round of a review that has ended. */
export interface ToldRound {
  /** When its decisions were first recorded. */
  readonly since: string;
  /** The round's status when they were last recorded, and when removals were last made of them. */
  readonly recorded: string;
  readonly taken: string | null;
}

/** Sees the records of a chain, oldest first. */
export class Told {
  /** The fingerprint of the newest key. */
  key: string | undefined;
  /** The place of the newest signature's own record. */
  signedAt = 0;
  /** The hash of the newest configuration. */
  configuration: string | undefined;

  /** By the instance's id. */
  readonly rounds = new Map<string, ToldRound>();

  readonly see = ({ seq, at, kind, data }: EvidenceRecord): void => {
    if (kind === 'keyAnnounced') this.key = (data as KeyAnnounced).fingerprint;
    else if (kind === 'headSigned') this.signedAt = seq;
    else if (kind === 'configurationRead') this.configuration = (data as { hash: string }).hash;
    else if (kind === 'reviewEnded') this.roundRecorded(data as RoundData, at);
    else if (kind === 'decisionsTaken') this.roundTaken(data as RoundData);
  };

  roundRecorded({ instance, status }: RoundData, at: string): void {
    const { since = at, taken = null } = this.rounds.get(instance) ?? {};
    this.rounds.set(instance, { since, recorded: status, taken });
  }

  roundTaken({ instance, status }: RoundData): void {
    const round = this.rounds.get(instance);
    if (round) this.rounds.set(instance, { ...round, taken: status });
  }
}

/**
 * Announces the first key of a chain. Errors: {@link RollcallError} where the chain was signed with another key, which
 * has not announced this one.
 */
export const announceFirst = (log: EvidenceLog, told: Told, { publicKey }: Signer): void => {
  if (told.key === publicKey.fingerprint) return;
  if (told.key !== undefined) {
    throw new RollcallError(
      `The evidence is signed with the key ${told.key}, and the configuration names the key ${publicKey.fingerprint}.`,
      'Name the newest key under evidence.key; to change it, let the old one announce the new with "rollcall evidence keys --rotate".',
    );
  }
  const data: KeyAnnounced = {
    fingerprint: publicKey.fingerprint,
    publicKey: publicKey.spki,
    previous: null,
    signature: null,
  };
  log.append({ kind: 'keyAnnounced', data });
  told.key = publicKey.fingerprint;
};

/** Announces a new key, signed by the old. From here on the new one signs. */
export const announceNext = async (log: EvidenceLog, told: Told, old: Signer, next: Signer): Promise<void> => {
  const { fingerprint, spki } = next.publicKey;
  const data: KeyAnnounced = {
    fingerprint,
    publicKey: spki,
    previous: old.publicKey.fingerprint,
    signature: await old.sign(keyMessage(fingerprint)),
  };
  log.append({ kind: 'keyAnnounced', data });
  told.key = fingerprint;
};

/** Signs the newest record, unless it is a signature itself. */
export const signHead = async (log: EvidenceLog, told: Told, signer: Signer): Promise<void> => {
  const position = log.position();
  if (position === undefined || position.seq === told.signedAt) return;
  const { seq, hash } = position;
  const signature = await signer.sign(headMessage(seq, hash));
  const data: HeadSigned = { seq, head: hash, key: signer.publicKey.fingerprint, signature };
  log.append({ kind: 'headSigned', data });
  told.signedAt = seq + 1;
};
