import { expect, test } from 'vitest';
import { reviewBy } from '../../test/support/review.ts';
import { CLOUDS } from '../model/clouds.ts';
import type { Session } from '../model/directory.ts';
import { ACTION_KINDS, type PlanCounts } from '../model/plan.ts';
import { isLackingForRun, judgeNeeds, lackingForPlan } from './needs.ts';
import { PermissionError } from './permission-error.ts';
import { askForPermissions } from './words.ts';

const USES = { create: { attributes: {} }, review: null, registers: true };

const USER_ADMINISTRATOR = 'fe930be7-5e62-47db-91af-98c3a49a38b1';
const APPLICATION_ADMINISTRATOR = '9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3';
const GLOBAL_ADMINISTRATOR = '62e90394-69f5-4237-9190-012177145e10';
const ORDINARY_USER = 'b79fbf4d-3ef9-4689-8143-76b194e85509';

const EVERYTHING = [
  'User.ReadWrite.All',
  'Organization.Read.All',
  'Application.ReadWrite.All',
  'AppRoleAssignment.ReadWrite.All',
  'AuditLog.Read.All',
];

const application = (...permissions: readonly string[]): Session => ({
  kind: 'app',
  clientId: 'the-client',
  tenantId: 'the-tenant',
  permissions,
  roleIds: null,
  name: 'service principal 1',
});

const administrator = (roleIds: readonly string[] | null, permissions = EVERYTHING): Session => ({
  kind: 'user',
  clientId: 'the-client',
  tenantId: 'the-tenant',
  permissions,
  roleIds,
  name: 'ana@contoso.com',
});

const counts = (some: Partial<PlanCounts>): PlanCounts =>
  Object.fromEntries(ACTION_KINDS.map((kind) => [kind, some[kind] ?? 0])) as PlanCounts;

const missing = (session: Session, uses: Parameters<typeof judgeNeeds>[1] = USES) => [
  ...new Set(
    judgeNeeds(session, uses)
      .filter(({ heldAs }) => heldAs === null)
      .map(({ permission }) => permission),
  ),
];

test('a permission that includes another does for it', () => {
  expect(missing(application(...EVERYTHING))).toEqual([]);
  expect(missing(application('Directory.ReadWrite.All'))).toEqual(['AppRoleAssignment.ReadWrite.All']);
  expect(missing(application('Directory.Read.All'))).toEqual([
    'Application.ReadWrite.All',
    'User.ReadWrite.All',
    'AppRoleAssignment.ReadWrite.All',
  ]);
});

test('User.Read shows the tenant to a signed-in user alone, and not its licences', () => {
  const uses = { ...USES, review: reviewBy(['ana@contoso.com']) };
  const lacking = (permission: string) =>
    judgeNeeds(administrator([], [permission]), uses)
      .filter((need) => need.permission === 'Organization.Read.All' && need.heldAs === null)
      .map(({ stage }) => stage);
  expect(lacking('User.Read')).toEqual(['licences']);
  expect(lacking('LicenseAssignment.Read.All')).toEqual(['plan']);
  expect(missing(administrator([], ['User.Read']))).not.toContain('Organization.Read.All');
  expect(missing(application('User.Read'))).toContain('Organization.Read.All');
});

test('only what the configuration uses is needed', () => {
  const held = ['User.Read.All', ...EVERYTHING.filter((name) => name !== 'User.ReadWrite.All')];
  expect(missing(application(...held))).toEqual(['User.ReadWrite.All']);
  expect(missing(application(...held), { ...USES, create: null })).toEqual([]);
  const review = reviewBy(['ana@contoso.com']);
  expect(missing(application(...held), { ...USES, create: null, review })).toEqual(['AccessReview.ReadWrite.All']);
});

test('an application that is registered as it should be needs no permission to register it', () => {
  const held = EVERYTHING.filter((name) => name !== 'Application.ReadWrite.All').concat('Application.Read.All');
  expect(missing(application(...held))).toEqual(['Application.ReadWrite.All']);
  expect(missing(application(...held), { ...USES, registers: false })).toEqual([]);
});

test('a plan needs what its own actions take, and one without actions nothing', () => {
  const reader = application('User.Read.All', 'Organization.Read.All', 'Application.Read.All', 'AuditLog.Read.All');
  const lacking = (some: Partial<PlanCounts>) =>
    lackingForPlan(reader, USES, counts(some)).map(({ permission }) => permission);
  expect(lacking({ assign: 3 })).toEqual(['AppRoleAssignment.ReadWrite.All']);
  expect(lacking({ requireAssignment: 1 })).toEqual(['Application.ReadWrite.All']);
  expect(lacking({ createUser: 1 })).toEqual(['User.ReadWrite.All']);
  expect(lackingForPlan(application(), USES, counts({}))).toEqual([]);
});

