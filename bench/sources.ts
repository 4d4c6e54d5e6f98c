// Sources: how many accounts a second each kind yields, and what memory it takes, through "rollcall collect" itself.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { machine, say } from './place.ts';
import { runProduct } from './processes.ts';
import { KINDS, type MeasuredKind } from './source-kinds.ts';
import { inMiB, inSeconds, markdownTable, whole } from './table.ts';

/** More than any kind takes, however many accounts there are. */
const LIMIT_MIB = 512;

export interface SourcesChoices {
  readonly folder: string;
  readonly rows: number;
  /** Only kinds whose name holds one of these. */
  readonly only: readonly string[];
}

interface Collected {
  readonly rows: number;
  readonly seconds: number;
}

/**
 * Prints a table of the kinds; one whose server is missing says so. Rollcall is a process of its own, and so its memory is
 * its own. Answers whether each yielded every account within the limit of memory.
 */
export const benchSources = async ({ folder, rows, only }: SourcesChoices): Promise<boolean> => {
  console.log(`Sources at ${whole(rows)} accounts (${machine()})\n`);
  const table: string[][] = [];
  const lacking: string[] = [];
  let mostKiB = 0;
  for (const kind of KINDS.filter(({ name }) => only.some((part) => name.includes(part)))) {
    if (kind.missing !== undefined) {
      table.push([`${kind.name} (${kind.missing})`, '', '', '', '']);
      continue;
    }
    say(kind.name);
    const { printed, seconds, cpuSeconds, maxRssKiB } = await measure(kind, join(folder, 'source'), rows);
    if (printed.rows !== rows) lacking.push(kind.name);
    mostKiB = Math.max(mostKiB, maxRssKiB);
    const rate = whole(printed.rows / printed.seconds);
    table.push([kind.name, rate, inSeconds(seconds), inSeconds(cpuSeconds), inMiB(maxRssKiB)]);
  }
  const header = ['source', 'accounts a second', 'seconds', 'of them its own work', 'peak memory, MiB'];
  console.log(markdownTable(header, table));
  console.log(lacking.length === 0 ? '\nEvery account came: met' : `\nNOT MET: accounts are missing: ${lacking}`);
  const isWithin = mostKiB <= LIMIT_MIB * 1024;
  console.log(`Peak memory ${inMiB(mostKiB)} MiB, at most ${LIMIT_MIB}: ${isWithin ? 'met' : 'NOT MET'}`);
  return lacking.length === 0 && isWithin;
};

/** Has the product collect from one kind, in a folder of its own that is gone afterwards. */
export const measure = async (kind: MeasuredKind, place: string, rows: number) => {
  await mkdir(place);
  const { source, close } = await kind.make(place, rows);
  try {
    const match = [{ column: 'EMail', attribute: 'mail' }];
    // JSON is YAML, too.
    const configuration = JSON.stringify({ application: 'BENCH', directory: 'local', source, match });
    await writeFile(join(place, 'rollcall.yaml'), configuration);
    return await runProduct<Collected>({ folder: place, directoryFile: join(place, 'none.json') }, ['collect']);
  } finally {
    await close?.();
    await rm(place, { recursive: true });
  }
};
