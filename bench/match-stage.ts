// Matching alone, with its two targets: far fewer requests than the manual procedure, and far quicker.
import { join } from 'node:path';
import { checkAgreement, checkCounts, type ProductCounts, seedCounts } from './counts.ts';
import { machine, preparePlace, ROLE, say } from './place.ts';
import { type ProductRun, runProcedure, runProduct } from './processes.ts';
import { inMiB, inSeconds, markdownTable, ratio, whole } from './table.ts';
import { readUsers, type Stats, since, startTenant } from './tenant.ts';
import { MATCH, writeUsersFile } from './users-file.ts';

/** At most this share of the procedure's requests. */
const REQUEST_SHARE = 0.005;
/** At least so many times faster. */
const TIMES_FASTER = 200;

interface MatchPrinted extends ProductCounts {
  readonly requests: number;
  readonly seconds: number;
  readonly strategy: { readonly strategy: string } | null;
}

/** A second is soon disturbed by whatever else the machine does: the run in the middle counts. */
const REPEATS = 3;

type MeasuredMatch = ProductRun<MatchPrinted> & { readonly stats: Stats };

const median = (runs: readonly MeasuredMatch[]): MeasuredMatch =>
  runs.toSorted((a, b) => a.printed.seconds - b.printed.seconds)[Math.floor(runs.length / 2)]!;

/** Matches `rows` accounts in a directory of twice as many users, both ways. Answers whether both targets are met. */
export const benchMatch = async (folder: string, rows: number, latencyMs: number): Promise<boolean> => {
  say(`a tenant of ${whole(rows * 2)} users, ${latencyMs} ms latency`);
  const tenant = await startTenant({ generate: rows * 2, latencyMs });
  try {
    const csvFile = join(folder, 'users.csv');
    const truth = await writeUsersFile(csvFile, rows, readUsers(tenant), rows * 2);
    const place = await preparePlace(folder, tenant, 'Bench', csvFile);

    say(`Rollcall: collect and match ${whole(rows)} accounts`);
    await runProduct(place, ['collect']);
    const runs: MeasuredMatch[] = [];
    for (let i = 0; i < REPEATS; i += 1) {
      const atFirst = await tenant.stats();
      const run = await runProduct<MatchPrinted>(place, ['match']);
      checkCounts('Rollcall', truth, run.printed);
      runs.push({ ...run, stats: since(atFirst, await tenant.stats()) });
    }
    const product = median(runs);

    say('the manual procedure, the same accounts: this takes its time');
    const token = await tenant.token();
    const before = await tenant.stats();
    const { graph } = tenant;
    const procedure = await runProcedure({
      graph,
      token,
      csvFile,
      ...MATCH,
      app: 'Bench',
      role: ROLE,
      matchOnly: true,
    });
    const seedStats = since(before, await tenant.stats());
    const seed = procedure.printed;
    checkCounts('the manual procedure', truth, seedCounts(seed));
    checkAgreement(seed, product.printed);

    const compare = (name: string, one: number, other: number, show: (value: number) => string) => [
      name,
      show(one),
      show(other),
      ratio(one, other),
    ];
    const { printed, stats: productStats } = product;
    console.log(`Match of ${whole(rows)} accounts in a directory of ${whole(rows * 2)} users, ${latencyMs} ms latency`);
    console.log(`(${machine()}; strategy ${printed.strategy?.strategy ?? 'none'})\n`);
    console.log(
      markdownTable(
        ['match', 'by hand', 'Rollcall', 'ratio'],
        [
          compare('requests, as the tenant counted', seedStats.requests, productStats.requests, whole),
          compare('resource units', seedStats.resourceUnits, productStats.resourceUnits, whole),
          compare('seconds of the stage', seed.seconds.match, printed.seconds, inSeconds),
          compare('seconds of the whole process', procedure.seconds, product.seconds, inSeconds),
          compare('peak memory, MiB', seed.maxRssKiB, product.maxRssKiB, inMiB),
        ],
      ),
    );
    const share = productStats.requests / seedStats.requests;
    const times = seed.seconds.match / printed.seconds;
    const fewEnough = share <= REQUEST_SHARE;
    const quickEnough = times >= TIMES_FASTER;
    console.log(`\nAt most 0.5 % of the requests: ${(share * 100).toFixed(2)} %, ${verdict(fewEnough)}`);
    console.log(`At least ${TIMES_FASTER} times faster: ${times.toFixed(0)} times, ${verdict(quickEnough)}`);
    return fewEnough && quickEnough;
  } finally {
    await tenant.stop();
  }
};

const verdict = (isMet: boolean): string => (isMet ? 'met' : 'NOT MET');
