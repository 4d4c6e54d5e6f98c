// A million accounts against a million users: does the product's memory stay flat, and how long is each stage?
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { checkCounts } from './counts.ts';
import { machine, preparePlace, say } from './place.ts';
import { runProduct } from './processes.ts';
import { checkRun, type RunPrinted, STAGES } from './run-printed.ts';
import { inMiB, inSeconds, markdownTable, whole } from './table.ts';
import { readUsers, since, startTenant } from './tenant.ts';
import { type UsersFileCounts, writeUsersFile } from './users-file.ts';

const LIMIT_MIB = 512;

export interface LargeChoices {
  readonly folder: string;
  /** Where the generated directory and users file are kept for the next run; else in `folder`, gone with it. */
  readonly keep?: string;
  readonly rows: number;
  readonly latencyMs: number;
}

/** Runs the whole job. Answers whether the peak of the product's memory is within the limit. */
export const benchLarge = async ({ folder, keep = folder, rows, latencyMs }: LargeChoices): Promise<boolean> => {
  const data = await prepareData(keep, rows);
  // A copy: the run assigns everybody, and the next one shall find the directory as it was.
  const ownDirectory = join(folder, 'tenant.db');
  await copyFile(data.directory, ownDirectory);
  const tenant = await startTenant({ data: ownDirectory, latencyMs }).catch((cause: Error) => {
    throw new Error(`${cause.message}; if it is of an earlier version, delete ${keep} and run this again`, { cause });
  });
  try {
    const place = await preparePlace(folder, tenant, 'Bench large', data.csvFile);
    say(`Rollcall: the whole job for ${whole(rows)} accounts`);
    const atFirst = await tenant.stats();
    const { printed, seconds, maxRssKiB } = await runProduct<RunPrinted>(place, ['run', '--yes']);
    const stats = since(atFirst, await tenant.stats());
    checkCounts('Rollcall', data.truth, printed);
    checkRun(printed, data.truth.matched);

    console.log(`${whole(rows)} accounts against a directory of ${whole(rows)} users, ${latencyMs} ms latency`);
    console.log(`(${machine()}; strategy ${printed.strategy ?? 'none'})\n`);
    console.log(
      markdownTable(
        ['stage', 'seconds', 'requests', 'writes'],
        [
          ...STAGES.map((stage) => {
            const spent = printed.stages[stage];
            return [stage, inSeconds(spent.seconds), whole(spent.requests), whole(spent.writes)];
          }),
          ['whole process', inSeconds(seconds), whole(stats.requests), whole(stats.writes)],
        ],
      ),
    );
    const isWithin = maxRssKiB <= LIMIT_MIB * 1024;
    console.log(
      `\nPeak memory of the product: ${inMiB(maxRssKiB)} MiB, at most ${LIMIT_MIB}: ${isWithin ? 'met' : 'NOT MET'}`,
    );
    return isWithin;
  } finally {
    await tenant.stop();
  }
};

export interface LargeData {
  readonly directory: string;
  readonly csvFile: string;
  readonly truth: UsersFileCounts;
}

/** Makes directory and users file unless they are there. What says that they are whole is written last. */
export const prepareData = async (keep: string, rows: number): Promise<LargeData> => {
  await mkdir(keep, { recursive: true });
  const directory = join(keep, `directory-${rows}.db`);
  const csvFile = join(keep, `users-${rows}.csv`);
  const truthFile = join(keep, `counts-${rows}.json`);
  if (existsSync(truthFile)) {
    say(`the directory and users file of an earlier run, in ${keep}`);
    return { directory, csvFile, truth: JSON.parse(await readFile(truthFile, 'utf8')) };
  }
  const generating = `${directory}.part`;
  for (const end of ['', '-wal', '-shm']) await rm(generating + end, { force: true });
  say(`generating a directory of ${whole(rows)} users: this takes a while`);
  const tenant = await startTenant({ data: generating, generate: rows, latencyMs: 0 });
  let truth: UsersFileCounts;
  try {
    truth = await writeUsersFile(csvFile, rows, readUsers(tenant), rows);
  } finally {
    await tenant.stop();
  }
  // Opening and closing it brings into the file what a process that was ended left beside it.
  new DatabaseSync(generating).close();
  await rename(generating, directory);
  await writeFile(truthFile, JSON.stringify(truth));
  return { directory, csvFile, truth };
};
