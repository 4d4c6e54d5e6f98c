// Removals as files for the application's owner: one file each time something is ordered, with one line a removal.
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parse } from 'csv-parse';
import { stringify } from 'csv-stringify/sync';
import { harmlessCell, LINE_BREAK } from '../../model/cells.ts';
import type { Channel, ChannelTools, OrderReport } from '../../model/channel.ts';
import type { CsvChannelSettings } from '../../model/channel-settings.ts';
import { ChannelDownError } from '../../model/errors.ts';
import type { Removal } from '../../model/removal.ts';
import { writeWhole } from '../../whole-file.ts';

/**
 * A folder of files. Nothing is ever read back from them but which removals they hold: an order that is in one of them
 * already is not written again, however the attempt that wrote it ended. What is ordered again stands in a newer file,
 * with the roster in which it was found again.
 *
 * Errors: {@link ChannelDownError} where the folder cannot be read or written.
 */
export const csvChannel = ({ folder }: CsvChannelSettings, { clock }: Pick<ChannelTools, 'clock'>): Channel => {
  const orderOnce = async (
    removals: readonly Removal[],
    keyOf: (removal: Removal) => string,
    report: OrderReport,
    signal: AbortSignal,
  ) => {
    const there = await told(folder, () => filesOf(folder, signal));
    const lacking = removals.filter((removal) => !there.has(keyOf(removal)));
    const file = join(folder, newName(removals, clock.now()));
    if (lacking.length > 0) await told(folder, () => writeWhole(file, (put) => put(ordersCsv(lacking))));
    for (const removal of removals) {
      const written = there.get(keyOf(removal)) ?? file;
      await report.placed(removal, {
        reference: basename(written),
        address: written,
        wasThere: there.has(keyOf(removal)),
      });
    }
  };
  return {
    name: 'csv',
    kind: 'csv',
    check: async (signal) => {
      const files = await told(folder, () => filesOf(folder, signal));
      return `the folder ${folder}, in which ${new Set(files.values()).size} files with orders are`;
    },
    order: (removals, report, signal) => orderOnce(removals, ({ id }) => id, report, signal),
    reopen: (removals, report, signal) => orderOnce(removals, orderKey, report, signal),
    states: async (removals) => new Map(removals.map(({ id }) => [id, { kind: 'unknown' }])),
    remind: async (removals, escalate) => {
      const file = join(folder, `${nameOf(removals)}-${escalate ? 'escalated' : 'overdue'}.csv`);
      await told(folder, () => writeWhole(file, (put) => put(ordersCsv(removals))));
    },
  };
};

/** A removal that came back is ordered again, once for each roster that had it. */
const orderKey = ({ id, seen }: Removal): string => `${id} ${seen?.roster ?? ''}`;

const nameOf = (removals: readonly Removal[]): string => removals[0]?.application ?? 'removals';

/** Sorts by time, and is no other file's, even of the same moment: that one would be written over. */
const newName = (removals: readonly Removal[], now: number): string =>
  `${nameOf(removals)}-${new Date(now).toISOString().replaceAll(/[-:.]/g, '')}-${crypto.randomUUID().slice(0, 8)}.csv`;

const OWN = ['removal', 'application', 'what', 'role', 'why', 'decided', 'due', 'foundAgainIn'] as const;

/** Files of several applications may lie in one folder, and each application has its own columns. */
export const ordersCsv = (removals: readonly Removal[]): string => {
  const columns = [...new Set(removals.flatMap(({ account }) => Object.keys(account.cells)))];
  const lines = removals.map((removal) => {
    const { id, applicationName, role, account, decidedAt, due, seen } = removal;
    const what = role === null ? 'remove the account' : 'take the role away';
    const cells = columns.map((column) => account.cells[column] ?? '');
    return [
      id,
      applicationName,
      what,
      role ?? '',
      whyText(removal),
      decidedAt,
      due,
      seen?.isThere ? seen.roster : '',
      ...cells,
    ];
  });
  return `\ufeff${stringify([[...OWN, ...columns], ...lines], {
    record_delimiter: 'windows',
    quoted_match: LINE_BREAK,
    cast: { string: harmlessCell },
  })}`;
};

const whyText = ({ cause }: Removal): string => {
  switch (cause.kind) {
    case 'denied':
      return `refused by ${cause.decidedBy}${cause.justification && `: ${cause.justification}`}`;
    case 'expired':
      return `ended on ${cause.ended}`;
    case 'withdrawn':
      return `withdrawn by ${cause.by}`;
    default:
      return cause satisfies never;
  }
};

/** Which orders are in which file: by the removal, and by the removal and the roster in which it was found again. */
const filesOf = async (folder: string, signal: AbortSignal): Promise<Map<string, string>> => {
  const found = new Map<string, string>();
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const name of names.filter((one) => ORDERS.test(one)).sort()) {
    const file = join(folder, name);
    const records = createReadStream(file, { signal }).pipe(parse({ bom: true, relax_column_count: true }));
    for await (const [id, , , , , , , roster] of records as AsyncIterable<readonly string[]>) {
      if (!/^[0-9a-f]{32}$/.test(id ?? '')) continue;
      found.set(id!, file).set(`${id} ${roster ?? ''}`, file);
    }
  }
  return found;
};

/** Not the lists of what is overdue, and nothing half written. */
const ORDERS = /-\d{8}T\d{9}Z-[0-9a-f]{8}\.csv$/;

const told = async <T>(folder: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    // Of the file system, or of a file that is no CSV any more.
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new ChannelDownError(
      `The folder ${folder} for orders cannot be read or written: ${error.message}.`,
      'Mend the folder, or name another one in removals.channel.csv.folder; then run the same command again.',
      { cause: error },
    );
  }
};
