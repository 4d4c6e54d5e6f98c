// What reviewers are told: two reviews of one application, with a new list of its users in between.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { emptyWorld, readAll, type World } from './support/world.ts';

const DAY_MS = 86_400_000;
const day = (fromNow: number): string => new Date(Date.now() + fromNow * DAY_MS).toISOString().slice(0, 10);

const configuration = (review: string) => `
application: CORPDB1
directory: local
source: { csv: { path: users.csv } }
match: [{ column: EMail, attribute: userPrincipalName }]
roles:
  column: Role
  map: { ADM: Administrator, USR: General }
  descriptions: { Administrator: Sees and changes everything. }
accounts: { lastLogin: Login, enabled: State, type: Kind }
guards: { floor: 100 }
review: ${review}
`;
const BY_OWNER = '{ reviewers: [{ user: owner@contoso.com }], durationInDays: 14 }';
const BY_MANAGERS = `{ reviewers: [{ manager: true }], fallback: [{ user: owner@contoso.com }], durationInDays: 14, startsOn: ${day(16)} }`;

/** Name, role, last login in days ago, state and kind of each account. */
type Row = readonly [name: string, role: string, login: number | null, state?: string, kind?: string];
const users = (rows: readonly Row[]) =>
  [
    'EMail,Role,Login,State,Kind',
    ...rows.map(
      ([name, role, login, state = 'active', kind = 'person']) =>
        `${name}@contoso.com,${role},${login === null ? '' : day(-login)},${state},${kind}`,
    ),
  ].join('\n');

const FIRST: readonly Row[] = [
  ['ana', 'USR', 2],
  ['bo', 'ADM', 400],
  ['cy', 'USR', null],
  ['dee', 'USR', 3],
  ['fay', 'USR', null],
];
/** Ana has become an administrator, Eve has come, Fay has gone; Cy, who was refused, is still there. */
const SECOND: readonly Row[] = [
  ['ana', 'USR', 1],
  ['ana', 'ADM', 1],
  ['bo', 'ADM', 430],
  ['cy', 'USR', null, 'locked'],
  ['dee', 'USR', 3],
  ['eve', 'USR', null, 'active', 'shared'],
];

const SALES = Array.from({ length: 11 }, (_, n) => `sales${n}`);
const person = (name: string, more: object = {}) => ({
  userPrincipalName: `${name}@contoso.com`,
  displayName: name,
  mailNickname: name,
  mail: `${name}@contoso.com`,
  accountEnabled: true,
  ...more,
});
const DIRECTORY = [
  person('ana', { department: 'Finance' }),
  person('bo', { department: 'Sales' }),
  person('cy', { department: 'Sales' }),
  person('dee', { department: 'Finance', accountEnabled: false }),
  person('eve', { department: 'Finance' }),
  person('fay'),
  person('mia', { department: 'Finance' }),
  person('max', { department: 'Sales' }),
  person('owner'),
  ...SALES.map((name) => person(name, { department: 'Sales' })),
];

const control = async ({ tenant }: World, what: string, body: object) => {
  const answer = await fetch(`${tenant.authority}/_tenant/${what}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.ok, `${what}: ${answer.status}`).toBe(true);
};
const pass = (world: World, days: number) => control(world, 'clock', { advance: `P${days}D` });

interface Definition {
  readonly descriptionForAdmins: string;
  readonly descriptionForReviewers: string;
}
const definitions = (world: World) =>
  readAll(world.tenant, '/identityGovernance/accessReviews/definitions') as Promise<readonly unknown[]> as Promise<
    readonly Definition[]
  >;

/** The first review, decided and ended; then a new list of users, and the second review, begun. */
const reviewedTwice = async (): Promise<World> => {
  const world = await emptyWorld({ 'rollcall.yaml': configuration(BY_OWNER), 'users.csv': users(FIRST) }, 'companion');
  const put = (file: string, text: string) => writeFileSync(join(world.folder, file), text);
  await control(world, 'users', { users: DIRECTORY });
  await world.json(2, 'run', '--yes');
  await world.json(0, 'review', 'start', '--yes');
  await pass(world, 1);
  put(
    'script.csv',
    [
      'reviewer,user,decision,justification',
      'owner@contoso.com,ana@contoso.com,Approve,needs it daily',
      'owner@contoso.com,bo@contoso.com,Approve,"=HYPERLINK(""x"")"',
      'owner@contoso.com,cy@contoso.com,Deny,left the team',
    ].join('\n'),
  );
  const played = await world.start('tenant', 'decide', '--script', 'script.csv', '--output', 'json').ended;
  expect(played.err).toBe('');
  await pass(world, 15);
  await world.json(2, 'review', 'results');
  put('users.csv', users(SECOND));
  put('rollcall.yaml', configuration(BY_MANAGERS));
  await world.json(2, 'run', '--yes');
  await world.json(0, 'review', 'start', '--yes', '--allow', 'reviewers');
  return world;
};

test('a review says what roles mean, how many hold them, and what changed since the one before', async () => {
  const world = await reviewedTwice();
  const [first, second] = (await definitions(world)).map(({ descriptionForReviewers }) => descriptionForReviewers);
  expect(first).toMatch(/^5 people have access, of 5 accounts that were collected on \S+\.\nAdministrator/);
  expect(second).toContain('Administrator (2 people): Sees and changes everything.\nGeneral (4 people)');
  expect(second).toContain('1 account came, 1 account went, 1 role was gained.');
});
