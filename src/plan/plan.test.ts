import { expect, test } from 'vitest';
import type { Application, AppRole, ServicePrincipal } from '../model/directory.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Action, PlanProblem } from '../model/plan.ts';
import type { MatchRule, RoleSettings, Settings } from '../model/settings.ts';
import type { ActualState } from './actual.ts';
import { type PlanInput, planChanges } from './plan.ts';
import { newRole } from './roles.ts';

const COLUMNS = ['EMail', 'Name', 'Role'];
const rule: MatchRule = {
  column: 'EMail',
  attribute: 'userPrincipalName',
  operator: 'equals',
  transforms: [{ kind: 'trim' }],
};
const settingsOf = (more: Partial<Settings> = {}): Settings => ({
  file: 'rollcall.yaml',
  stateFolder: '.rollcall',
  application: { displayName: 'CORPDB1', uniqueName: 'corpdb1', appId: null },
  directory: { kind: 'local', users: null },
  source: { kind: 'csv', path: 'users.csv', encoding: 'auto', delimiter: 'auto' },
  columns: { drop: [], keep: [] },
  accounts: { enabled: null, lastLogin: null, created: null, ends: null, owner: null, type: null },
  complete: { columns: [], rows: null, sum: null, trailer: null },
  match: { rules: [rule], overrides: [], strategy: 'auto', roleColumn: null },
  create: {
    attributes: { displayName: '{Name}', userPrincipalName: '{EMail}', mailNickname: '{Name}' },
  },
  roles: { default: 'General' },
  roleDescriptions: { byName: {}, column: null },
  review: null,
  removals: { channel: null, dueDays: 14, remindDays: 7, escalateDays: 14 },
  evidence: { key: null },
  guards: { maxCreateShare: 1, maxAssignShare: 1, maxRemoveShare: 0.1, maxShrinkShare: 1, maxGrowShare: 1, floor: 0 },
  hash: 'sha256:0',
  ...more,
});

const role = (displayName: string, more: Partial<AppRole> = {}): AppRole => ({
  ...newRole('other', 'CORPDB1', displayName, new Set()),
  ...more,
});
const registered = (...appRoles: AppRole[]): { application: Application; servicePrincipal: ServicePrincipal } => ({
  application: { id: 'a', appId: 'app', displayName: 'CORPDB1', uniqueName: 'corpdb1', appRoles, tags: [] },
  servicePrincipal: {
    id: 'sp',
    appId: 'app',
    displayName: 'CORPDB1',
    appRoles,
    tags: ['WindowsAzureActiveDirectoryIntegratedApp'],
    appRoleAssignmentRequired: true,
  },
});

interface Story {
  /** EMail, name, role; then the outcome. */
  readonly rows: readonly (readonly [readonly string[], Omit<Outcome, 'n' | 'comparisons'>])[];
  readonly settings?: Settings;
  readonly actual?: { readonly application: Application; readonly servicePrincipal: ServicePrincipal };
  /** `user role`, by ids. */
  readonly assigned?: readonly string[];
  readonly taken?: readonly string[];
}

const planOf = async ({ rows, settings = settingsOf(), actual, assigned = [], taken = [] }: Story) => {
  const state: ActualState = {
    application: actual?.application,
    servicePrincipal: actual?.servicePrincipal,
    tenantId: 't',
    verifiedDomains: ['contoso.com'],
    isAssigned: (user, roleId) => assigned.includes(`${user} ${roleId}`),
    assignmentCount: assigned.length,
    assignmentDigest: '',
  };
  const input: PlanInput = {
    settings,
    columns: COLUMNS,
    actual: state,
    taken: async (names) => new Set(names.map((name) => name.toLowerCase()).filter((name) => taken.includes(name))),
    async *rows() {
      for (const [index, [cells, outcome]] of rows.entries()) {
        const n = index + 1;
        const comparisons = [{ rule: 1, test: 'userPrincipalName equals', value: cells[0]!, found: 0 }];
        yield { account: { n, cells }, outcome: { n, comparisons, ...outcome } };
      }
    },
  };
  const actions: Action[] = [];
  const problems: PlanProblem[] = [];
  for await (const record of planChanges(input)) {
    if ('action' in record) actions.push(record.action);
    else problems.push(record.problem);
  }
  return { actions, problems };
};

