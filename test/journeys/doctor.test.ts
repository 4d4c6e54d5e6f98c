// The doctor's round: what it finds in a directory, what it says of it, and what it ends with.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Check } from '../../src/doctor/doctor.ts';
import type { TenantOptions } from '../../src/tenant/server.ts';
import { rollcallHere, rollcallWatched } from './support/in-process.ts';
import { emptyWorld, startCommand, temporaryFolder, type World } from './support/world.ts';

const configuration = (...more: readonly string[]): string =>
  [
    'application: CORPDB1',
    'directory: local',
    'source: { csv: { path: users.csv } }',
    'match: [{ column: EMail, attribute: userPrincipalName }]',
    ...more,
  ].join('\n');

const USERS = 'EMail,Full name,Login\nana@contoso.com,Ana Ruiz,ana\nbo@old.example,Bo Lind,bo\n';

const PEOPLE = [
  { userPrincipalName: 'ana@contoso.com', displayName: 'Ana', mail: 'ana@contoso.com', accountEnabled: true },
  { userPrincipalName: 'gone@contoso.com', displayName: 'Gone', mail: 'gone@contoso.com', accountEnabled: false },
  { userPrincipalName: 'unheard@contoso.com', displayName: 'Unheard', accountEnabled: true },
];

const worldOf = async (yaml: string, name?: string, options: TenantOptions = {}): Promise<World> => {
  const world = await emptyWorld({ 'users.csv': USERS, 'rollcall.yaml': yaml }, name, options);
  await control(world, 'users', { users: PEOPLE });
  return world;
};

const control = ({ tenant }: World, what: string, body: unknown) =>
  fetch(`${tenant.authority}/_tenant/${what}`, { method: 'POST', body: JSON.stringify(body) });

const doctor = async ({ folder }: World) => {
  const { status, out } = await rollcallHere(folder, 'doctor', '--output', 'json');
  const { checks } = JSON.parse(out) as { checks: readonly Check[] };
  return { status, checks: new Map(checks.map((check) => [check.name, check])) };
};

test('a configuration with all that it needs is told to be well', async () => {
  const world = await worldOf(
    configuration('review: { reviewers: [{ user: ana@contoso.com }], durationInDays: 14 }'),
    'doctor',
  );
  const { status, checks } = await doctor(world);
  expect([...checks.values()].filter((check) => check.status !== 'ok')).toEqual([]);
  expect(status).toBe(0);
  expect([...checks.keys()]).toEqual([
    'configuration',
    'source',
    'evidence',
    'cloud',
    'sign-in',
    'clock',
    'permissions to match',
    'permissions to plan',
    'permissions to apply',
    'permissions to verify',
    'permissions to explain what is missing',
    'permissions to read licences',
    'permissions to review',
    'size',
    'domains',
    'quota',
    'licences',
    'seats',
    'reviewers',
    'application',
  ]);
  expect(checks.get('seats')?.details).toMatchObject({ needed: 3, reviewed: 2, reviewers: 1 });
  expect(await world.writes()).toBe(0);
});

test('reviewers who are not there, cannot sign in or have no mail are named', async () => {
  const names = ['ana@contoso.com', 'GONE@contoso.com', 'unheard@contoso.com', 'nobody@contoso.com'];
  const reviewers = names.map((user) => `{ user: ${user} }`).join(', ');
  const world = await worldOf(configuration(`review: { reviewers: [${reviewers}], durationInDays: 14 }`));
  const { status, checks } = await doctor(world);
  expect(status).toBe(2);
  expect(checks.get('reviewers')).toMatchObject({
    status: 'warning',
    found:
      'GONE@contoso.com cannot sign in; unheard@contoso.com has no mail; nobody@contoso.com is not in the directory',
  });
});

test('domains that new users would need are held against those of the tenant', async () => {
  const create = 'create: { displayName: "{Full name}", userPrincipalName: "{EMail}", mailNickname: "{Login}" }';
  const { status, checks } = await doctor(await worldOf(configuration(create)));
  expect(status).toBe(2);
  expect(checks.get('domains')?.details).toMatchObject({ others: { 'old.example': 1 } });
});