test('what reviewing alone needs does not keep a run from running', () => {
  const review = reviewBy(['ana@contoso.com']);
  const session = application(...EVERYTHING);
  expect(missing(session, { ...USES, review })).toEqual(['AccessReview.ReadWrite.All']);
  expect(lackingForPlan(session, { ...USES, review }, counts({ assign: 1 }))).toEqual([]);
});

test("a signed-in administrator's roles count besides the permissions", () => {
  const lackingRole = (roleIds: readonly string[] | null) =>
    judgeNeeds(administrator(roleIds), USES)
      .filter(({ byRole }) => byRole === 'lacking')
      .map(({ to }) => to);
  expect(lackingRole([USER_ADMINISTRATOR])).toEqual([
    'register the application and its roles',
    'find in the audit log why something is missing',
  ]);
  expect(lackingRole([APPLICATION_ADMINISTRATOR])).toContain('create users');
  expect(lackingRole([GLOBAL_ADMINISTRATOR])).toEqual([]);
  expect(lackingRole([ORDINARY_USER])).toHaveLength(4);
  expect(lackingRole(null)).toEqual([]);
  expect(lackingRole(['11111111-2222-4333-8444-555555555555'])).toEqual([]);
});

test('only where nothing but a role will do does its lack stop a run', () => {
  const stopping = judgeNeeds(administrator([ORDINARY_USER]), USES).filter(isLackingForRun);
  expect(stopping.map(({ to }) => to)).toEqual(['create users']);
  const lacking = lackingForPlan(administrator([ORDINARY_USER]), USES, counts({ createUser: 1 }));
  const error = new PermissionError(lacking, administrator([ORDINARY_USER]));
  expect(error.permissions).toEqual([]);
  expect(error.remedy).toContain('assign ana@contoso.com the directory role User Administrator');
});

test('the words name each permission once, by its name and id, and the place to grant it', () => {
  const place = { authority: 'https://login.microsoftonline.us', cloud: CLOUDS.usgov };
  const words = (session: Session, isManagedIdentity = false) =>
    askForPermissions(
      judgeNeeds(session, USES).filter(({ heldAs }) => heldAs === null),
      session,
      { ...place, isManagedIdentity },
    ).join('\n');

  const app = words(application('Directory.Read.All', 'User.ReadWrite.All', 'Application.ReadWrite.All'));
  expect(app).toContain('AppRoleAssignment.ReadWrite.All  06b708a9-e830-4db3-a914-8e69da51d44f  to assign users');
  expect(app).toContain('application permissions');
  expect(app).toContain('https://portal.azure.us');
  expect(app).toContain('az cloud set --name AzureUSGovernment');
  expect(app).toContain('https://login.microsoftonline.us/the-tenant/adminconsent?client_id=the-client');
  expect(app).toContain('--api-permissions 06b708a9-e830-4db3-a914-8e69da51d44f=Role');

  const user = words(administrator([], ['User.ReadWrite.All', 'Directory.Read.All', 'Application.ReadWrite.All']));
  expect(user).toContain('AppRoleAssignment.ReadWrite.All  84bccea3-f856-4a8a-967b-dbe0a3d53a64');
  expect(user).toContain('84bccea3-f856-4a8a-967b-dbe0a3d53a64=Scope');

  const none = words(application());
  expect(none.match(/ {2}Application\.Read\.All/g)).toHaveLength(1);

  const identity = words(application(), true);
  expect(identity).not.toContain('adminconsent');
  expect(identity).toContain('Connect-MgGraph -Environment USGov -TenantId the-tenant');
  expect(identity).toContain('-AppRoleId 06b708a9-e830-4db3-a914-8e69da51d44f');
});

test("a sign-in with an application of Microsoft's own is told to take one that can be granted more", () => {
  const session = { ...administrator([], []), clientId: '04b07795-8ddb-461a-bbee-02f9e1bf7b46' };
  const place = { authority: null, cloud: CLOUDS.global, isManagedIdentity: false };
  const words = askForPermissions([{ permission: 'User.Read.All', to: 'find users' }], session, place).join('\n');
  expect(words).toContain('uses the application of the Azure CLI');
  expect(words).toContain('User.Read.All  a154be20-db9c-4678-8ab7-66f6cc099a59');
  expect(words).not.toContain('--id 04b07795');
});
