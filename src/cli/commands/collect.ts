// rollcall collect: source to roster.
import { basename, resolve } from 'node:path';
import { checkRecipients } from '../../collect/roster-envelope.ts';
import { writeRosterFile } from '../../collect/roster-file.ts';
import type { Account } from '../../model/account.ts';
import { UsageError } from '../../model/errors.ts';
import { collect as collectRoster } from '../../pipeline.ts';
import type { Io } from '../io.ts';
import { print } from '../print/output.ts';
import { rosterText } from '../print/results.ts';
import type { CommonOptions } from '../program.ts';
import { commandLine, shownPath } from '../started.ts';
import { type Opened, withSettings, withWork } from '../with-work.ts';

export interface CollectOptions extends CommonOptions {
  readonly sample?: number;
  readonly allow: readonly string[];
  readonly to?: string;
  readonly from?: string;
  readonly encryptTo?: readonly string[];
}

export const collect = async (options: CollectOptions, io: Io): Promise<number> => {
  if (options.encryptTo && options.to === undefined) {
    throw new UsageError('--encrypt-to goes with --to.', 'Name the file that is to be encrypted with --to.');
  }
  // Before anything is collected, not after.
  await checkRecipients(options.encryptTo ?? []);
  if (options.sample !== undefined) {
    return withSettings(options, io, (opened) => showSample(opened, options.sample!, options, io));
  }
  return withWork(options, io, 'collect', async (work) => {
    const { roster, cost } = await collectRoster(work);
    const to = options.to && resolve(options.to);
    if (to) await writeRosterFile(to, roster, work.store.accounts(roster), options.encryptTo);
    const next = to
      ? `Next: carry ${shownPath(to)} to where the directory is, and there type:\n  rollcall collect --from ${basename(to)}${options.encryptTo ? ' --identity KEYFILE' : ''}`
      : `Next: ${commandLine(io.started, options, 'match')}`;
    await print(
      {
        data: { ...roster, seconds: cost.seconds, file: to ?? null },
        text: `${rosterText(roster)}\n${next}`,
      },
      options,
      io,
    );
    return 0;
  });
};

const showSample = async ({ source }: Opened, size: number, options: CommonOptions, io: Io): Promise<number> => {
  const opened = await source.open(io.signal);
  const accounts: Account[] = [];
  for await (const account of opened.rows()) {
    accounts.push(account);
    if (accounts.length === size) break;
  }
  const { columns, description } = opened;
  const notes = opened.notes?.() ?? [];
  const lines = accounts.map(
    ({ n, cells }) => `${n}\n${columns.map((column, i) => `  ${column}: ${cells[i] ?? ''}`).join('\n')}`,
  );
  await print(
    {
      data: { source: description, columns, notes, accounts },
      text: `${description}\n${[...lines, ...notes].join('\n')}\nThe first ${accounts.length} accounts; nothing was saved.`,
      table: {
        columns,
        rows: (async function* () {
          for (const { cells } of accounts) yield cells;
        })(),
      },
    },
    options,
    io,
  );
  return 0;
};
