// Ctrl-C: what has been sent is waited for and recorded, nothing more is sent, and running again goes on from there.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readEvidence } from '../../src/evidence/verify.ts';
import { finalState } from './support/final-state.ts';
import { exampleWorld, readAll, type World } from './support/world.ts';

/** What the record says: the actions that were about to be written, by number, and how they ended. */
const recorded = async ({ folder }: World) => {
  const intended = new Map<number, string>();
  const written = new Map<number, string>();
  for await (const { kind, data } of readEvidence(join(folder, '.rollcall', 'evidence', 'rollcall-corpdb1.ndjson'))) {
    const { actions = [], results = [] } = data as {
      actions?: { n: number; kind: string }[];
      results?: { n: number; status: string }[];
    };
    if (kind === 'intended') for (const action of actions) intended.set(action.n, action.kind);
    if (kind === 'written') for (const { n, status } of results) written.set(n, status);
  }
  return { intended, written };
};

/** A world whose command is sent Ctrl-C, as often as told, when its n-th batch of writes has come to the directory. */
const interrupted = async (batch: number, times: number) => {
  let pid = 0;
  let batches = 0;
  const world = await exampleWorld('corpdb1', undefined, {
    latencyMs: 100,
    onExchange: async ({ url, method }, phase) => {
      if (phase !== 'received' || method !== 'POST' || !url.endsWith('/$batch')) return;
      batches += 1;
      if (batches !== batch) return;
      for (let n = 0; n < times; n += 1) {
        process.kill(pid, 'SIGINT');
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  });
  const running = world.start('run', '--yes', '--strategy', 'directory');
  pid = running.pid;
  return { world, ended: await running.ended };
};

test('after Ctrl-C all that was sent is recorded with its end, and the next run goes on', async () => {
  const { world, ended } = await interrupted(6, 1);
  expect(ended.signal).toBeNull();
  expect(ended.status).toBe(1);
  expect(ended.err).toMatch(/Stopped\. What was done is recorded\.\nRun the same command again to go on/);
  const { intended, written } = await recorded(world);
  expect([...intended.keys()].filter((n) => !written.has(n))).toEqual([]);
  // What the record calls done is there, and nothing else.
  const done = [...written].filter(([n, status]) => status === 'done' && intended.get(n) === 'assign');
  const [principal] = await readAll(world.tenant, '/servicePrincipals');
  const assignments = await readAll(world.tenant, `/servicePrincipals/${principal!['id']}/appRoleAssignedTo?$top=999`);
  expect(assignments).toHaveLength(done.length);
  expect(assignments.length).toBeGreaterThan(0);
  expect(assignments.length).toBeLessThan(400);

  await world.rollcall('run', '--yes');
  const undisturbed = await exampleWorld('corpdb1', undefined);
  await undisturbed.rollcall('run', '--yes');
  expect(await finalState(world.tenant)).toEqual(await finalState(undisturbed.tenant));
});

test('a second Ctrl-C ends it at once, and the next run goes on all the same', async () => {
  const { world, ended } = await interrupted(4, 2);
  expect(ended.status).toBe(1);
  const again = await world.json(2, 'run', '--yes');
  expect(again).toMatchObject({ missing: 0 });
});
