// Reads an evidence file and says whether it is whole: every record sealed, in order, none missing.
import { linesOfFile } from './lines.ts';
import { type EvidenceRecord, GENESIS, opened } from './seal.ts';

export type ChainCheck =
  | { readonly whole: true; readonly records: number; readonly head: string }
  | { readonly whole: false; readonly line: number; readonly reason: string };

/**
 * Checks the chain from the first record to the last. `line` counts from 1. With `known`, a record that is known to have
 * been written, the file must hold it in its place: a chain whose end was cut off is unbroken otherwise. `onRecord` is
 * handed each record that has been found to be in its place.
 */
export const verifyChain = async (
  file: string,
  known?: { readonly seq: number; readonly hash: string },
  onRecord?: (record: EvidenceRecord) => void,
): Promise<ChainCheck> => {
  let head = GENESIS;
  let line = 0;
  const broken = (reason: string): ChainCheck => ({ whole: false, line, reason });
  for await (const { bytes, isWhole } of linesOfFile(file)) {
    line += 1;
    const found = isWhole ? opened(bytes) : undefined;
    if (found === undefined) return broken('it is not a record');
    const { record, hash, isSealed } = found;
    if (record.seq !== line) return broken(`record ${line} is missing; record ${record.seq} is here`);
    if (record.prev !== head) return broken('it does not follow the record before it');
    if (!isSealed) return broken('it has been altered');
    head = hash;
    if (record.seq === known?.seq && head !== known.hash)
      return broken('it is not the record that was written; the file has been made anew from here or before');
    onRecord?.(record);
  }
  if (known && line < known.seq) {
    const reason = `the end was cut off: the file ends with record ${line}, and record ${known.seq} had been written`;
    return { whole: false, line: line + 1, reason };
  }
  return { whole: true, records: line, head };
};

/** The records of a file, oldest first. Lines that are no records are passed over: verifying them is another matter. */
export async function* readEvidence(file: string): AsyncGenerator<EvidenceRecord> {
  for await (const { bytes } of linesOfFile(file)) {
    const found = opened(bytes);
    if (found) yield found.record;
  }
}
