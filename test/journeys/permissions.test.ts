// Any permission taken away: doctor names it beforehand, and a run stops before its first write and names it, too.
import { expect, test } from 'vitest';
import type { Check } from '../../src/doctor/doctor.ts';
import { NEEDS } from '../../src/permissions/needs.ts';
import { rollcallHere } from './support/in-process.ts';
import { emptyWorld, FINDS_CREATES_ASSIGNS, type World } from './support/world.ts';

/** A configuration that uses all of the main job: it finds, creates and assigns. */
const FILES = {
  'users.csv': 'EMail,Full name,Login\nana@contoso.com,Ana Ruiz,ana\nbo@contoso.com,Bo Lind,bo\n',
  'rollcall.yaml': FINDS_CREATES_ASSIGNS,
};

/** The table of the main job: what each permission is for, and what does as well. */
const TABLE: readonly { readonly permission: string; readonly coveredBy: readonly string[] }[] = [
  { permission: 'User.Read.All', coveredBy: ['User.ReadWrite.All', 'Directory.Read.All'] },
  { permission: 'User.ReadWrite.All', coveredBy: [] },
  { permission: 'Organization.Read.All', coveredBy: ['Directory.Read.All'] },
  { permission: 'Application.Read.All', coveredBy: ['Application.ReadWrite.All', 'Directory.Read.All'] },
  { permission: 'Application.ReadWrite.All', coveredBy: [] },
  { permission: 'AppRoleAssignment.ReadWrite.All', coveredBy: [] },
  { permission: 'AuditLog.Read.All', coveredBy: ['Directory.Read.All'] },
];
const WHOLE = TABLE.map(({ permission }) => permission);

const worldWith = (grant: readonly string[]): Promise<World> => emptyWorld(FILES, undefined, { grant });

const doctor = async ({ folder }: World) => {
  const { status, out, err } = await rollcallHere(folder, 'doctor', '--output', 'json');
  const { checks } = JSON.parse(out) as { checks: readonly Check[] };
  const consent = checks.find(({ name }) => name === 'consent');
  return { status, missing: (consent?.details?.['missing'] as string[] | undefined) ?? [], err };
};

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';

test('the table is the whole of what a run needs', () => {
  const needed = NEEDS.filter(({ stage }) => stage !== 'licences' && stage !== 'review');
  expect([...new Set(needed.map(({ permission }) => permission))].sort()).toEqual([...WHOLE].sort());
});

for (const { permission, coveredBy } of TABLE) {
  test(`without ${permission}, doctor names it and a run stops before its first write and names it`, async () => {
    const world = await worldWith(WHOLE.filter((one) => one !== permission && !coveredBy.includes(one)));
    const told = await doctor(world);
    expect(told.status).toBe(1);
    expect(told.missing).toContain(permission);
    expect(lastLine(told.err)).toContain(permission);
    const { status, err } = await rollcallHere(world.folder, 'run', '--yes');
    expect({ status, writes: world.tenant.stats().writes }, err).toEqual({ status: 1, writes: 0 });
    expect(lastLine(err)).toContain(permission);
  });

  for (const one of coveredBy) {
    test(`${one} does in place of ${permission}`, async () => {
      const world = await worldWith([one, ...WHOLE.filter((name) => name !== permission)]);
      expect(await doctor(world)).toEqual({ status: 0, missing: [], err: '' });
      const { status, err } = await rollcallHere(world.folder, 'run', '--yes', '--quiet');
      // Two users are created, so a person has to look.
      expect(status, err).toBe(2);
      expect(world.tenant.stats().writes).toBeGreaterThan(4);
    });
  }
}

test('a saved plan is not applied without what its actions need, and needs no more than that', async () => {
  const world = await worldWith(WHOLE);
  await rollcallHere(world.folder, 'run', '--what-if', '--quiet');
  const regrant = (permissions: readonly string[]) =>
    fetch(`${world.tenant.authority}/_tenant/grant`, { method: 'POST', body: JSON.stringify({ permissions }) });
  await regrant(WHOLE.filter((one) => one !== 'AppRoleAssignment.ReadWrite.All'));
  const refused = await rollcallHere(world.folder, 'apply', '--yes');
  expect({ status: refused.status, writes: world.tenant.stats().writes }).toEqual({ status: 1, writes: 0 });
  expect(lastLine(refused.err)).toContain('AppRoleAssignment.ReadWrite.All (06b708a9-e830-4db3-a914-8e69da51d44f)');

  await regrant(WHOLE);
  // Two users are created, so a person has to look.
  expect((await rollcallHere(world.folder, 'apply', '--yes', '--quiet')).status).toBe(2);
  await regrant(['User.Read.All', 'Application.Read.All', 'Organization.Read.All']);
  const again = await rollcallHere(world.folder, 'run', '--yes', '--quiet');
  expect({ status: again.status, err: again.err }).toEqual({ status: 2, err: '' });
});
