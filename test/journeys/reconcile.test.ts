// A new roster against the roster before and the directory: what is different is said, and nothing is written there.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rollcallHere } from './support/in-process.ts';
import { change, emptyWorld, readAll, temporaryFolder, type World } from './support/world.ts';

const CONFIGURATION = [
  'application: CORPDB1',
  'directory: local',
  'source: { csv: { path: users.csv } }',
  'accounts: { ends: Until }',
  'match:',
  '  - { column: EMail, attribute: userPrincipalName }',
  '  - { column: EmployeeId, attribute: employeeId }',
  'roles: { column: Role }',
  'guards: { floor: 5 }',
].join('\n');

type Row = readonly [mail: string, employeeId: string, role: string, until: string];

const row = (n: number, role = 'Reader', until = ''): Row => [`person${n}@contoso.com`, String(1000 + n), role, until];

const csvOf = (rows: readonly Row[]): string =>
  ['EMail,EmployeeId,Role,Until', ...rows.map((one) => one.join(','))].join('\n');

const FIRST = [...Array.from({ length: 20 }, (_, i) => row(i + 1)), row(2, 'Writer'), row(21)];

const worldOf = (name: string | undefined): Promise<World> => {
  const directory = join(temporaryFolder(), 'directory.ndjson');
  const users = Array.from({ length: 30 }, (_, i) => ({
    userPrincipalName: `person${i + 1}@contoso.com`,
    displayName: `Person ${i + 1}`,
    mailNickname: `person${i + 1}`,
    employeeId: String(1001 + i),
    accountEnabled: true,
  }));
  writeFileSync(directory, users.map((user) => JSON.stringify(user)).join('\n'));
  return emptyWorld({ 'rollcall.yaml': CONFIGURATION, 'users.csv': csvOf(FIRST) }, name, { users: directory });
};

const run = async (world: World, status: number, ...args: readonly string[]) => {
  const ended = await rollcallHere(world.folder, ...args, '--output', 'json');
  expect({ args, status: ended.status, err: ended.err }).toMatchObject({ args, status });
  return JSON.parse(ended.out);
};

const keys = (list: readonly { key: string; role: string | null }[]) => list.map(({ key, role }) => [key, role]);

const userId = async (world: World, n: number): Promise<string> =>
  ((await change(world.tenant, 'GET', `/users/person${n}@contoso.com`)) as { id: string }).id;

const assignmentsOf = async (world: World, n: number): Promise<readonly Record<string, unknown>[]> =>
  readAll(world.tenant, `/users/${await userId(world, n)}/appRoleAssignments`);

test('what came, went, was renamed, gained or lost a role, left, was disabled or taken away is said, and nothing is written', {
  timeout: 120_000,
}, async () => {
  const world = await worldOf('reconcile');
  await run(world, 0, 'run', '--yes');
  expect(await run(world, 0, 'reconcile')).toMatchObject({
    found: [],
    directory: { unassigned: 0, withoutAccount: [] },
  });

  // In the application: 1 gained a role, 2 lost one, 3 has another address, 20 is gone, 22 and a stranger came, 5 has ended.
  const second: Row[] = [
    ...FIRST.slice(0, 19).filter((_, i) => i !== 2 && i !== 4),
    row(1, 'Writer'),
    ['third.person@contoso.com', '1003', 'Reader', ''],
    row(5, 'Reader', '2026-01-31'),
    row(21),
    row(22),
    ['stranger@fabrikam.com', '', 'Reader', ''],
  ];
  writeFileSync(join(world.folder, 'users.csv'), csvOf(second));
  // In the directory: 7 left, 8 is disabled, 9 had the assignment taken away.
  await change(world.tenant, 'DELETE', `/users/${await userId(world, 7)}`);
  await change(world.tenant, 'PATCH', `/users/${await userId(world, 8)}`, { accountEnabled: false });
  const [taken] = await assignmentsOf(world, 9);
  await change(world.tenant, 'DELETE', `/users/${await userId(world, 9)}/appRoleAssignments/${taken!['id']}`);
  const writes = await world.writes();

  const found = await run(world, 2, 'reconcile');
  const { differences } = found;
  expect(keys(differences.added).sort()).toEqual([
    ['person22@contoso.com', 'Reader'],
    ['stranger@fabrikam.com', 'Reader'],
  ]);
  expect(keys(differences.gone)).toEqual([['person20@contoso.com', 'Reader']]);
  expect(differences.renamed).toMatchObject([{ key: 'third.person@contoso.com', was: 'person3@contoso.com' }]);
  expect(keys(differences.rolesGained)).toEqual([['person1@contoso.com', 'Writer']]);
  expect(keys(differences.rolesLost)).toEqual([['person2@contoso.com', 'Writer']]);
  expect(keys(found.unordered)).toHaveLength(3);
  expect(keys(found.disabled)).toEqual([['person8@contoso.com', 'Reader']]);
  expect(keys(found.left)).toEqual([['person7@contoso.com', 'Reader']]);
  const causes = found.found.map(
    ({ account, cause, role }: { account: { key: string }; cause: { kind: string }; role: string }) => [
      account.key,
      cause.kind,
      role,
    ],
  );
  expect(causes.sort()).toEqual([
    ['person5@contoso.com', 'expired', 'Reader'],
    ['person9@contoso.com', 'withdrawn', 'Reader'],
  ]);
  // The new role of 1, and 22. Whose access must go is not to be assigned again.
  expect(found.directory.unassigned).toBe(2);
  expect(
    found.directory.withoutAccount.map(({ principalName }: { principalName: string }) => principalName).sort(),
  ).toEqual(['Person 2', 'Person 20']);
  expect(await world.writes()).toBe(writes);

  // The same roster again says nothing new, and finds nothing twice.
  const again = await run(world, 2, 'reconcile');
  expect(again).toMatchObject({
    found: [],
    differences: { added: [], gone: [], renamed: [] },
    directory: found.directory,
  });
  expect((await run(world, 2, 'removals', 'list')).removals).toHaveLength(2);

  // A plan that was asked for takes away what has no account any more; nobody else's assignment is touched.
  const plan = await run(world, 2, 'plan', '--unassign');
  expect(plan.counts).toMatchObject({ assign: 2, unassign: 2 });
  expect(await run(world, 2, 'apply', '--yes')).toMatchObject({ done: { assign: 2, unassign: 2 } });
  expect(await assignmentsOf(world, 20)).toEqual([]);
  expect(await assignmentsOf(world, 2)).toHaveLength(1);

  // Nor does a run assign again what was taken away.
  await run(world, 2, 'run', '--yes');
  expect(await assignmentsOf(world, 9)).toEqual([]);
  expect(await assignmentsOf(world, 22)).toHaveLength(1);
});

