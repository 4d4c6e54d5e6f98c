// A plan is carried out only while everything that it rests on is as it was when somebody read it.
import { appendFileSync, copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { apply, connect, credentialFor, loadSettings, openWork, run } from '../../src/index.ts';
import { csvSourceOf } from '../support/csv-source.ts';
import { change, emptyWorld, readAll, type World } from './support/world.ts';

const CONFIGURATION = `application: CORPDB1
directory: local
source: { csv: { path: users.csv } }
match: [{ column: EMail, attribute: userPrincipalName }]
create: { displayName: "{Name}", userPrincipalName: "{EMail}", mailNickname: "{Login}" }
guards: { maxCreateShare: 1 }
roles: { default: General }
`;
const USERS = `Login,EMail,Name
ana,ana@contoso.com,Ana Ruiz
bo,bo@contoso.com,Bo Li
cem,cem@contoso.com,Cem Ünal
new,new@contoso.com,New Person
`;
const person = (name: string) => ({
  accountEnabled: true,
  displayName: name,
  mailNickname: name,
  userPrincipalName: `${name}@contoso.com`,
  passwordProfile: { password: 'Correct-Horse-7-Battery', forceChangePasswordNextSignIn: true },
});

let world: World;
beforeEach(async () => {
  world = await emptyWorld({ 'rollcall.yaml': CONFIGURATION, 'users.csv': USERS }, 'stale-plan');
  for (const name of ['ana', 'bo', 'cem']) await change(world.tenant, 'POST', '/users', person(name));
  for (const command of ['collect', 'match']) await world.rollcall(command);
  expect(await world.rollcall('plan', '--to', 'plan.jsonl')).toMatchObject({ status: 2 });
});

const applied = () => world.rollcall('apply', '--plan', 'plan.jsonl', '--yes');

/** Applies, expects a refusal that says `difference`, and that nothing was written since. */
const refused = async (difference: RegExp) => {
  const before = await world.writes();
  const { status, err } = await applied();
  expect(err).toMatch(difference);
  expect(err.trimEnd().split('\n').at(-1)).toMatch(/rollcall plan/);
  expect(status).toBe(2);
  expect(await world.writes()).toBe(before);
};

test('an unchanged plan is carried out, and carried out again changes nothing', async () => {
  // Somebody has to find out whose the new user is.
  expect(await applied()).toMatchObject({ status: 2, out: expect.stringContaining('1  user was created') });
  const before = await world.writes();
  expect(await applied()).toMatchObject({
    status: 2,
    out: expect.stringContaining('1  account belongs to a user who'),
  });
  expect(await world.writes()).toBe(before);
  const [principal] = await readAll(world.tenant, '/servicePrincipals');
  expect(await readAll(world.tenant, `/servicePrincipals/${principal!['id']}/appRoleAssignedTo`)).toHaveLength(4);
});

test('every single changed byte of a plan is found, and the line is named', async () => {
  const file = join(world.folder, 'plan.jsonl');
  const whole = readFileSync(file);
  const before = await world.writes();
  for (let i = 0; i < 12; i += 1) {
    const at = Math.floor(((i + 0.5) / 12) * whole.length);
    const changed = Buffer.from(whole);
    changed[at] = changed[at] === 0x41 ? 0x42 : 0x41;
    writeFileSync(file, changed);
    const line = whole.subarray(0, at).filter((byte) => byte === 10).length + 1;
    const { status, err } = await applied();
    expect({ at, status }).toEqual({ at, status: 2 });
    expect(err).toContain(`line ${line}`);
  }
  expect(await world.writes()).toBe(before);
});

test('a plan that was cut off or added to is refused', async () => {
  const file = join(world.folder, 'plan.jsonl');
  copyFileSync(file, `${file}.whole`);
  writeFileSync(file, readFileSync(file, 'utf8').split('\n').slice(0, -2).join('\n'));
  await refused(/is missing: the plan has no end/);
  copyFileSync(`${file}.whole`, file);
  appendFileSync(file, '{"action":{"n":99,"kind":"requireAssignment"}}\n');
  await refused(/stands behind the end/);
});

test('a file that is no plan is told from one that was altered', async () => {
  const { status, err } = await world.rollcall('apply', '--plan', 'users.csv', '--yes');
  expect(status).toBe(1);
  expect(err).toMatch(/users\.csv is no plan\./);
});

test('a new roster refuses the plan', async () => {
  appendFileSync(join(world.folder, 'users.csv'), 'dan,dan@contoso.com,Dan Otieno\n');
  await world.rollcall('collect');
  await refused(/made from the roster/);
});

test('a changed configuration refuses the plan', async () => {
  writeFileSync(join(world.folder, 'rollcall.yaml'), CONFIGURATION.replace('General', 'Member'));
  await refused(/configuration was/);
});

test('a matched user who is gone refuses the plan, and the plan is told apart from planning again', async () => {
  const [ana] = await readAll(world.tenant, "/users?$filter=userPrincipalName eq 'ana@contoso.com'");
  await change(world.tenant, 'DELETE', `/users/${ana!['id']}`);
  await refused(/planning again wants what the plan lacks: create the user ana@contoso.com/);
});

test('a user who was disabled since refuses the plan', async () => {
  const [bo] = await readAll(world.tenant, "/users?$filter=userPrincipalName eq 'bo@contoso.com'");
  await change(world.tenant, 'PATCH', `/users/${bo!['id']}`, { accountEnabled: false });
  await refused(/who of them can sign in, has changed/);
});

test('a user who was created by somebody else since refuses the plan', async () => {
  await change(world.tenant, 'POST', '/users', person('new'));
  await refused(/no longer needed, or no longer possible: create the user new@contoso.com/);
});

test('an application registered by somebody else under the same name refuses the plan and is listed', async () => {
  const other = (await change(world.tenant, 'POST', '/applications', { displayName: 'CORPDB1' })) as { appId: string };
  const before = await world.writes();
  const { status, err } = await applied();
  expect(err).toContain(other.appId);
  expect(status).toBe(1);
  expect(await world.writes()).toBe(before);
});

test('an assignment made by somebody else since refuses a plan that was not begun', async () => {
  await applied();
  await change(world.tenant, 'POST', '/users', person('eve'));
  appendFileSync(join(world.folder, 'users.csv'), 'dan,dan@contoso.com,Dan Otieno\n');
  for (const command of ['collect', 'match']) await world.rollcall(command);
  await world.rollcall('plan', '--to', 'plan.jsonl');
  const [principal] = await readAll(world.tenant, '/servicePrincipals');
  const [eve] = await readAll(world.tenant, "/users?$filter=userPrincipalName eq 'eve@contoso.com'");
  const roles = principal!['appRoles'] as { id: string }[];
  await change(world.tenant, 'POST', `/servicePrincipals/${principal!['id']}/appRoleAssignedTo`, {
    principalId: eve!['id'],
    resourceId: principal!['id'],
    appRoleId: roles[0]!.id,
  });
  await refused(/assignments of the application have changed: 4 then, 5 now/);
});

test('a plan that is changed while the question is open is refused, by apply and by run', async () => {
  const { graph, authority, tenantId, clientId, clientSecret } = world.tenant;
  const signIn = { kind: 'clientSecret', clientId, secret: { env: 'UNUSED' } } as const;
  const credential = await credentialFor(
    { kind: 'tenant', tenant: tenantId, graph, authority, signIn, caFile: null },
    { readSecret: async () => clientSecret, onMessage: () => undefined },
  );
  const settings = await loadSettings(join(world.folder, 'rollcall.yaml'));
  const source = csvSourceOf(settings);
  const work = await openWork({
    settings,
    source,
    connect: async () => connect({ graph, credential }),
    purpose: 'test',
  });
  onTestFinished(() => work.close());
  const before = await world.writes();
  const harm = (file: string) => {
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('new@contoso.com', 'own@contoso.com'));
    return true;
  };
  const file = join(world.folder, 'plan.jsonl');
  await expect(apply(work, file, async () => harm(file))).rejects.toThrow(/line 6 has been altered/);
  await expect(run(work, { confirm: async ({ plan }) => harm(plan.file) })).rejects.toThrow(/has been altered/);
  expect(await world.writes()).toBe(before);
});

