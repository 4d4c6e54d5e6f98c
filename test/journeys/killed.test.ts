// Killed at any moment and run again, the product ends where an undisturbed run ends: nothing twice, nothing lost.
import { expect, test } from 'vitest';
import { exampleWorld, readAll, stats, type World } from './support/world.ts';

const KILLS = 25;

/** A small generator of numbers that a printed seed brings back. */
const randomFrom = (seed: number) => () => {
  seed = (seed * 1_664_525 + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
};

/** The directory without what differs between any two runs: ids and times. */
const finalState = async ({ tenant }: World) => {
  const users = await readAll(
    tenant,
    '/users?$select=id,userPrincipalName,displayName,accountEnabled,employeeId&$top=999',
  );
  const applications = await readAll(tenant, '/applications?$select=id,displayName,uniqueName,appRoles,tags');
  const principals = await readAll(tenant, '/servicePrincipals');
  const names = new Map(users.map((user) => [user['id'], user['userPrincipalName']]));
  const assignments = [];
  for (const principal of principals) {
    const roles = new Map(
      (principal['appRoles'] as { id: string; displayName: string }[]).map((role) => [role.id, role.displayName]),
    );
    for (const one of await readAll(tenant, `/servicePrincipals/${principal['id']}/appRoleAssignedTo`)) {
      assignments.push(`${names.get(one['principalId'])} ${roles.get(String(one['appRoleId']))}`);
    }
  }
  return {
    users: users.map(({ id: _id, ...rest }) => JSON.stringify(rest)).sort(),
    applications: applications.map(({ displayName, uniqueName, appRoles, tags }) => ({
      displayName,
      uniqueName,
      tags,
      roles: (appRoles as { displayName: string }[]).map((role) => role.displayName).sort(),
    })),
    principals: principals.map(({ displayName, appRoleAssignmentRequired, tags }) => ({
      displayName,
      appRoleAssignmentRequired,
      tags,
    })),
    assignments: assignments.sort(),
  };
};

test(`killed after each of ${KILLS} randomly chosen requests, the same final directory`, {
  timeout: 600_000,
}, async () => {
  const seed = Number(process.env['ROLLCALL_TEST_SEED'] ?? Date.now() % 1_000_000);
  console.log(`random seed ${seed}; run again with ROLLCALL_TEST_SEED=${seed}`);
  const random = randomFrom(seed);

  const undisturbed = await exampleWorld('corpdb1', 'killed');
  await undisturbed.rollcall('run', '--yes');
  const total = (await stats(undisturbed.tenant)).requests;
  const expected = await finalState(undisturbed);
  expect(expected.assignments.length).toBeGreaterThan(100);
  expect(new Set(expected.assignments).size).toBe(expected.assignments.length);

  // Half of the kills strike before the work of the request is done, half after it, when its answer is lost.
  const after = Array.from({ length: KILLS }, () => ({
    request: 1 + Math.floor(random() * (total - 1)),
    phase: random() < 0.5 ? ('received' as const) : ('answered' as const),
  }));
  for (const { request, phase } of after) {
    let armed = false;
    let seen = 0;
    let struck = false;
    let pid = 0;
    const world = await exampleWorld('corpdb1', 'killed', {
      onExchange: (_exchange, at) => {
        if (!armed || at !== phase || pid === 0) return;
        seen += 1;
        if (seen !== request) return;
        struck = true;
        process.kill(pid, 'SIGKILL');
      },
    });
    armed = true;
    const first = world.start('run', '--yes');
    pid = first.pid;
    const { signal } = await first.ended;
    expect({ request, phase, struck, signal }).toEqual({ request, phase, struck: true, signal: 'SIGKILL' });
    armed = false;

    const again = await world.rollcall('run', '--yes');
    expect({ request, phase, status: again.status, err: again.err.slice(-300) }).toMatchObject({ status: 2 });
    expect(await finalState(world), `killed at request ${request}, ${phase}`).toEqual(expected);
  }
});
