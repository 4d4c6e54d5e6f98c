// The append-only record of what was read, decided and written: one JSON record a line, each sealed to the one before.
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
import { type EvidenceEntry, type EvidenceRecord, sealed } from './seal.ts';
import { verifyChain } from './verify.ts';

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

/** Where a record stands and what seals it. Whoever keeps it can tell later that nothing up to it was changed. */
export interface EvidencePosition {
  readonly seq: number;
  readonly hash: string;
}

export interface EvidenceLog {
  /** The hash of the newest record. */
  head(): string;
  /** The newest record; undefined while there is none. */
  position(): EvidencePosition | undefined;
  /** Writes records and waits until the disk has them. Throws {@link EvidenceError}. */
  append(...entries: readonly EvidenceEntry[]): void;
  /** Writes records that could be found out again, so that the disk may take its time. Throws {@link EvidenceError}. */
  note(...entries: readonly EvidenceEntry[]): void;
  /** Waits until the disk has everything. Nothing can be written afterwards. */
  close(): void;
}

export interface EvidenceOptions {
  /** A record that is known to have been written: the file must still hold it. */
  readonly known?: EvidencePosition | undefined;
  /** Is handed each record that is there already, oldest first. */
  readonly onRecord?: (record: EvidenceRecord) => void;
  readonly now?: () => number;
}

/**
 * Opens the record for appending, making it if need be, after its whole chain has been found unbroken. The hash of a
 * record covers the text of its line, so that it can be checked with a hash tool and no knowledge of JSON.
 *
 * A last line that a crash cut off was never acknowledged to anybody: it is taken away, and a record says so. A file
 * that was moved away is begun anew, and its first record names the last one known of the old.
 *
 * Errors: {@link EvidenceError} when the file cannot be written to, is damaged, or lacks the record that is known.
 */
export const openEvidence = async (file: string, options: EvidenceOptions = {}): Promise<EvidenceLog> => {
  const { known, onRecord, now = Date.now } = options;
  const { fd, isNew } = open(file);
  try {
    const torn = cutTornLine(fd, file);
    const check = await verifyChain(file, isNew ? undefined : known, onRecord);
    if (!check.whole) throw new EvidenceError(file, `is damaged: line ${check.line}: ${check.reason}`);
    const log = appender(fd, file, check, now);
    if (isNew && known) log.append({ kind: 'recordBegunAnew', data: { lastKnown: known } });
    if (torn > 0) log.append({ kind: 'tornRecordRemoved', data: { bytes: torn } });
    return log;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
};

const appender = (
  fd: number,
  file: string,
  { records, head: sealedAt }: { readonly records: number; readonly head: string },
  now: () => number,
): EvidenceLog => {
  let seq = records;
  let head = sealedAt;
  let { size } = fstatSync(fd);
  let isOpen = true;

  const write = (entries: readonly EvidenceEntry[], sync: boolean) => {
    if (!isOpen) throw new EvidenceError(file, 'has been closed');
    assertUntouched(fd, file, size);
    let text = '';
    let last = { seq, head };
    for (const { kind, data } of entries) {
      const line = sealed({ seq: last.seq + 1, at: new Date(now()).toISOString(), kind, data, prev: last.head });
      last = { seq: last.seq + 1, head: line.hash };
      text += line.text;
    }
    const bytes = Buffer.from(text);
    try {
      writeAll(fd, bytes);
      if (sync) fsyncSync(fd);
    } catch (error) {
      takeBack(fd, size);
      throw new EvidenceError(file, `cannot be written to: ${(error as Error).message}`, { cause: error });
    }
    size += bytes.length;
    ({ seq, head } = last);
  };

  return {
    head: () => head,
    position: () => (seq === 0 ? undefined : { seq, hash: head }),
    append: (...entries) => write(entries, true),
    note: (...entries) => write(entries, false),
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      try {
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    },
  };
};

/** A record appended to a file that somebody else has changed would not follow the one before it. */
const assertUntouched = (fd: number, file: string, size: number): void => {
  const now = fstatSync(fd);
  const there = statSync(file, { throwIfNoEntry: false });
  if (there === undefined) throw new EvidenceError(file, 'is gone: it was removed or moved away meanwhile');
  if (there.ino !== now.ino) throw new EvidenceError(file, 'is another one: it was replaced meanwhile');
  if (now.size < size) throw new EvidenceError(file, 'was cut off meanwhile');
  if (now.size > size) throw new EvidenceError(file, 'was written to by another process meanwhile');
};

/** What a full disk took of a record is no record: the next one must not be glued to it. */
const takeBack = (fd: number, size: number): void => {
  try {
    ftruncateSync(fd, size);
  } catch {
    // The next append finds the file changed, and the next opening takes the torn line away.
    return;
  }
};

/** For its owner alone, as all that Rollcall keeps. */
const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

const open = (file: string): { fd: number; isNew: boolean } => {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: PRIVATE_FOLDER });
    const found = statSync(file, { throwIfNoEntry: false });
    if (found && !found.isFile()) throw new Error('it is not a file');
    // An administrator of the machine may write to a read-only file all the same; whoever marked it meant it.
    if (found && (found.mode & 0o200) === 0) throw new Error('it is marked read-only');
    return { fd: openSync(file, 'a+', PRIVATE_FILE), isNew: found === undefined };
  } catch (error) {
    throw new EvidenceError(file, `cannot be opened for writing: ${(error as Error).message}`, { cause: error });
  }
};

const writeAll = (fd: number, bytes: Buffer): void => {
  for (let from = 0; from < bytes.length; ) from += writeSync(fd, bytes, from);
};

const BLOCK = 65_536;

/** Cuts off what follows the last end of line. Answers how many bytes that were. */
const cutTornLine = (fd: number, file: string): number => {
  const { size } = fstatSync(fd);
  const block = Buffer.alloc(BLOCK);
  for (let end = size; end > 0; ) {
    const from = Math.max(0, end - BLOCK);
    const read = readSync(fd, block, 0, end - from, from);
    const newline = block.subarray(0, read).lastIndexOf(10);
    if (newline >= 0) return cutAfter(fd, file, from + newline + 1, size);
    end = from;
  }
  return cutAfter(fd, file, 0, size);
};

const cutAfter = (fd: number, file: string, whole: number, size: number): number => {
  if (whole === size) return 0;
  try {
    ftruncateSync(fd, whole);
  } catch (error) {
    throw new EvidenceError(file, `cannot be written to: ${(error as Error).message}`, { cause: error });
  }
  return size - whole;
};
