// A person signs in: what the doctor says of the directory roles, and what a run does with too few of them.
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkColumns } from '../../src/config/columns.ts';
import { loadSettings } from '../../src/config/load.ts';
import { type Check, diagnose } from '../../src/doctor/doctor.ts';
import { connect } from '../../src/graph/connect.ts';
import { systemClock } from '../../src/model/clock.ts';
import { PermissionError } from '../../src/permissions/permission-error.ts';
import { run } from '../../src/pipeline.ts';
import { evidenceFile, lastEvidence, openWork } from '../../src/work.ts';
import { deviceSignIn } from '../conformance/tenant/support.ts';
import { csvSourceOf } from '../support/csv-source.ts';
import { emptyWorld, FINDS_CREATES_ASSIGNS } from './support/world.ts';

const ADMIN = 'admin@contoso.com';

const FILES = {
  'users.csv': 'EMail,Full name,Login\nadmin@contoso.com,Ada Min,admin\nbo@contoso.com,Bo Lind,bo\n',
  'rollcall.yaml': FINDS_CREATES_ASSIGNS,
};

/** What the table asks for, the tenant's own name aside: a user sees that with User.Read. */
const GRANT = [
  'User.Read',
  'User.ReadWrite.All',
  'Application.ReadWrite.All',
  'AppRoleAssignment.ReadWrite.All',
  'AuditLog.Read.All',
];

const signedIn = async (roles: readonly string[], grant: readonly string[] = GRANT) => {
  const { folder, tenant } = await emptyWorld(FILES, undefined, { grant, administrators: { [ADMIN]: roles } });
  const { access_token: token } = await deviceSignIn(tenant, ADMIN, `${tenant.authority}/.default`);
  const credential = {
    getToken: async () => ({ token: String(token), expiresOnTimestamp: systemClock.now() + 3_600_000 }),
  };
  const settings = await loadSettings(join(folder, 'rollcall.yaml'));
  const opened = {
    settings,
    source: csvSourceOf(settings),
    connect: async () => connect({ graph: tenant.graph, credential }),
  };
  const doctor = async (): Promise<ReadonlyMap<string, Check>> => {
    const checks = new Map<string, Check>();
    const { signal } = new AbortController();
    for await (const check of diagnose({
      ...opened,
      evidenceFile: evidenceFile(settings),
      lastEvidence: () => lastEvidence(settings),
      checkColumns: (columns) => checkColumns(settings, columns),
      signal,
    }))
      checks.set(check.name, check);
    return checks;
  };
  const runAll = async () => {
    const work = await openWork({ ...opened, purpose: 'run' });
    onTestFinished(() => work.close());
    return run(work);
  };
  return { doctor, runAll, writes: () => tenant.stats().writes };
};

test('an administrator with the roles that the table names sees own writes, and runs', async () => {
  const { doctor, runAll, writes } = await signedIn([
    'User Administrator',
    'Application Administrator',
    'Reports Reader',
  ]);
  const checks = await doctor();
  expect([...checks.values()].filter(({ status }) => status !== 'ok')).toEqual([]);
  expect(checks.get('sign-in')?.details).toMatchObject({ kind: 'user', name: ADMIN, readsItsWrites: true });
  expect(checks.get('directory roles')?.details).toMatchObject({
    held: ['User Administrator', 'Application Administrator', 'Reports Reader'],
    lacking: [],
  });
  const { applied } = await runAll();
  expect(applied?.done).toMatchObject({ createUser: 1, assign: 2 });
  expect(writes()).toBeGreaterThan(4);
});

test('an administrator who may not create users is told before the first write, with the role to ask for', async () => {
  const { doctor, runAll, writes } = await signedIn(['Application Administrator']);
  const roles = (await doctor()).get('directory roles');
  expect(roles?.status).toBe('failed');
  expect(roles?.remedy).toContain(`Please assign ${ADMIN} the directory role User Administrator, to create users.`);
  const refused = await runAll().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(PermissionError);
  expect((refused as PermissionError).remedy).toContain('User Administrator');
  expect(writes()).toBe(0);
});

test('a role that another right can stand in for is for a person to see', async () => {
  const { doctor } = await signedIn(['User Administrator']);
  const roles = (await doctor()).get('directory roles');
  expect(roles?.status).toBe('warning');
  expect(roles?.found).toContain('none that lets a user register the application and its roles');
});

test('a delegated permission that is not granted is asked for with its own id', async () => {
  const grant = GRANT.filter((name) => name !== 'AppRoleAssignment.ReadWrite.All');
  const { doctor, runAll, writes } = await signedIn(['Global Administrator'], grant);
  const consent = (await doctor()).get('consent');
  expect(consent?.remedy).toContain('these delegated permissions');
  expect(consent?.remedy).toContain('AppRoleAssignment.ReadWrite.All  84bccea3-f856-4a8a-967b-dbe0a3d53a64');
  await expect(runAll()).rejects.toMatchObject({ permissions: ['AppRoleAssignment.ReadWrite.All'] });
  expect(writes()).toBe(0);
});
