// rollcall reconcile: a new roster against removals, the roster before, and the directory; or two rosters by themselves.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { rosterFileSource } from '../../collect/roster-file.ts';
import { RollcallError, UsageError } from '../../model/errors.ts';
import {
  compareTwo,
  type Reconciled,
  type RosterRows,
  reconcile as reconcileRoster,
  storedRows,
} from '../../pipeline.ts';
import type { Work } from '../../work.ts';
import type { Io } from '../io.ts';
import { print } from '../print/output.ts';
import { differenceLines, differenceRows, reconciledTable, reconciledText } from '../print/reconciled.ts';
import type { CommonOptions } from '../program.ts';
import { commandLine } from '../started.ts';
import { withWork } from '../with-work.ts';

export interface ReconcileOptions extends CommonOptions {
  readonly from?: string;
  readonly identity?: string;
  readonly allow: readonly string[];
  readonly compare?: string;
  readonly with?: string;
}

export const reconcile = (options: ReconcileOptions, io: Io): Promise<number> =>
  withWork(options, io, 'reconcile', (work) => {
    const { compare, with: other } = options;
    if ((compare === undefined) !== (other === undefined)) {
      throw new UsageError('--compare and --with go together: the older roster, and the newer.', 'Give both, or none.');
    }
    return compare === undefined ? reconcileNew(work, options, io) : compareRosters(work, compare, other!, options, io);
  });

const reconcileNew = async (work: Work, options: ReconcileOptions, io: Io): Promise<number> => {
  const reconciled = await reconcileRoster(work);
  const next = nextSteps(reconciled);
  await print(
    {
      data: { ...reconciled },
      text: [
        reconciledText(reconciled, new Date(work.clock.now()).toISOString()),
        ...next.map((words) => `Next: ${commandLine(io.started, options, ...words)}`),
      ].join('\n'),
      table: reconciledTable(reconciled),
    },
    options,
    io,
  );
  return needsPerson(reconciled) ? 2 : 0;
};

const nextSteps = ({ removals, found, directory }: Reconciled): string[][] => [
  ...(removals.returned.length + found.length > 0 || removals.remaining.some(({ state }) => state === 'open')
    ? [['removals', 'send']]
    : []),
  ...(directory.unassigned > 0 ? [['plan']] : []),
  ...(directory.withoutAccount.length > 0 ? [['plan', '--unassign']] : []),
];

/** What is ordered in time, and what is confirmed, needs nobody. */
const needsPerson = (reconciled: Reconciled): boolean => {
  const { removals, found, unordered, disabled, left, differences } = reconciled;
  return (
    nextSteps(reconciled).length > 0 ||
    removals.untold.length > 0 ||
    [found, unordered, disabled, left, differences.renamed].some((list) => list.length > 0)
  );
};

const compareRosters = async (
  work: Work,
  older: string,
  newer: string,
  options: ReconcileOptions,
  io: Io,
): Promise<number> => {
  const [before, now] = [await rosterNamed(work, older, options, io), await rosterNamed(work, newer, options, io)];
  const differences = await compareTwo(work, before, now);
  const lines = differenceLines(differences);
  await print(
    {
      data: { before: before.name, now: now.name, ...differences },
      text: [`${before.name} compared with ${now.name}`, ...(lines.length > 0 ? lines : ['No difference'])].join('\n'),
      table: {
        columns: ['finding', 'account', 'role', 'user', 'row', 'was'],
        rows: (async function* () {
          for (const row of differenceRows(differences)) yield row.slice(0, 6);
        })(),
      },
    },
    options,
    io,
  );
  return lines.length > 0 ? 2 : 0;
};

/** A roster file, or one that is kept here, by its hash or the beginning of it. */
const rosterNamed = async (work: Work, name: string, { identity }: ReconcileOptions, io: Io): Promise<RosterRows> => {
  const { store, settings } = work;
  const application = settings.application.uniqueName;
  if (existsSync(name)) {
    const source = rosterFileSource(resolve(name), application, identity);
    const { columns } = await source.open(io.signal);
    const rows = async function* () {
      yield* (await source.open(io.signal)).rows();
    };
    return { name, columns, rows };
  }
  const hash = name.startsWith('sha256:') ? name : `sha256:${name}`;
  const roster = /^sha256:[0-9a-f]{6,64}$/.test(hash) ? await store.roster(application, hash) : undefined;
  if (roster) return storedRows(work, roster);
  throw new RollcallError(
    `"${name}" is neither a roster file nor the hash of a roster that is kept here.`,
    'Name a file that "rollcall collect --to" wrote, or a hash, of at least 6 digits, that "rollcall collect" has shown.',
  );
};
