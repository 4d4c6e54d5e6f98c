// rollcall collect: source to roster.
import type { Account } from '../../model/account.ts';
import { collect as collectRoster } from '../../pipeline.ts';
import type { Io } from '../io.ts';
import { print } from '../print/output.ts';
import { rosterText } from '../print/results.ts';
import type { CommonOptions } from '../program.ts';
import { type Opened, withSettings, withWork } from '../with-work.ts';

export interface CollectOptions extends CommonOptions {
  readonly sample?: number;
  readonly allow: readonly string[];
}

export const collect = async (options: CollectOptions, io: Io): Promise<number> => {
  if (options.sample !== undefined) {
    return withSettings(options, io, (opened) => showSample(opened, options.sample!, options, io));
  }
  return withWork(options, io, 'collect', async (work) => {
    const { roster, cost } = await collectRoster(work);
    await print({ data: { ...roster, seconds: cost.seconds }, text: rosterText(roster) }, options, io);
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
  const lines = accounts.map(
    ({ n, cells }) => `${n}\n${columns.map((column, i) => `  ${column}: ${cells[i] ?? ''}`).join('\n')}`,
  );
  await print(
    {
      data: { source: description, columns, accounts },
      text: `${description}\n${lines.join('\n')}\nThe first ${accounts.length} accounts; nothing was saved.`,
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
