// The whole job, by hand and with Rollcall, against the same tenant: from the users file to assignments in place.
import { join } from 'node:path';
import { checkAgreement, checkCounts, seedCounts } from './counts.ts';
import { machine, preparePlace, ROLE, say } from './place.ts';
import { runProcedure, runProduct } from './processes.ts';
import { checkRun, type RunPrinted, STAGES } from './run-printed.ts';
import { inMiB, inSeconds, markdownTable, ratio, whole } from './table.ts';
import { readUsers, registerApplication, since, startTenant } from './tenant.ts';
import { MATCH, writeUsersFile } from './users-file.ts';

/** One application each: after the first has assigned everybody, nothing would be left for the second. */
const BY_HAND = 'Bench by hand';
const BY_ROLLCALL = 'Bench by Rollcall';

/** Runs both for `rows` accounts in a directory of twice as many users, and prints them side by side. */
export const benchWholeJob = async (folder: string, rows: number, latencyMs: number): Promise<void> => {
  say(`a tenant of ${whole(rows * 2)} users, ${latencyMs} ms latency`);
  const tenant = await startTenant({ generate: rows * 2, latencyMs });
  try {
    const csvFile = join(folder, 'users.csv');
    const truth = await writeUsersFile(csvFile, rows, readUsers(tenant), rows * 2);
    const place = await preparePlace(folder, tenant, BY_ROLLCALL, csvFile);
    // The procedure begins with an application that somebody has registered. Rollcall registers its own.
    await registerApplication(tenant, BY_HAND, ROLE);

    say(`Rollcall: the whole job for ${whole(rows)} accounts`);
    const atFirst = await tenant.stats();
    const product = await runProduct<RunPrinted>(place, ['run', '--yes']);
    const productStats = since(atFirst, await tenant.stats());
    checkCounts('Rollcall', truth, product.printed);
    checkRun(product.printed, truth.matched);

    say('the manual procedure, the same accounts: this takes its time');
    const token = await tenant.token();
    const before = await tenant.stats();
    const procedure = await runProcedure({ graph: tenant.graph, token, csvFile, ...MATCH, app: BY_HAND, role: ROLE });
    const seedStats = since(before, await tenant.stats());
    const seed = procedure.printed;
    checkCounts('the manual procedure', truth, seedCounts(seed));
    checkAgreement(seed, product.printed);
    if (seed.counts.assigned !== truth.matched) throw new Error(`the procedure assigned ${seed.counts.assigned}`);

    const { stages, seconds } = product.printed;
    const compare = (name: string, one: number, other: number, show: (value: number) => string) => [
      name,
      show(one),
      show(other),
      ratio(one, other),
    ];
    const alone = (name: string, value: number) => [name, '', inSeconds(value), ''];
    const byHand: Partial<Record<string, number>> = { match: seed.seconds.match, apply: seed.seconds.assign };
    console.log(
      `The whole job: ${whole(rows)} accounts in a directory of ${whole(rows * 2)} users, ${latencyMs} ms latency`,
    );
    console.log(`(${machine()}; strategy ${product.printed.strategy ?? 'none'})\n`);
    console.log(
      markdownTable(
        ['whole job', 'by hand', 'Rollcall', 'ratio'],
        [
          compare('requests, as the tenant counted', seedStats.requests, productStats.requests, whole),
          compare('resource units', seedStats.resourceUnits, productStats.resourceUnits, whole),
          compare('writes', seedStats.writes, productStats.writes, whole),
          ...STAGES.map((stage) => {
            const name = `seconds, ${stage}`;
            const spent = stages[stage].seconds;
            const seedSpent = byHand[stage];
            return seedSpent === undefined ? alone(name, spent) : compare(name, seedSpent, spent, inSeconds);
          }),
          compare('seconds, all stages', seed.seconds.match + (seed.seconds.assign ?? 0), seconds, inSeconds),
          compare('seconds of the whole process', procedure.seconds, product.seconds, inSeconds),
          compare('peak memory, MiB', seed.maxRssKiB, product.maxRssKiB, inMiB),
        ],
      ),
    );
  } finally {
    await tenant.stop();
  }
};
