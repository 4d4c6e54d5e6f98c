// Files that were exported from a directory (LDIF, csvde) as a source: for where the directory itself may not be asked.
import { basename } from 'node:path';
import type { Account } from '../../model/account.ts';
import type { OpenSource, Source } from '../../model/source.ts';
import type { DirectoryColumn, DirectoryFileSettings } from '../../model/source-settings.ts';
import { proposeDirectoryColumns } from '../directory-propose.ts';
import { EmptyColumns, entryRows, plainAttribute } from '../directory-values.ts';
import { checkUnchanged, type FileState } from '../source-file.ts';
import { lookAtText } from '../text-file.ts';
import { csvdeEntries } from './csvde.ts';
import type { FileEntry } from './entry.ts';
import { directoryFileError } from './errors.ts';
import { type LdifFacts, ldifEntries } from './ldif.ts';

/** So many entries are looked at to propose columns. */
const LOOKED_AT = 500;
const REFERRALS_NAMED = 5;

const WANTED = { ldif: 'an LDIF file', csvde: 'a CSV file of csvde' } as const;

/**
 * Reads accounts from an exported file, an entry each, or a row for each value where a column says "each".
 *
 * Shape:  entries of other classes are left out, and counted in a note; one that names no class counts. Memory does not
 *         grow with the file. Values of an attribute are sorted: directories keep them in no order.
 * Errors: {@link SourceError} whose `code` is one of {@link DirectoryFileDefect}, or of a CSV file's, with line and column.
 */
export const directoryFileSource = (settings: DirectoryFileSettings): Source => ({
  kind: settings.kind,
  open: async (signal) => {
    signal.throwIfAborted();
    const { path: file, columns, kind } = settings;
    const { state, encoding } = await lookAtText(file, settings.encoding, WANTED[kind], directoryFileError);
    if (columns === null) throw directoryFileError('noColumns', file, 'no columns are named');
    let notes: readonly string[] = [];
    return {
      columns: columns.map(({ name }) => name),
      description: `${kind} ${basename(file)} (${encoding})`,
      rows: async function* () {
        const seen: Seen = { others: 0, referrals: [] };
        const empty = new EmptyColumns(columns);
        for await (const account of accounts(settings, columns, { state, encoding }, seen, signal)) {
          empty.add(account.cells);
          yield account;
        }
        notes = [...notesOf(seen), ...empty.notes()];
      },
      notes: () => notes,
    } satisfies OpenSource;
  },
  proposeColumns: async (signal) => {
    const { path: file, kind } = settings;
    const { encoding } = await lookAtText(file, settings.encoding, WANTED[kind], directoryFileError);
    const entries: (readonly string[])[] = [];
    for await (const entry of counted(settings, encoding, { others: 0, referrals: [] }, signal)) {
      entries.push(entry.attributes);
      if (entries.length === LOOKED_AT) break;
    }
    if (entries.length === 0) throw directoryFileError('emptyRoster', file, 'no entry is an account');
    return proposeDirectoryColumns(entries);
  },
});

/** What was seen beside the accounts. */
interface Seen extends LdifFacts {
  /** Entries that are no accounts. */
  others: number;
}

async function* accounts(
  settings: DirectoryFileSettings,
  columns: readonly DirectoryColumn[],
  { state, encoding }: { readonly state: FileState; readonly encoding: string },
  seen: Seen,
  signal: AbortSignal,
): AsyncGenerator<Account> {
  const { path: file } = settings;
  const attributes = columns.map(({ attribute }) => plainAttribute(attribute));
  let n = 0;
  for await (const entry of counted(settings, encoding, seen, signal)) {
    const values = attributes.map((name) => (name === 'dn' ? [Buffer.from(entry.dn)] : entry.values(name)));
    const rows = entryRows(columns, values);
    if ('reason' in rows) {
      const { column, reason } = rows;
      const message = `column "${column.name}", ${column.attribute} of ${entry.dn}: ${reason.message}`;
      throw directoryFileError(reason.code, file, message, { line: entry.line });
    }
    for (const cells of rows) {
      n += 1;
      yield { n, line: entry.line, cells };
    }
  }
  await checkUnchanged(file, state, directoryFileError);
  if (n === 0) {
    const others = seen.others === 0 ? 'there is none' : `none of ${seen.others} is an account`;
    throw directoryFileError('emptyRoster', file, `no entry is an account: ${others}`);
  }
}

/** The entries that are accounts. */
async function* counted(
  settings: DirectoryFileSettings,
  encoding: string,
  seen: Seen,
  signal: AbortSignal,
): AsyncGenerator<FileEntry> {
  const { path: file, kind } = settings;
  const classes = new Set(settings.classes.map((name) => name.toLowerCase()));
  const entries =
    kind === 'ldif' ? ldifEntries(file, encoding, seen, signal) : csvdeEntries(file, settings.encoding, signal);
  for await (const handful of entries) {
    for (const entry of handful) {
      const has = entry.values('objectclass').map((value) => value.toString().toLowerCase());
      const counts = has.length === 0 || (has.some((name) => classes.has(name)) && !isComputer(has, classes));
      if (counts) yield entry;
      else seen.others += 1;
    }
  }
}

/** In Active Directory a computer is a person, too. */
const isComputer = (has: readonly string[], classes: ReadonlySet<string>): boolean =>
  has.includes('computer') && !classes.has('computer');

const notesOf = ({ others, referrals }: Seen): string[] => {
  const named = [...new Set(referrals)].slice(0, REFERRALS_NAMED).join(', ');
  return [
    ...(others > 0 ? [`${others} entries of other classes (groups, computers, folders) were left out.`] : []),
    ...(referrals.length > 0 ? [`The file refers to other servers for a part of the tree: ${named}.`] : []),
  ];
};
