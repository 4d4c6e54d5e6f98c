// The append-only record of what was read, decided and written: one JSON record a line, each sealed to the one before.
import { createHash } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { RollcallError } from '../model/errors.ts';

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

/** The record cannot be written, so nothing may be done that would have to stand in it. */
export class EvidenceError extends RollcallError {
  override readonly name = 'EvidenceError';
  constructor(file: string, why: string, options?: ErrorOptions) {
    super(
      `The evidence file ${file} ${why}. Nothing is written to the directory that cannot be recorded first.`,
      'Make the file and its folder writable, or move the file away to begin a new record, and run the same command again.',
      options,
    );
  }
}

export interface EvidenceLog {
  /** The hash of the newest record: whoever keeps it can tell later that nothing before it was changed. */
  head(): string;
  /** Writes records and waits until the disk has them. Throws {@link EvidenceError}. */
  append(...entries: readonly EvidenceEntry[]): void;
  /** Writes records that could be found out again, so that the disk may take its time. Throws {@link EvidenceError}. */
  note(...entries: readonly EvidenceEntry[]): void;
  close(): void;
}

/**
 * Opens the record for appending, making it if need be. The hash of a record covers the text of its line, so that
 * it can be checked with a hash tool and no knowledge of JSON.
 *
 * A last line that a crash cut off was never acknowledged to anybody: it is taken away, and a record says so.
 */
export const openEvidence = (file: string, now: () => number = Date.now): EvidenceLog => {
  const fd = open(file);
  const { last, torn } = tail(fd, file);
  let seq = last?.seq ?? 0;
  let head = last?.hash ?? GENESIS;

  const write = (entries: readonly EvidenceEntry[], sync: boolean) => {
    let text = '';
    for (const { kind, data } of entries) {
      seq += 1;
      const line = sealed({ seq, at: new Date(now()).toISOString(), kind, data, prev: head });
      head = line.hash;
      text += line.text;
    }
    try {
      writeAll(fd, text);
      if (sync) fsyncSync(fd);
    } catch (error) {
      throw new EvidenceError(file, `cannot be written to: ${(error as Error).message}`, { cause: error });
    }
  };
  if (torn > 0) write([{ kind: 'tornRecordRemoved', data: { bytes: torn } }], true);
  return {
    head: () => head,
    append: (...entries) => write(entries, true),
    note: (...entries) => write(entries, false),
    close: () => closeSync(fd),
  };
};

/** A record's line, and its hash: SHA-256 over the line as it would be without the hash. */
export const sealed = (record: EvidenceRecord): { text: string; hash: string } => {
  const { seq, at, kind, data, prev } = record;
  const body = JSON.stringify({ seq, at, kind, data, prev });
  const hash = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  return { text: `${body.slice(0, -1)},"hash":"${hash}"}\n`, hash };
};

const open = (file: string): number => {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const mode = statSync(file, { throwIfNoEntry: false })?.mode;
    // An administrator of the machine may write to a read-only file all the same; whoever marked it meant it.
    if (mode !== undefined && (mode & 0o200) === 0) throw new Error('it is marked read-only');
    return openSync(file, 'a+');
  } catch (error) {
    throw new EvidenceError(file, `cannot be opened for writing: ${(error as Error).message}`, { cause: error });
  }
};

const writeAll = (fd: number, text: string): void => {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; ) from += writeSync(fd, bytes, from);
};

/** Finds the last whole record from the file's end, and cuts off what follows it. */
const tail = (fd: number, file: string): { last: { seq: number; hash: string } | undefined; torn: number } => {
  const { size } = fstatSync(fd);
  if (size === 0) return { last: undefined, torn: 0 };
  let text = Buffer.alloc(0);
  let from = size;
  let end = -1;
  let begin = -1;
  while (from > 0 && begin < 0) {
    const length = Math.min(65_536, from);
    from -= length;
    const block = Buffer.alloc(length);
    readSync(fd, block, 0, length, from);
    text = Buffer.concat([block, text]);
    end = text.lastIndexOf(10);
    begin = end <= 0 ? -1 : text.lastIndexOf(10, end - 1);
  }
  const torn = end < 0 ? size : text.length - end - 1;
  if (torn > 0) ftruncateSync(fd, size - torn);
  if (end < 0) return { last: undefined, torn };
  const line = text.subarray(begin + 1, end).toString();
  try {
    const { seq, hash } = JSON.parse(line);
    if (!Number.isInteger(seq) || !/^sha256:[0-9a-f]{64}$/.test(hash))
      throw new SyntaxError('its last line is no record');
    return { last: { seq, hash }, torn };
  } catch (error) {
    throw new EvidenceError(file, `is damaged: ${(error as Error).message}`, { cause: error });
  }
};