const matched = (id: string): Omit<Outcome, 'n' | 'comparisons'> => ({
  kind: 'matched',
  by: 1,
  user: { id, userPrincipalName: `${id}@contoso.com`, displayName: id, accountEnabled: true },
});
const orphan = { kind: 'notMatched' } as const;
const kinds = (actions: readonly Action[]) => actions.map(({ kind }) => kind);
const byRole: RoleSettings = { column: 'Role', map: null, default: null };

test('an application that nobody has registered is registered first, then users, then assignments that refer to them', async () => {
  const { actions } = await planOf({
    rows: [
      [['new@contoso.com', 'new', ''], orphan],
      [['ann@contoso.com', 'ann', ''], matched('ann')],
    ],
  });
  expect(kinds(actions)).toEqual([
    'createApplication',
    'createServicePrincipal',
    'addAppRoles',
    'requireAssignment',
    'createUser',
    'assign',
    'assign',
  ]);
  expect(actions.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(actions[5]).toMatchObject({ principal: { createdBy: 5 }, principalName: 'new@contoso.com', row: 1 });
  expect(actions[6]).toMatchObject({ principal: { user: 'ann' }, row: 2 });
});

test('where the directory says what the roster says, there is nothing to do', async () => {
  const general = role('General');
  const { actions, problems } = await planOf({
    rows: [[['ann@contoso.com', 'ann', ''], matched('ann')]],
    actual: registered(general),
    assigned: [`ann ${general.id}`],
  });
  expect([actions, problems]).toEqual([[], []]);
});

test('an assignment is one of user and role: another role of the same user is still to be made, the same again is not', async () => {
  const [general, admin] = [role('General'), role('Admin')];
  const { actions } = await planOf({
    rows: [
      [['ann@contoso.com', 'ann', 'General'], matched('ann')],
      [['ann@contoso.com', 'ann', 'ADMIN'], { ...matched('ann'), sameAs: 1 }],
      [['annie@contoso.com', 'ann', 'admin'], { ...matched('ann'), sharesUserWith: 1 }],
    ],
    settings: settingsOf({ roles: byRole }),
    actual: registered(general, admin),
    assigned: [`ann ${general.id}`],
  });
  expect(actions).toMatchObject([{ kind: 'assign', row: 2, roleId: admin.id, principal: { user: 'ann' } }]);
});

test('roles are added to those that exist, each once; those of accounts without a user are not needed', async () => {
  const { actions } = await planOf({
    rows: [
      [['a@contoso.com', 'a', 'Clerk'], matched('a')],
      [['b@contoso.com', 'b', 'clerk'], matched('b')],
      [['c@contoso.com', 'c', 'General'], matched('c')],
      [['d@contoso.com', 'd', 'Nobody'], { kind: 'ambiguous' }],
      [['e@other.org', 'e', 'Uncreatable'], orphan],
    ],
    settings: settingsOf({ roles: byRole }),
    actual: registered(role('General')),
  });
  expect(actions[0]).toMatchObject({ kind: 'addAppRoles', roles: [{ displayName: 'Clerk' }] });
  expect(kinds(actions)).toEqual(['addAppRoles', 'assign', 'assign', 'assign']);
});

test('a role that was added before keeps being this role when somebody gives it another name', async () => {
  const renamed = { ...newRole('corpdb1', 'CORPDB1', 'General', new Set()), displayName: 'Employee', value: 'emp' };
  const { actions } = await planOf({
    rows: [[['ann@contoso.com', 'ann', ''], matched('ann')]],
    actual: registered(renamed),
  });
  expect(actions).toMatchObject([{ kind: 'assign', roleId: renamed.id, roleName: 'Employee' }]);
});

test('a role that is disabled in the directory stops the plan, and so do more roles than an application can have', async () => {
  const ann = [['ann@contoso.com', 'ann', ''], matched('ann')] as const;
  const disabled = planOf({ rows: [ann], actual: registered(role('General', { isEnabled: false })) });
  await expect(disabled).rejects.toThrow(/role "General" of CORPDB1 is disabled/);
  const many = Array.from(
    { length: 1201 },
    (_, i) => [[`p${i}@contoso.com`, '', `Role ${i}`], matched(`p${i}`)] as const,
  );
  const settings = settingsOf({ roles: byRole });
  await expect(planOf({ rows: many, settings })).rejects.toThrow(
    /the column "Role" names, CORPDB1 would have more than 1200/,
  );
  expect((await planOf({ rows: many.slice(1), settings })).actions).toHaveLength(4 + 1200);
});

test('an account without a role that the configuration knows is a problem, and the others go on', async () => {
  const { actions, problems } = await planOf({
    rows: [
      [['a@contoso.com', 'a', ''], matched('a')],
      [['b@contoso.com', 'b', 'ADM'], matched('b')],
    ],
    settings: settingsOf({ roles: byRole }),
    actual: registered(role('ADM')),
  });
  expect(problems).toEqual([{ row: 1, code: 'noRole', message: expect.stringContaining('"Role" is empty') }]);
  expect(actions).toMatchObject([{ kind: 'assign', row: 2 }]);
});

test('users that cannot be created are problems, each with its reason, and no assignment refers to them', async () => {
  const { actions, problems } = await planOf({
    rows: [
      [['taken@contoso.com', 'taken', ''], orphan],
      [['one@contoso.com', 'one', ''], orphan],
      [['ONE@contoso.com', 'one', ''], orphan],
      [['two@contoso.com', '', ''], orphan],
      [['three@other.org', 'three', ''], orphan],
      [['two@contoso.com', 'x', ''], { ...orphan, sameAs: 4 }],
    ],
    actual: registered(role('General')),
    taken: ['taken@contoso.com'],
  });
  expect(problems.map(({ row, code }) => [row, code])).toEqual([
    [1, 'nameTaken'],
    [3, 'nameTwice'],
    [4, 'missingAttribute'],
    [5, 'unverifiedDomain'],
    [6, 'missingAttribute'],
  ]);
  // It may be there for a replica that matching did not ask.
  expect(problems[0]?.message).toContain('match again, since a new user shows late');
  expect(kinds(actions)).toEqual(['createUser', 'assign']);
  expect(actions[0]).toMatchObject({ row: 2, properties: { accountEnabled: false } });
});

test('a user is given what the rule compares, so that it is found the next time', async () => {
  const number: MatchRule = { ...rule, attribute: 'employeeId' };
  const story = (rules: readonly MatchRule[]): Story => ({
    rows: [[['new@contoso.com', 'new', ''], orphan]],
    settings: settingsOf({ match: { rules, overrides: [], strategy: 'auto', roleColumn: null } }),
    actual: registered(role('General')),
  });
  const { actions } = await planOf(story([{ ...number, column: 'Name' }]));
  expect(actions[0]).toMatchObject({ kind: 'createUser', properties: { employeeId: 'new@contoso.com' } });
  const mails = await planOf(story([{ ...rule, attribute: 'otherMails', operator: 'any' }]));
  expect(mails.actions[0]).toMatchObject({ properties: { otherMails: ['new@contoso.com'] } });
  const never = await planOf(story([{ ...rule, attribute: 'proxyAddresses', operator: 'any' }]));
  expect(never.problems).toMatchObject([{ code: 'notFindable' }]);
});

test('without templates nobody is created, and accounts that nobody or several stand behind are left alone', async () => {
  const { actions, problems } = await planOf({
    rows: [
      [['a@contoso.com', 'a', ''], orphan],
      [['b@contoso.com', 'b', ''], { kind: 'ambiguous' }],
      [['c@contoso.com', 'c', ''], { kind: 'queryFailed' }],
      [['d@contoso.com', 'd', ''], { kind: 'ignored' }],
      [['', 'e', ''], { kind: 'notQueried' }],
      [['a@contoso.com', 'a', ''], { kind: 'duplicate', sameAs: 1 }],
    ],
    settings: settingsOf({ create: null }),
    actual: registered(role('General')),
  });
  expect([actions, problems]).toEqual([[], []]);
});

test('the same input gives the same records', async () => {
  const story: Story = {
    rows: [
      [['new@contoso.com', 'new', 'B'], orphan],
      [['ann@contoso.com', 'ann', 'A'], matched('ann')],
    ],
    settings: settingsOf({ roles: byRole }),
  };
  expect(await planOf(story)).toEqual(await planOf(story));
});
