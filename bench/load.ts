// The tenant under load: does it stand 200 clients at once, lose no write and keep its memory; and how many lookups can it answer?
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClientsInput, ClientsResult } from './clients.ts';
import { prepareData } from './large.ts';
import { machine, say } from './place.ts';
import { runClients } from './processes.ts';
import { inSeconds, markdownTable, whole } from './table.ts';
import { type BenchTenant, readAssignments, readUsers, registerApplication, startTenant } from './tenant.ts';

export interface LoadChoices {
  readonly folder: string;
  /** Where the generated directory is kept for the next run; else in `folder`, gone with it. */
  readonly keep?: string;
  /** Users of the directory that is looked up in. */
  readonly users: number;
  readonly seconds: number;
}

const CLIENTS = 200;
const MIXED_USERS = 5000;
const MOST_GROWTH = 0.2;
const CONNECTIONS = 8;
const LEAST_LOOKUPS = 3000;

/** Runs both parts. Answers whether both are as they have to be. */
export const benchLoad = async (choices: LoadChoices): Promise<boolean> => {
  console.log(`The local tenant under load (${machine()})\n`);
  const isSound = await mixed(choices);
  return (await lookups(choices)) && isSound;
};

const mixed = async ({ folder, seconds }: LoadChoices): Promise<boolean> => {
  say(`${CLIENTS} clients for ${seconds} s`);
  const tenant = await startTenant({ generate: MIXED_USERS, data: join(folder, 'mixed.db'), latencyMs: 0 });
  try {
    const assign = await registerApplication(tenant, 'Bench load', 'General');
    const namesFile = join(folder, 'mixed-names.txt');
    const atFirst = await writeNames(tenant, namesFile, 1);
    const running = ask(tenant, { clients: CLIENTS, seconds, namesFile, assign });
    await new Promise((resolve) => setTimeout(resolve, (seconds / 3) * 1000));
    const early = await tenant.memory();
    const result = await running;
    const late = await tenant.memory();

    const wrong = [
      ...Object.entries(result.errors).map(([what, count]) => `${whole(count)} answers: ${what}`),
      ...(await differences(tenant, atFirst, assign.resourceId, result)),
    ];
    if (result.assigned.length === 0) wrong.push('nothing was written: take more --seconds');
    const growth = late / early - 1;
    if (growth > MOST_GROWTH) wrong.push(`memory grew by ${Math.round(growth * 100)} %`);
    console.log(
      markdownTable(
        [`${CLIENTS} clients, ${inSeconds(result.seconds)} s`, ''],
        [
          ['requests per second', whole(result.requests / result.seconds)],
          ['lookups in batches', whole(result.lookups)],
          ['users created', whole(result.created.length)],
          ['assignments made', whole(result.assigned.length)],
          ['errors', whole(Object.values(result.errors).reduce((sum, count) => sum + count, 0))],
          ['memory after a third, MiB', whole(early / 2 ** 20)],
          ['memory at the end, MiB', whole(late / 2 ** 20)],
        ],
      ),
    );
    console.log(wrong.length === 0 ? '\nNo write lost, none too many: met\n' : `\nNOT MET: ${wrong.join('; ')}\n`);
    return wrong.length === 0;
  } finally {
    await tenant.stop();
  }
};

/** What is in the directory that nobody was told of, and what is not that somebody was. */
const differences = async (
  tenant: BenchTenant,
  atFirst: ReadonlySet<string>,
  resourceId: string,
  { created, assigned }: ClientsResult,
): Promise<readonly string[]> => {
  const users = new Set<string>();
  for await (const { userPrincipalName } of readUsers(tenant)) {
    if (!atFirst.has(userPrincipalName)) users.add(userPrincipalName);
  }
  const assignments = new Set(await readAssignments(tenant, resourceId));
  return [...compared('users', users, created), ...compared('assignments', assignments, assigned)];
};

const compared = (what: string, there: ReadonlySet<string>, told: readonly string[]): readonly string[] => {
  const lost = told.filter((one) => !there.has(one)).length;
  const more = there.size - (told.length - lost);
  return [...(lost > 0 ? [`${lost} ${what} were lost`] : []), ...(more > 0 ? [`${more} ${what} too many`] : [])];
};

const lookups = async ({ folder, keep = folder, users, seconds }: LoadChoices): Promise<boolean> => {
  const { directory } = await prepareData(keep, users);
  const own = join(folder, 'lookups.db');
  await copyFile(directory, own);
  const tenant = await startTenant({ data: own, latencyMs: 0 });
  try {
    say(`reading the names of ${whole(users)} users`);
    const namesFile = join(folder, 'names.txt');
    await writeNames(tenant, namesFile, 10);
    const { lookups: count, seconds: took, errors } = await ask(tenant, { clients: CONNECTIONS, seconds, namesFile });
    const rate = count / took;
    const isMet = rate >= LEAST_LOOKUPS && Object.keys(errors).length === 0;
    console.log(
      `${whole(rate)} lookups of 15 values a second among ${whole(users)} users, at least ${whole(LEAST_LOOKUPS)}`,
    );
    for (const [what, times] of Object.entries(errors)) console.log(`  ${whole(times)} answers: ${what}`);
    console.log(isMet ? 'met' : 'NOT MET');
    return isMet;
  } finally {
    await tenant.stop();
  }
};

/** Writes every n-th name into a file, one a line, and answers them all. */
const writeNames = async (tenant: BenchTenant, file: string, nth: number): Promise<ReadonlySet<string>> => {
  const names = new Set<string>();
  let n = 0;
  for await (const { userPrincipalName } of readUsers(tenant)) {
    if (n % nth === 0) names.add(userPrincipalName);
    n += 1;
  }
  await writeFile(file, [...names].join('\n'));
  return names;
};

const ask = async (tenant: BenchTenant, what: Omit<ClientsInput, 'graph' | 'token'>): Promise<ClientsResult> =>
  runClients({ ...what, graph: tenant.graph, token: await tenant.token() });