test('two rosters are compared by themselves, as files or by their hashes', { timeout: 60_000 }, async () => {
  const world = await worldOf(undefined);
  const old = join(world.folder, 'old.jsonl');
  const { hash } = await run(world, 0, 'collect', '--to', old);
  writeFileSync(join(world.folder, 'users.csv'), csvOf([...FIRST.slice(1), row(25)]));
  const newer = await run(world, 0, 'collect');
  const expected = { added: [{ key: 'person25@contoso.com' }], gone: [{ key: 'person1@contoso.com' }], renamed: [] };
  expect(await run(world, 2, 'reconcile', '--compare', old, '--with', newer.hash)).toMatchObject(expected);
  const byHash = await run(world, 2, 'reconcile', '--compare', hash.slice(0, 17), '--with', newer.hash.slice(7, 17));
  expect(byHash).toMatchObject(expected);
  expect(await run(world, 0, 'reconcile', '--compare', old, '--with', hash)).toMatchObject({ added: [], gone: [] });
  const unknown = await rollcallHere(world.folder, 'reconcile', '--compare', 'no.jsonl', '--with', hash);
  expect(unknown).toMatchObject({ status: 1, err: expect.stringMatching(/neither a roster file nor the hash/) });
  const csv = await rollcallHere(world.folder, 'reconcile', '--compare', old, '--with', newer.hash, '--output', 'csv');
  expect(csv.out.split('\n').slice(0, 2)).toEqual([
    'finding,account,role,user,row,was',
    'added,person25@contoso.com,Reader,,22,',
  ]);
});

test('a roster from before the newest one is refused, since it cannot tell what has gone', {
  timeout: 60_000,
}, async () => {
  const world = await worldOf(undefined);
  const old = join(world.folder, 'old.jsonl');
  await run(world, 0, 'collect', '--to', old);
  writeFileSync(join(world.folder, 'users.csv'), csvOf([...FIRST, row(25)]));
  await run(world, 0, 'collect');
  const { status, err } = await rollcallHere(world.folder, 'reconcile', '--from', old);
  expect({ status, err }).toMatchObject({ status: 2, err: expect.stringMatching(/guard "older" stops here/) });
});

test('many assignments that are gone from the directory at once stop, until they are known to be refused', {
  timeout: 60_000,
}, async () => {
  const world = await worldOf('reconcile-mishap');
  await run(world, 0, 'run', '--yes');
  for (const n of [3, 4, 5, 6, 7, 8]) {
    for (const { id } of await assignmentsOf(world, n))
      await change(world.tenant, 'DELETE', `/users/${await userId(world, n)}/appRoleAssignments/${id}`);
  }
  const stopped = await rollcallHere(world.folder, 'reconcile');
  expect(stopped).toMatchObject({ status: 2, err: expect.stringMatching(/guard "remove" stops here: 6 assignments/) });
  // Those that were refused are known already, and are no mishap.
  const refused = [3, 4, 5].map((n) => `person${n}@contoso.com,Deny,owner@contoso.com,left`);
  writeFileSync(join(world.folder, 'decisions.csv'), ['user,decision,by,reason', ...refused].join('\n'));
  await run(world, 2, 'removals', 'deny', join(world.folder, 'decisions.csv'));
  expect((await run(world, 2, 'reconcile')).found).toHaveLength(3);
});
