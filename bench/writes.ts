// Many assignments under Graph's limit of writes: is the limit used, is it kept, and was the end foreseen? Both sides'
// time is scaled: the tenant's runs faster, and says so in the line that it prints, by which Rollcall paces itself.
import { join } from 'node:path';
import { checkCounts } from './counts.ts';
import { machine, preparePlace, say } from './place.ts';
import { runProduct } from './processes.ts';
import { checkRun, type RunPrinted } from './run-printed.ts';
import { markdownTable, whole } from './table.ts';
import { readUsers, since, startTenant } from './tenant.ts';
import { writeUsersFile } from './users-file.ts';

/** Source: https://learn.microsoft.com/graph/throttling-limits */
const AT_ONCE = 3000;
const PER_SECOND = 20;

const LEAST_REACHED = 0.95;
const MOST_THROTTLED = 0.001;
const MOST_OFF = 0.2;
/** Of the accounts in a users file nine in ten are in the directory. */
const MATCHED_SHARE = 0.9;

export interface WritesChoices {
  readonly folder: string;
  /** How many assignments are to be made, about. */
  readonly assignments: number;
  readonly latencyMs: number;
  /** How many times faster the tenant's time runs. */
  readonly timeScale: number;
}

/** Runs the whole job. Answers whether all three targets are met. */
export const benchWrites = async ({ folder, assignments, latencyMs, timeScale }: WritesChoices): Promise<boolean> => {
  const rows = Math.ceil(assignments / MATCHED_SHARE);
  say(`a tenant of ${whole(rows)} users whose time runs ${timeScale} times faster`);
  const tenant = await startTenant({ generate: rows, latencyMs, throttle: 'large', timeScale });
  try {
    const csvFile = join(folder, 'users.csv');
    const truth = await writeUsersFile(csvFile, rows, readUsers(tenant), rows);
    const place = await preparePlace(folder, tenant, 'Bench writes', csvFile);
    say(`Rollcall: the whole job for ${whole(rows)} accounts`);
    const atFirst = await tenant.stats();
    const { printed } = await runProduct<RunPrinted>(place, ['run', '--yes']);
    const stats = since(atFirst, await tenant.stats());
    checkCounts('Rollcall', truth, printed);
    checkRun(printed, truth.matched);

    const { apply, verify } = printed.stages;
    const seconds = apply.seconds * timeScale;
    const allowed = AT_ONCE + PER_SECOND * seconds;
    const reached = apply.writes / allowed;
    const throttled = stats.throttled / (stats.requests + stats.batchItems);
    const foreseen = printed.plan.estimate.minutes;
    const taken = (seconds + verify.seconds * timeScale) / 60;
    const off = Math.abs(foreseen - taken) / taken;

    const perSecond = (writes: number) => (writes / seconds).toFixed(2);
    const percent = (share: number) => `${(share * 100).toFixed(2)} %`;
    const judged = (isMet: boolean) => (isMet ? 'met' : 'NOT MET');
    const targets = [reached >= LEAST_REACHED, throttled < MOST_THROTTLED, off <= MOST_OFF] as const;
    console.log(
      `${whole(apply.writes)} writes under the limit of writes, ${latencyMs} ms latency, time ${timeScale} times faster`,
    );
    console.log(`(${machine()}; times below are the tenant's)\n`);
    console.log(
      markdownTable(
        ['writes', 'value', 'target', ''],
        [
          ['allowed from start to end, a second', perSecond(allowed), '', ''],
          ['written from start to end, a second', perSecond(apply.writes), '', ''],
          ['reached share of what is allowed', percent(reached), 'at least 95 %', judged(targets[0])],
          ['throttled share of requests', percent(throttled), 'below 0.1 %', judged(targets[1])],
          ['minutes, by the estimate at the start', foreseen.toFixed(1), '', ''],
          ['minutes at the end', taken.toFixed(1), '', ''],
          ['estimate off by', percent(off), 'at most 20 %', judged(targets[2])],
        ],
      ),
    );
    return targets.every(Boolean);
  } finally {
    await tenant.stop();
  }
};
