// The examples come out as their expected.json says, which was written before any code ran.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exampleWorld, readAll, stats } from './support/world.ts';

const OUTCOMES = [
  'rows',
  'matched',
  'notQueried',
  'duplicate',
  'notMatched',
  'ambiguous',
  'queryFailed',
  'ignored',
  'notEnabled',
];

for (const example of ['corpdb1', 'sap-cloud-identity']) {
  test(`${example}: outcomes, users created and assignments equal what is expected`, async () => {
    const world = await exampleWorld(example, `example-${example}`);
    const expected = JSON.parse(readFileSync(join(world.folder, 'expected.json'), 'utf8'));

    const result = await world.json(2, 'run', '--yes');

    for (const kind of OUTCOMES) expect({ [kind]: result[kind] }).toEqual({ [kind]: expected[kind] });
    expect(result).toMatchObject({ created: expected.created, assigned: expected.assigned, missing: 0, refused: 0 });

    // What the plan said that it would cost is what it cost.
    const { plan, stages } = result as unknown as {
      readonly plan: { readonly estimate: { readonly requests: number; readonly writes: number } };
      readonly stages: Readonly<Record<'apply' | 'verify', { readonly requests: number; readonly writes: number }>>;
    };
    expect(stages.apply.writes).toBe(plan.estimate.writes);
    expect(Math.abs(stages.apply.requests + stages.verify.requests - plan.estimate.requests)).toBeLessThanOrEqual(2);

    const [principal] = await readAll(
      world.tenant,
      `/servicePrincipals?$filter=displayName eq '${expected.application}'`,
    );
    const assignments = await readAll(world.tenant, `/servicePrincipals/${principal!['id']}/appRoleAssignedTo`);
    const roles = principal!['appRoles'] as { id: string; displayName: string }[];
    const held = Object.fromEntries(
      roles.map(({ id, displayName }) => [displayName, assignments.filter((one) => one['appRoleId'] === id).length]),
    );
    expect(held).toEqual(expected.roles);
    expect(principal).toMatchObject({ appRoleAssignmentRequired: true });
    expect(principal!['tags']).toContain('WindowsAzureActiveDirectoryIntegratedApp');
  });

  test(`${example}: a second run changes nothing`, async () => {
    const world = await exampleWorld(example, `second-run-${example}`);
    await world.rollcall('run', '--yes');
    const before = await stats(world.tenant);

    const second = await world.json(2, 'run');

    const after = await stats(world.tenant);
    expect(after.requests).toBeGreaterThan(before.requests);
    expect(after.writes).toBe(before.writes);
    expect(second).toMatchObject({ created: 0, assigned: 0, missing: 0, unexpected: 0 });
  });
}
