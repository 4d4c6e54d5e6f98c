// Reads an evidence file and says whether it is whole: every record sealed, in order, none missing.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type EvidenceRecord, GENESIS, sealed } from './log.ts';

export type ChainCheck =
  | { readonly whole: true; readonly records: number; readonly head: string }
  | { readonly whole: false; readonly line: number; readonly reason: string };

/** Checks the chain from the first record to the last. `line` counts from 1. */
export const verifyChain = async (file: string): Promise<ChainCheck> => {
  let head = GENESIS;
  let line = 0;
  for await (const { record, text } of lines(file)) {
    line += 1;
    if (record === undefined) return { whole: false, line, reason: 'it is not a record' };
    if (record.seq !== line)
      return { whole: false, line, reason: `record ${line} is missing; record ${record.seq} is here` };
    if (record.prev !== head) return { whole: false, line, reason: 'it does not follow the record before it' };
    const seal = sealed(record);
    if (seal.text !== `${text}\n`) return { whole: false, line, reason: 'it has been altered' };
    head = seal.hash;
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
