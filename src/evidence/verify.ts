// Reads an evidence file and says whether it is whole: every record sealed, in order, none missing.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type EvidenceRecord, GENESIS, sealed } from './seal.ts';

export type ChainCheck =
  | { readonly whole: true; readonly records: number; readonly head: string }
  | { readonly whole: false; readonly line: number; readonly reason: string };

/**
 * Checks the chain from the first record to the last. `line` counts from 1. With `known`, a record that is known to have
 * been written, the file must hold it in its place: a chain whose end was cut off is unbroken otherwise.
 */
export const verifyChain = async (
  file: string,
  known?: { readonly seq: number; readonly hash: string },
): Promise<ChainCheck> => {
  let head = GENESIS;
  let line = 0;
  const broken = (reason: string): ChainCheck => ({ whole: false, line, reason });
  for await (const { record, text } of lines(file)) {
    line += 1;
    if (record === undefined) return broken('it is not a record');
    if (record.seq !== line) return broken(`record ${line} is missing; record ${record.seq} is here`);
    if (record.prev !== head) return broken('it does not follow the record before it');
    const seal = sealed(record);
    if (seal.text !== `${text}\n`) return broken('it has been altered');
    head = seal.hash;
    if (record.seq === known?.seq && head !== known.hash)
      return broken('it is not the record that was written; the file has been made anew from here or before');
  }
  if (known && line < known.seq) {
    const reason = `the end was cut off: the file ends with record ${line}, and record ${known.seq} had been written`;
    return { whole: false, line: line + 1, reason };
  }
  return { whole: true, records: line, head };
};

/** The records of a file, oldest first. Lines that are no records are passed over: verifying them is another matter. */
export async function* readEvidence(file: string): AsyncGenerator<EvidenceRecord> {
  for await (const { record } of lines(file)) if (record !== undefined) yield record;
}

async function* lines(file: string): AsyncGenerator<{ record: EvidenceRecord | undefined; text: string }> {
  const input = createReadStream(file, 'utf8');
  try {
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      yield { record: parsed(text), text };
    }
  } finally {
    input.destroy();
  }
}

const parsed = (text: string): EvidenceRecord | undefined => {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'seq' in value ? value : undefined;
  } catch {
    return undefined;
  }
};
