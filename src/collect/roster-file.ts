// A roster as a file, to be carried to another machine: one JSON record a line, sealed at its end, compressed, and
// encrypted where it is for one recipient alone.
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Account, Cell, Roster } from '../model/account.ts';
import { RollcallError, SourceError } from '../model/errors.ts';
import type { Source } from '../model/source.ts';
import { writeWhole } from '../whole-file.ts';
import { checkRecipients, EnvelopeError, unwrapped, wrapped } from './roster-envelope.ts';

interface Header {
  readonly rollcallRoster: 1;
  /** The unique name of the application. */
  readonly application: string;
  readonly columns: readonly string[];
  readonly source: string;
  readonly collectedAt: string;
}

interface Footer {
  readonly rows: number;
  readonly hash: string;
  readonly notes: readonly string[];
  /** SHA-256 over all lines before this one, each ended by LF, and this record without its seal. */
  readonly seal: string;
}

type Row = readonly [line: number | null, cells: readonly Cell[]];

/**
 * Writes a roster to a file that {@link rosterFileSource} reads, whole or not at all.
 *
 * Shape:  the first line tells application, columns, source and time; then an array of line and cells for each account;
 *         the last line tells the number of accounts, the roster's hash, its notes, and a seal over everything. All of
 *         it is compressed with gzip, and encrypted with age to the `recipients`, where there are any: public keys `age1…`.
 * Errors: {@link RollcallError} when the file cannot be written; {@link UsageError} for what is no public key.
 */
export const writeRosterFile = async (
  file: string,
  roster: Roster,
  accounts: AsyncIterable<Account>,
  recipients: readonly string[] = [],
): Promise<void> => {
  await checkRecipients(recipients);
  try {
    await writeWhole(file, async (put) => {
      for await (const piece of wrapped(rosterText(roster, accounts), recipients)) await put(piece);
    });
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new RollcallError(
      `The roster ${file} cannot be written: ${error.message}.`,
      'The roster is kept here all the same. Check that the folder can be written to, or name another file with --to.',
      { cause: error },
    );
  }
};

/** Characters that are written at once. */
const PIECE = 64 * 1024;

async function* rosterText(roster: Roster, accounts: AsyncIterable<Account>): AsyncGenerator<string> {
  const seal = createHash('sha256');
  const { application, columns, source, collectedAt } = roster;
  const header: Header = { rollcallRoster: 1, application, columns, source, collectedAt };
  let waiting = `${JSON.stringify(header)}\n`;
  for await (const { line, cells } of accounts) {
    waiting += `${JSON.stringify([line ?? null, cells] satisfies Row)}\n`;
    if (waiting.length < PIECE) continue;
    seal.update(waiting);
    yield waiting;
    waiting = '';
  }
  const { rows, hash, notes } = roster;
  const body = { rows, hash, notes };
  seal.update(waiting).update(JSON.stringify(body));
  const footer: Footer = { ...body, seal: `sha256:${seal.digest('hex')}` };
  yield `${waiting}${JSON.stringify(footer)}\n`;
}

const REMEDIES = {
  notFound: 'Correct the path after --from.',
  unreadable: 'Name a file that can be read, with --from.',
  notARoster: 'Name a file that "rollcall collect --to" has written.',
  otherApplication: 'Name the roster of this application, or another configuration with --config.',
  cutOff: 'The file is not complete; copy it again from where it was collected.',
  emptyRoster: 'Collect the accounts again; if the application really has none, there is nothing to govern.',
  encrypted: 'Name the file of your private key with --identity.',
  forSomebodyElse: 'Name the right private key with --identity, or have the roster encrypted to your public key.',
  altered: 'Copy the file again from where it was collected; a roster is not to be edited.',
} as const;

const rosterError = (
  code: keyof typeof REMEDIES,
  file: string,
  line: number | undefined,
  message: string,
): SourceError => new SourceError(code, { file, ...(line !== undefined && { line }) }, message, REMEDIES[code]);

/**
 * A roster file as a source. The roster made of it is the one that was written: the same hash, source, time and notes.
 * `identity` is a file with the private key of whom it was encrypted to.
 *
 * Errors: {@link SourceError} for what is no roster file, is one of another application, ends too early, or is not as it
 *         was written; nothing may be kept of its accounts then.
 */