test('a clock that is off is told before it does harm', async () => {
  const world = await worldOf(configuration());
  await control(world, 'clock', { advance: 'PT2M' });
  expect((await doctor(world)).checks.get('clock')?.status).toBe('warning');
  await control(world, 'clock', { advance: 'PT4M' });
  const { status, checks } = await doctor(world);
  expect(checks.get('clock')?.status).toBe('failed');
  expect(status).toBe(1);
});

test('what only a review would need is for a person to see, and keeps no run from running', async () => {
  const grant = [
    'User.Read.All',
    'Organization.Read.All',
    'Application.ReadWrite.All',
    'AppRoleAssignment.ReadWrite.All',
    'AuditLog.Read.All',
  ];
  const review = 'review: { reviewers: [{ user: ana@contoso.com }], durationInDays: 14 }';
  const world = await worldOf(configuration(review), undefined, { grant });
  const { status, checks } = await doctor(world);
  expect(status).toBe(2);
  expect(checks.get('permissions to review')?.status).toBe('warning');
  expect(checks.get('consent')?.remedy).toContain('AccessReview.ReadWrite.All  ef5f7d5c-338f-44b0-86c3-351f46c8bb5f');
  const { status: ended } = await rollcallHere(world.folder, 'run', '--yes', '--quiet');
  expect(ended).toBe(2);
});

test('once the application is registered, the permission to register it is no longer needed', async () => {
  const world = await worldOf(configuration('roles: { default: General }'));
  expect((await doctor(world)).checks.get('application')?.found).toBe('"CORPDB1" will be registered');
  expect((await rollcallHere(world.folder, 'run', '--yes', '--quiet')).status).toBe(2);
  await control(world, 'grant', {
    permissions: [
      'User.Read.All',
      'Organization.Read.All',
      'Application.Read.All',
      'AppRoleAssignment.ReadWrite.All',
      'AuditLog.Read.All',
    ],
  });
  const { status, checks } = await doctor(world);
  expect(checks.get('application')?.details).toMatchObject({ changes: [] });
  expect({ status, consent: checks.get('consent') }).toEqual({ status: 0, consent: undefined });
  await control(world, 'users', { users: [{ userPrincipalName: 'bo@old.example', displayName: 'Bo' }] });
  const before = await world.writes();
  await rollcallHere(world.folder, 'run', '--yes', '--quiet');
  expect((await world.writes()) - before).toBe(1);

  const other = configuration('roles: { default: Reader }');
  writeFileSync(join(world.folder, 'rollcall.yaml'), other);
  expect((await doctor(world)).checks.get('consent')?.details).toMatchObject({
    missing: ['Application.ReadWrite.All'],
  });
});

test('the words to ask with name the tenant, the application, the permissions with their ids, and the place', async () => {
  const world = await worldOf(configuration(), undefined, { grant: ['User.Read.All', 'Directory.Read.All'] });
  const { tenantId, clientId, authority } = world.tenant;
  const text = (await rollcallHere(world.folder, 'doctor')).out;
  for (const words of [
    `of the tenant ${tenantId}:`,
    `Please grant the application ${clientId} these application permissions of Microsoft Graph, with admin consent:`,
    'Application.ReadWrite.All  1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9',
    'AppRoleAssignment.ReadWrite.All  06b708a9-e830-4db3-a914-8e69da51d44f',
    `${authority}/${tenantId}/adminconsent?client_id=${clientId}`,
    `az ad app permission admin-consent --id ${clientId}`,
  ])
    expect(text).toContain(words);
});

test('the doctor may come first, before the embedded directory has ever been started', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'users.csv'), USERS);
  writeFileSync(join(folder, 'rollcall.yaml'), configuration());
  const { status, out } = await startCommand(folder, ['doctor']).ended;
  // A person should look: an embedded directory without users matches nobody.
  expect({ status, failed: out.includes('FAILED') }, out).toEqual({ status: 2, failed: false });
});

test('accounts are counted while they are read, in a terminal alone', async () => {
  const { folder } = await worldOf(configuration());
  for (const command of ['doctor', 'collect']) {
    const watched = await rollcallWatched(folder, command, '--output', 'json');
    expect(watched.err).toMatch(/\r\u001b\[2KCollecting accounts {2}\d/);
    expect(JSON.parse(watched.out)).toBeTypeOf('object');
    expect((await rollcallWatched(folder, command, '--quiet')).err).not.toContain('Collecting');
    expect((await rollcallHere(folder, command)).err).not.toContain('Collecting');
  }
});
