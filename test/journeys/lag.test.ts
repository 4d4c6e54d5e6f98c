// A directory that shows late what was written to it: waited for, told when it takes too long, and never written twice.
import { expect, test } from 'vitest';
import { exampleWorld, readAll } from './support/world.ts';

const assignmentsOf = async (world: Awaited<ReturnType<typeof exampleWorld>>) => {
  const [principal] = await readAll(world.tenant, '/servicePrincipals');
  return readAll(world.tenant, `/servicePrincipals/${principal!['id']}/appRoleAssignedTo`);
};

test('a run waits until the directory shows each thing that the next one needs, and all of it in the end', async () => {
  const world = await exampleWorld('corpdb1', 'lag', { replicationDelayMs: 800 });
  const result = await world.json(2, 'run', '--yes');
  expect(result).toMatchObject({ missing: 0, refused: 0, notTried: 0 });
  expect(result['created']).toBeGreaterThan(0);
  expect(await assignmentsOf(world)).toHaveLength(Number(result['assigned']));
});

test('what the directory does not show in time is told, and running again ends as it should, nothing twice', async () => {
  const world = await exampleWorld('corpdb1', undefined, { replicationDelayMs: 2500 });
  const { status } = await world.rollcall('run', '--yes', '--lag-limit', '1');
  expect(status).toBe(2);
  // In the second run one replica may still hide a user whom another shows already: that is told, and the third sees it.
  for (let i = 0; i < 2; i += 1) await world.rollcall('run', '--yes', '--lag-limit', '30');
  const last = await world.json(2, 'run', '--yes');
  expect(last).toMatchObject({ created: 0, assigned: 0, missing: 0, unexpected: 0, refused: 0, notTried: 0 });
  const pairs = (await assignmentsOf(world)).map((one) => `${one['principalId']} ${one['appRoleId']}`);
  expect(new Set(pairs).size).toBe(pairs.length);
  expect(pairs).toHaveLength(Number(last['present']));
});
