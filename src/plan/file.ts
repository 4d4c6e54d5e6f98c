// A plan as a file: one JSON record a line, each sealed to the one before, so that a changed byte is found and named.
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { RollcallError } from '../model/errors.ts';
import { noneOfEachKind, type PlanCounts, type PlanFooter, type PlanHeader, type PlanRecord } from '../model/plan.ts';
import { writeWhole } from '../whole-file.ts';

/** The file is no plan, or is not as it was written. `line` counts from 1; `found` is the line as it stands. */
export class PlanAlteredError extends RollcallError {
  override readonly name = 'PlanAlteredError';
  readonly line: number;
  readonly found: string;
  constructor(file: string, line: number, found: string, why: string) {
    super(
      `The plan ${file} is not as it was written: line ${line} ${why}.`,
      'Nothing was written to the directory. Make the plan again with "rollcall plan".',
    );
    this.line = line;
    this.found = found;
  }
}

/** Bytes that are read at once. */
const PIECE = 128 * 1024;

const SEAL = /,"seal":"([0-9a-f]{16})"\}$/;

class Sealer {
  #seal = '';
  /** A record's line, without its end. */
  line(record: unknown): string {
    const body = JSON.stringify(record);
    this.#seal = createHash('sha256').update(this.#seal).update(body).digest('hex').slice(0, 16);
    return `${body.slice(0, -1)},"seal":"${this.#seal}"}`;
  }
}

export const countActions = (): {
  add(record: PlanRecord): void;
  counts(): PlanCounts;
  problems(): Record<string, number>;
} => {
  const counts = noneOfEachKind();
  const problems: Record<string, number> = {};
  return {
    add: (record) => {
      if ('action' in record) counts[record.action.kind] += 1;
      else problems[record.problem.code] = (problems[record.problem.code] ?? 0) + 1;
    },
    counts: () => ({ ...counts }),
    problems: () => ({ ...problems }),
  };
};

/**
 * Writes a plan as its records come, and puts it in its place when it is whole. `finish` says what stands in the last
 * record besides the counts and the hash, which covers every byte of the plan but its own.
 */
export const writePlan = async (
  file: string,
  header: PlanHeader,
  records: AsyncIterable<PlanRecord>,
  finish: (
    counts: PlanCounts,
    problems: Readonly<Record<string, number>>,
  ) => Pick<PlanFooter, 'newUserRows' | 'guards' | 'estimate'>,
): Promise<PlanFooter> => {
  const hash = createHash('sha256');
  const sealer = new Sealer();
  const tally = countActions();
  const write = async (put: (text: string) => Promise<void>) => {
    const putLine = async (record: unknown) => {
      const line = `${sealer.line(record)}\n`;
      hash.update(line);
      await put(line);
    };
    await putLine(header);
    for await (const record of records) {
      tally.add(record);
      await putLine(record);
    }
    const counts = tally.counts();
    const ending = {
      actions: Object.values(counts).reduce((sum, count) => sum + count, 0),
      counts,
      problems: tally.problems(),
      ...finish(counts, tally.problems()),
    };
    const body = JSON.stringify(ending);
    const footer: PlanFooter = { ...ending, hash: `sha256:${hash.update(body).digest('hex')}` };
    await put(`${JSON.stringify(footer)}\n`);
    return footer;
  };
  return writeWhole(file, write, { file: 0o600, folder: 0o700 });
};

export interface PlanFile {
  readonly file: string;
  readonly header: PlanHeader;
  readonly footer: PlanFooter;
  /** In order, from the beginning each time. */
  records(): AsyncIterable<PlanRecord>;
}

/** Either of these stands in the first line of a plan, whichever one byte of it was changed. */
const LOOKS_LIKE_A_PLAN = /"rollcallPlan"|"seal":/;

const noPlan = (file: string): RollcallError => new RollcallError(`${file} is no plan.`, NAME_A_PLAN);

const NAME_A_PLAN = 'Name the file that "rollcall plan --to FILE" wrote, or leave --plan out to use the newest plan.';

/** Reads a plan to its end, checking every byte, before anything of it is believed. Throws {@link PlanAlteredError}, or {@link RollcallError} where it is no plan. */
export const openPlan = async (file: string): Promise<PlanFile> => {
  const hash = createHash('sha256');
  const sealer = new Sealer();
  let header: PlanHeader | undefined;
  let footer: PlanFooter | undefined;
  let number = 0;
  let actions = 0;
  const altered = (text: string, why: string) => new PlanAlteredError(file, number, text, why);
  for await (const text of lines(file)) {
    number += 1;
    if (number === 1 && !LOOKS_LIKE_A_PLAN.test(text)) throw noPlan(file);
    if (footer) throw altered(text, 'stands behind the end of the plan');
    const record = parsed(text);
    if (record === undefined) throw altered(text, 'is not JSON');
    if (number === 1 && record['rollcallPlan'] !== 1) throw altered(text, 'does not begin a plan of this version');
    if (!SEAL.test(text)) {
      const { hash: stated, ...ending } = record as unknown as PlanFooter;
      footer = { ...ending, hash: `sha256:${hash.update(JSON.stringify(ending)).digest('hex')}` };
      const isWhole = JSON.stringify(footer) === text && stated === footer.hash && footer.actions === actions;
      if (!isWhole) throw altered(text, 'has been altered, or does not fit the records before it');
      continue;
    }
    const { seal: _seal, ...body } = record;
    if (sealer.line(body) !== text) throw altered(text, 'has been altered, or one before it is missing');
    hash.update(`${text}\n`);
    if (number === 1) header = body as unknown as PlanHeader;
    if ('action' in body) actions += 1;
  }
  if (!header || !footer) throw new PlanAlteredError(file, number + 1, '', 'is missing: the plan has no end');
  return { file, header, footer, records: () => records(file) };
};

async function* records(file: string): AsyncGenerator<PlanRecord> {
  for await (const text of lines(file)) {
    const record = parsed(text);
    if (record && ('action' in record || 'problem' in record)) yield record as unknown as PlanRecord;
  }
}

async function* lines(file: string): AsyncGenerator<string> {
  try {
    // Only \n ends a record: a carriage return that somebody added is a changed byte.
    yield* splitLines(texts(file));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new RollcallError(`The plan ${file} cannot be read: ${error.message}.`, NAME_A_PLAN, { cause: error });
  }
}

/** A file's text piece by piece, through one buffer: a plan may be hundreds of megabytes. */
async function* texts(file: string): AsyncGenerator<string> {
  const handle = await open(file);
  try {
    const buffer = Buffer.allocUnsafe(PIECE);
    const decoder = new StringDecoder('utf8');
    for (let read = await handle.read(buffer); read.bytesRead > 0; read = await handle.read(buffer)) {
      yield decoder.write(buffer.subarray(0, read.bytesRead));
    }
    yield decoder.end();
  } finally {
    await handle.close();
  }
}

async function* splitLines(input: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of input) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop()!;
    yield* parts;
  }
  if (rest !== '') yield rest;
}

const parsed = (text: string): Record<string, unknown> | undefined => {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
};
