// Killed at any moment and run again, the product ends where an undisturbed run ends: nothing twice, nothing lost.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { verifyChain } from '../../src/evidence/verify.ts';
import { finalState } from './support/final-state.ts';
import { exampleWorld, type World } from './support/world.ts';

const KILLS = 25;

/** A small generator of numbers that a printed seed brings back. */
const randomFrom = (seed: number) => () => {
  seed = (seed * 1_664_525 + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
};

/** What a killed process may leave half done, and nobody needs any more. */
const leftOvers = ({ folder }: World): string[] =>
  readdirSync(join(folder, '.rollcall'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /matching-|\.check|\.part$/.test(name),
  );

interface Kill {
  /** Of the requests that `strikesAt` names, from 1. */
  readonly request: number;
  /** Requests that change the directory come last, and are few: they have kills of their own. */
  readonly strikesAt: 'any request' | 'a write';
  /** Before the work of the request is done, or after it, when its answer is lost. */
  readonly phase: 'received' | 'answered';
}

/** Sees which of a run's requests write: from the first PATCH on, everything that is not a GET. */
const requestCounter = () => {
  let requests = 0;
  let writes = 0;
  return (method: string) => {
    requests += 1;
    const isWrite = method === 'PATCH' || (writes > 0 && method !== 'GET');
    if (isWrite) writes += 1;
    return { requests, writes, isWrite };
  };
};

test(`killed after each of ${KILLS} randomly chosen requests, the same final directory`, {
  timeout: 900_000,
}, async () => {
  const seed = Number(process.env['ROLLCALL_TEST_SEED'] ?? Date.now() % 1_000_000);
  console.log(`random seed ${seed}; run again with ROLLCALL_TEST_SEED=${seed}`);
  const random = randomFrom(seed);

  let total = { requests: 0, writes: 0, isWrite: false };
  let isRunning = true;
  const count = requestCounter();
  const undisturbed = await exampleWorld('corpdb1', 'killed', {
    onExchange: ({ method }, at) => {
      if (isRunning && at === 'received') total = count(method);
    },
  });
  await undisturbed.rollcall('run', '--yes');
  isRunning = false;
  const expected = await finalState(undisturbed.tenant);
  expect(expected.assignments.length).toBeGreaterThan(100);
  expect(new Set(expected.assignments).size).toBe(expected.assignments.length);
  // Registration, users and assignments: a run that wrote in fewer requests would leave little to strike.
  expect(total.writes).toBeGreaterThan(8);

  const kills = Array.from({ length: KILLS }, (_, index): Kill => {
    const strikesAt = index % 2 === 0 ? 'a write' : 'any request';
    // Two runs need not send the very same number of requests: the last ones may not come.
    const of = Math.floor((strikesAt === 'a write' ? total.writes : total.requests) * 0.9);
    return { strikesAt, request: 1 + Math.floor(random() * of), phase: random() < 0.5 ? 'received' : 'answered' };
  });
  for (const kill of kills) {
    const counted = requestCounter();
    let struck = false;
    let pid = 0;
    const strike = ({ requests, writes, isWrite }: ReturnType<typeof counted>) => {
      if (struck || (kill.strikesAt === 'a write' ? !isWrite || writes !== kill.request : requests !== kill.request))
        return;
      struck = true;
      process.kill(pid, 'SIGKILL');
    };
    const met = new Map<number, ReturnType<typeof counted>>();
    let armed = true;
    const world = await exampleWorld('corpdb1', 'killed', {
      onExchange: ({ method, requestNumber }, at) => {
        if (!armed) return;
        if (at === 'received') met.set(requestNumber, counted(method));
        if (at === kill.phase) strike(met.get(requestNumber)!);
      },
    });
    const first = world.start('run', '--yes');
    pid = first.pid;
    const { signal } = await first.ended;
    expect({ ...kill, struck, signal }).toEqual({ ...kill, struck: true, signal: 'SIGKILL' });
    armed = false;

    const again = await world.rollcall('run', '--yes');
    expect({ ...kill, status: again.status, err: again.err.slice(-300) }).toMatchObject({ status: 2 });
    expect(await finalState(world.tenant), `killed at ${JSON.stringify(kill)}`).toEqual(expected);
    const [evidence] = readdirSync(join(world.folder, '.rollcall', 'evidence'));
    expect(await verifyChain(join(world.folder, '.rollcall', 'evidence', evidence!))).toMatchObject({ whole: true });
    expect(leftOvers(world)).toEqual([]);
  }
});
