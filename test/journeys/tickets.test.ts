// Removals as tickets in ServiceNow: killed at any request, against an instance that loses, delays and refuses, one ticket a removal.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Call, type Fault, ServiceNowStandIn, STAND_IN } from '../../examples/stand-ins/service-now.ts';
import type { Removal } from '../../src/model/removal.ts';
import { rollcallHere } from './support/in-process.ts';
import { emptyWorld, type World } from './support/world.ts';

const ACCOUNTS = 22;
const DENIED = 16;
const KILLS = 5;
/** The accounts from this one on are in the second list, too. */
const STAY_FROM = 11;

/** A small generator of numbers that a printed seed brings back. */
const randomFrom = (seed: number) => () => {
  seed = (seed * 1_664_525 + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
};

const login = (n: number): string => `user${n}`;
const usersCsv = (numbers: readonly number[]): string =>
  ['Login,EMail', ...numbers.map((n) => `${login(n)},${login(n)}@contoso.com`)].join('\n');
const all = Array.from({ length: ACCOUNTS }, (_, index) => index + 1);

const configurationFor = (instance: string): string =>
  [
    'application: CORPDB1',
    'directory: local',
    'source: { csv: { path: users.csv } }',
    'match: [{ column: EMail, attribute: userPrincipalName }]',
    'removals:',
    '  channel:',
    '    serviceNow:',
    `      instance: ${instance}`,
    `      signIn: { basic: { user: ${STAND_IN.user}, password: { file: password.txt } } }`,
    '      timeLimits: { connect: 1, answer: 2 }',
    '      repeats: 8',
  ].join('\n');

const run = async (world: World, status: number, ...args: readonly string[]) => {
  const ended = await rollcallHere(world.folder, ...args, '--output', 'json');
  if (ended.status !== status) {
    throw new Error(
      `${args.join(' ')} ended with ${ended.status}, not ${status}: ${ended.err}${ended.out.slice(0, 2000)}`,
    );
  }
  return JSON.parse(ended.out);
};

const FAULTS: readonly Fault[] = [
  { kind: 'lostRequest' },
  { kind: 'lostReply' },
  { kind: 'lostReply' },
  { kind: 'emptyReply' },
  { kind: 'failedAfterWork' },
  { kind: 'lateReply', ms: 4000 },
  { kind: 'throttled', retryAfter: '1' },
  { kind: 'unavailable' },
  { kind: 'cutShort' },
];

/** An instance that does every fifth write, and some reads, wrong; and strikes a process down at one of its requests. */
const roughInstance = async (random: () => number) => {
  let strike: { at: number; phase: 'received' | 'answered'; pid: number } | undefined;
  let heard = 0;
  let isRough = true;
  const standIn = await ServiceNowStandIn.start({
    rowsAPage: 7,
    faults: ({ method }: Call) => {
      if (!isRough || random() > (method === 'GET' ? 0.02 : 0.2)) return undefined;
      return FAULTS[Math.floor(random() * FAULTS.length)];
    },
    onExchange: (_, at) => {
      if (at === 'received') heard += 1;
      if (strike === undefined || strike.pid === 0 || at !== strike.phase || heard < strike.at) return;
      const { pid } = strike;
      strike = undefined;
      process.kill(pid, 'SIGKILL');
    },
  });
  onTestFinished(() => standIn.stop());
  return {
    standIn,
    calm: () => {
      isRough = false;
    },
    rough: () => {
      isRough = true;
    },
    /** Runs the command and kills it at its n-th request, before the work is done or after it was answered. */
    killAt: async (world: World, n: number, phase: 'received' | 'answered', ...args: readonly string[]) => {
      heard = 0;
      strike = { at: n, phase, pid: 0 };
      const { pid, ended } = world.start(...args);
      if (strike) strike.pid = pid;
      const { signal } = await ended;
      const isKilled = signal === 'SIGKILL';
      strike = undefined;
      return isKilled;
    },
  };
};

test(`killed ${KILLS} times, against an instance that loses, delays and refuses, there is one ticket a removal`, {
  timeout: 600_000,
}, async () => {
  const seed = Number(process.env['ROLLCALL_TEST_SEED'] ?? Date.now() % 1_000_000);
  console.log(`random seed ${seed}; run again with ROLLCALL_TEST_SEED=${seed}`);
  const random = randomFrom(seed);
  const { standIn, calm, rough, killAt } = await roughInstance(random);
  // Tickets of others, some of which carry correlation ids of their own.
  for (const n of [1, 2, 3])
    standIn.add('incident', { short_description: `Disk ${n} full`, correlation_id: n === 1 ? '' : `M${n}` });
  const others = standIn.rows('incident').length;
  const own = () => standIn.rows('incident').slice(others);
  const open = () => own().filter((row) => row['active'] === 'true');

  const world = await emptyWorld(
    {
      'rollcall.yaml': configurationFor(standIn.origin),
      'users.csv': usersCsv(all),
      'password.txt': STAND_IN.password,
      'decisions.csv': [
        'Login,decision,by,reason',
        ...all.slice(0, DENIED).map((n) => `${login(n)},Deny,owner@contoso.com,left`),
      ].join('\n'),
    },
    undefined,
  );
  await run(world, 0, 'collect');
  await run(world, 2, 'match');
  await run(world, 2, 'removals', 'deny', join(world.folder, 'decisions.csv'));

  let killed = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const phase = random() < 0.5 ? 'received' : 'answered';
    if (await killAt(world, 1 + Math.floor(random() * 10), phase, 'removals', 'send')) killed += 1;
    expect(new Set(own().map((row) => row['correlation_id'])).size, `after kill ${kill + 1}`).toBe(own().length);
  }
  expect(killed).toBeGreaterThan(KILLS / 2);
  const sent = await run(world, 0, 'removals', 'send');
  expect(sent.failed).toEqual([]);
  expect(own()).toHaveLength(DENIED);
  expect(open()).toHaveLength(DENIED);
  const listed: Removal[] = (await run(world, 0, 'removals', 'list')).removals;
  expect(listed.map(({ id, order }) => [id, order!.reference]).sort()).toEqual(
    own()
      .map((row) => [row['correlation_id'], row['number']])
      .sort(),
  );

  // The desk says that all is done: of three kinds of endings, none proves anything.
  calm();
  for (const [index, row] of own().entries()) {
    standIn.set('incident', (one) => one === row, { state: ['6', '7', '8'][index % 3]! });
  }
  await run(world, 0, 'removals', 'send');
  const remaining = all.slice(STAY_FROM);
  writeFileSync(join(world.folder, 'users.csv'), usersCsv(remaining));
  rough();
  await run(world, 2, 'removals', 'confirm', '--allow', 'shrink');
  for (let kill = 0; kill < 2; kill += 1) {
    await killAt(world, 2 + Math.floor(random() * 6), 'answered', 'removals', 'send');
  }
  await rollcallHere(world.folder, 'removals', 'send');
  calm();
  await rollcallHere(world.folder, 'removals', 'send');
  const after: Removal[] = (await run(world, 0, 'removals', 'list')).removals;
  const stillThere = after.filter(({ state }) => state !== 'confirmed');
  expect(stillThere.map(({ account }) => account.key).sort()).toEqual(
    remaining
      .slice(0, DENIED - STAY_FROM)
      .map((n) => `${login(n)}@contoso.com`)
      .sort(),
  );
  for (const { id, order } of stillThere) {
    const tickets = own().filter((row) => row['correlation_id']!.startsWith(id));
    const live = tickets.filter((row) => row['active'] === 'true');
    expect(live.map((row) => row['number'])).toEqual([order!.reference]);
    expect(tickets.length).toBeLessThanOrEqual(2);
  }
});