test('a tag or a switch that somebody takes away is found by verify, and planned again', async () => {
  await applied();
  const [principal] = await readAll(world.tenant, '/servicePrincipals');
  const [application] = await readAll(world.tenant, '/applications');
  await change(world.tenant, 'PATCH', `/applications/${application!['id']}`, { tags: [] });
  await change(world.tenant, 'PATCH', `/servicePrincipals/${principal!['id']}`, {
    tags: [],
    appRoleAssignmentRequired: false,
  });
  const { status, out } = await world.rollcall('verify');
  expect({ status, out }).toEqual({
    status: 2,
    out: expect.stringMatching(/lacks the tag.*does not require assignment/s),
  });
  expect(await world.json(2, 'plan')).toMatchObject({ counts: { addTags: 1, requireAssignment: 1, assign: 0 } });
  await world.rollcall('apply', '--yes');
  expect(await world.rollcall('verify')).toMatchObject({ status: 0 });
});

test('what a killed process left half written is cleared away, and nothing of another application', async () => {
  const folder = join(world.folder, '.rollcall', 'plans');
  const kept = readdirSync(folder);
  const ours = ['rollcall-corpdb1-77.check', 'rollcall-corpdb1-77.check.0123abcd.part'];
  const begun = 'rollcall-corpdb1-20260101T000000Z.plan.jsonl.0123abcd.part';
  const others = [
    'rollcall-corpdb1-2-77.check',
    'rollcall-corpdb1-2-20260101T000000Z.plan.jsonl.0123abcd.part',
    'notes.txt',
  ];
  for (const name of [...ours, begun, ...others]) writeFileSync(join(folder, name), '');
  await world.rollcall('plan', '--to', 'plan.jsonl');
  const left = readdirSync(folder);
  expect(left).toEqual(expect.arrayContaining([...kept, ...others]));
  expect(left.filter((name) => [...ours, begun].includes(name))).toEqual([]);
  if (process.platform !== 'win32') {
    for (const name of left.filter((one) => one.endsWith('.plan.jsonl')))
      expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
    expect(statSync(join(world.folder, '.rollcall')).mode & 0o077).toBe(0);
  }
});