export const rosterFileSource = (file: string, application: string, identity?: string): Source => ({
  kind: 'roster',
  open: async (signal) => {
    const header = await readHeader({ file, identity, signal });
    if (header.application !== application) {
      const found = `this is a roster of ${header.application}, not of ${application}`;
      throw rosterError('otherApplication', file, 1, found);
    }
    let notes: readonly string[] = [];
    const rows = () =>
      accounts({ file, identity, signal }, header.columns.length, (footer) => {
        notes = footer.notes;
      });
    return {
      columns: header.columns,
      description: header.source,
      collectedAt: header.collectedAt,
      rows,
      notes: () => notes,
    };
  },
});

interface Opening {
  readonly file: string;
  readonly identity: string | undefined;
  readonly signal: AbortSignal;
}

const readHeader = async (opening: Opening): Promise<Header> => {
  for await (const text of lines(opening)) {
    const header = parsed(text) as Partial<Header> | undefined;
    const isWhole =
      header?.rollcallRoster === 1 &&
      isTexts(header.columns) &&
      [header.application, header.source, header.collectedAt].every((value) => typeof value === 'string');
    if (isWhole) return header as Header;
    break;
  }
  throw rosterError(
    'notARoster',
    opening.file,
    undefined,
    `${basename(opening.file)} is no roster file of this version`,
  );
};

async function* accounts(opening: Opening, width: number, onEnd: (footer: Footer) => void): AsyncGenerator<Account> {
  const { file } = opening;
  const seal = createHash('sha256');
  let number = 0;
  let rows = 0;
  let footer: Footer | undefined;
  for await (const text of lines(opening)) {
    number += 1;
    if (footer) throw rosterError('altered', file, number, 'a line stands behind the end of the roster');
    const record = parsed(text);
    if (isFooter(record)) {
      footer = record;
      continue;
    }
    seal.update(text).update('\n');
    if (number === 1) continue;
    if (!isRow(record, width)) throw rosterError('altered', file, number, 'this line is no account of this roster');
    rows += 1;
    const [line, cells] = record;
    yield { n: rows, ...(line !== null && { line }), cells };
  }
  if (!footer) throw rosterError('cutOff', file, number, 'the roster ends here, without its last line');
  const { seal: told, ...body } = footer;
  if (footer.rows !== rows || told !== `sha256:${seal.update(JSON.stringify(body)).digest('hex')}`) {
    throw rosterError('altered', file, number, 'the seal does not fit the lines before it: the roster was altered');
  }
  if (rows === 0) throw rosterError('emptyRoster', file, number, 'the roster has no account');
  onEnd(footer);
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

const isRow = (value: unknown, width: number): value is Row =>
  Array.isArray(value) &&
  value.length === 2 &&
  (value[0] === null || Number.isInteger(value[0])) &&
  Array.isArray(value[1]) &&
  value[1].length === width &&
  value[1].every((cell) => cell === null || typeof cell === 'string');

const isFooter = (value: unknown): value is Footer =>
  typeof value === 'object' && value !== null && 'rows' in value && 'hash' in value && 'seal' in value;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Lines without their ends. */
async function* lines({ file, identity, signal }: Opening): AsyncGenerator<string> {
  let rest = '';
  try {
    for await (const piece of unwrapped(file, identity, signal)) {
      const texts = (rest + piece).split('\n');
      rest = texts.pop()!;
      yield* texts;
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof EnvelopeError) throw rosterError(error.code, file, undefined, ENVELOPE_WORDS[error.code]);
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    const isMissing = 'code' in error && error.code === 'ENOENT';
    throw rosterError(
      isMissing ? 'notFound' : 'unreadable',
      file,
      undefined,
      isMissing ? 'there is no such file' : `it cannot be read: ${error.message}`,
    );
  }
  if (rest !== '') yield rest;
}

const ENVELOPE_WORDS: Readonly<Record<EnvelopeError['code'], string>> = {
  notARoster: 'it is no roster file of this version',
  altered: 'the roster was altered, or its file is damaged',
  cutOff: 'the file is cut off: its end is missing',
  encrypted: 'the roster is encrypted',
  forSomebodyElse: 'the roster is encrypted to another key than yours',
};
