// What reviewers are told: two reviews of one application, with a new list of its users in between.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { verifyChain } from '../../src/evidence/verify.ts';
import { companionHtml } from '../../src/report/companion-html.ts';
import { companionRows } from '../../src/report/companion-row.ts';
import { writeText } from '../../src/report/report.ts';
import { accountOf, contextOf, reviewedPerson } from '../support/reviewed-person.ts';
import { violations } from './support/axe.ts';
import { CHROMIUM, openBrowser } from './support/chromium.ts';
import { rollcallHere } from './support/in-process.ts';
import { type Json, reviewWorld, signedInAs } from './support/reviewing.ts';
import { change, emptyWorld, readAll, temporaryFolder, type World } from './support/world.ts';

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
  descriptionColumn: Meaning
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
    'EMail,Role,Login,State,Kind,Meaning',
    ...rows.map(
      ([name, role, login, state = 'active', kind = 'person']) =>
        `${name}@contoso.com,${role},${login === null ? '' : day(-login)},${state},${kind},${role === 'USR' ? 'Reads reports.' : ''}`,
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
/** Runs `rollcall …` in this process and answers what it printed, after checking the exit status. */
const json = async ({ folder }: World, expectedStatus: number, ...args: readonly string[]): Promise<Json> => {
  const { status, out, err } = await rollcallHere(folder, ...args, '--output', 'json');
  expect(status, err).toBe(expectedStatus);
  return JSON.parse(out) as Json;
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

const idOf = async ({ tenant }: World, name: string): Promise<string> =>
  ((await change(tenant, 'GET', `/users/${name}@contoso.com?$select=id`)) as { id: string }).id;

const giveManagers = async (world: World) => {
  for (const [manager, names] of Object.entries({ mia: ['ana', 'dee', 'eve'], max: ['bo', 'cy'] })) {
    const body = { '@odata.id': `${world.tenant.graph}/users/${await idOf(world, manager)}` };
    for (const name of names) await change(world.tenant, 'PUT', `/users/${await idOf(world, name)}/manager/$ref`, body);
  }
};

/** The first review, decided and ended; then a new list of users, and the second review, begun. */
const reviewedTwice = async (): Promise<World> => {
  const world = await emptyWorld({ 'rollcall.yaml': configuration(BY_OWNER), 'users.csv': users(FIRST) }, 'companion');
  const put = (file: string, text: string) => writeFileSync(join(world.folder, file), text);
  await control(world, 'users', { users: DIRECTORY });
  await giveManagers(world);
  await json(world, 2, 'run', '--yes');
  await json(world, 0, 'review', 'start', '--yes');
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
  await json(world, 2, 'review', 'results');
  put('users.csv', users(SECOND));
  put('rollcall.yaml', configuration(BY_MANAGERS));
  await json(world, 2, 'run', '--yes');
  await json(world, 0, 'review', 'start', '--yes', '--allow', 'reviewers');
  return world;
};

/** What the companion says of each person, by name. */
const told = (file: string): Readonly<Record<string, Readonly<Record<string, string>>>> => {
  const rows = parse(readFileSync(file, 'utf8'), { bom: true, columns: true }) as Record<string, string>[];
  return Object.fromEntries(rows.map((row) => [row['name'], row]));
};

test('the second review tells what changed, and its companion what is known of each person, with reasons', async () => {
  const world = await reviewedTwice();
  const started = await definitions(world);
  const [first, second] = started.map(({ descriptionForReviewers }) => descriptionForReviewers);
  expect(started[1]!.descriptionForAdmins).toMatch(
    /It rests on the roster of \S+ \(sha256:[0-9a-f]{64}\)\. Since the last/,
  );
  expect(first).toMatch(/^5 people have access, of 5 accounts that were collected on \S+\.\nAdministrator/);
  expect(second).toContain(
    'Administrator (2 people): Sees and changes everything.\nGeneral (4 people): Reads reports.',
  );
  expect(second).toContain('1 account came, 1 account went, 1 role was gained.');

  await pass(world, 1);
  const written = (await json(world, 0, 'review', 'companion', '--to', join(world.folder, 'hand-out'))) as unknown as {
    people: number;
    last: object;
    advice: object;
    files: { path: string; reviewer: string | null; people: number; hash: string }[];
  };
  expect(written).toMatchObject({
    people: 6,
    last: { changes: '1 account came, 1 account went, 1 role was gained' },
    advice: { refuse: 4, look: 2, none: 0, keep: 0 },
  });
  expect(written.files.map(({ path, reviewer, people }) => [path.split(/[\\/]/).at(-1), reviewer, people])).toEqual([
    ['companion.html', null, 6],
    ['companion.csv', null, 6],
    ['companion-without-manager.html', 'whoever stands in for a manager', 1],
    ['companion-without-manager.csv', 'whoever stands in for a manager', 1],
    ['companion-max@contoso.com.html', 'max@contoso.com', 2],
    ['companion-max@contoso.com.csv', 'max@contoso.com', 2],
    ['companion-mia@contoso.com.html', 'mia@contoso.com', 3],
    ['companion-mia@contoso.com.csv', 'mia@contoso.com', 3],
  ]);

  const { ana, bo, cy, dee, eve, fay } = told(join(world.folder, 'hand-out', 'companion.csv'));
  expect(ana).toMatchObject({
    person: 'ana@contoso.com',
    decision: '',
    roles: 'Administrator\nGeneral',
    lastLogin: day(-1),
    enabledInApplication: 'yes',
    accountType: 'person',
    sinceLastReview: 'Administrator gained',
    peers: '1 of 4 in Finance has Administrator\n3 of 4 in Finance have General',
    advice: 'Worth a look',
  });
  expect(ana!['lastDecisions']).toMatch(/^Approved by owner@contoso\.com on \S+: needs it daily \("CORPDB1 /);
  expect(bo!['reasons']).toContain(`No login in the application for 430 days (${day(-430)}).`);
  expect(bo!['reasons']).toContain('The only one of 14 in Sales with Administrator.');
  expect(bo!['lastDecisions']).toMatch(/: '?=HYPERLINK/);
  expect(cy!['reasons']).toMatch(
    /^Refused on \S+ by owner@contoso\.com \("left the team"\); it is still in the application\.\n/,
  );
  expect(cy).toMatchObject({ lastLogin: 'not known', enabledInApplication: 'no', advice: 'Speaks for refusing' });
  expect(dee!['reasons']).toMatch(
    /^Disabled in the directory: .*\nLast login in the application 3 days before the list/,
  );
  expect(dee!['lastDecisions']).toMatch(/^Not decided on /);
  expect(eve).toMatchObject({
    sinceLastReview: 'new',
    lastDecisions: '',
    accountType: 'shared',
    advice: 'Worth a look',
  });
  expect(fay!['reasons']).toMatch(/^The application's list of \S+ has no account of this person\.$/);
  expect(Object.keys(told(join(world.folder, 'hand-out', 'companion-mia@contoso.com.csv'))).sort()).toEqual([
    'ana',
    'dee',
    'eve',
  ]);

  // The same facts make the same files, and the evidence tells which they were.
  const again = (await json(
    world,
    0,
    'review',
    'companion',
    '--to',
    join(world.folder, 'again'),
  )) as unknown as typeof written;
  expect(again.files.map(({ hash }) => hash)).toEqual(written.files.map(({ hash }) => hash));
  const evidence = join(world.folder, '.rollcall', 'evidence', 'rollcall-corpdb1.ndjson');
  expect(await verifyChain(evidence)).toMatchObject({ whole: true });
  expect(readFileSync(evidence, 'utf8')).toContain(written.files[0]!.hash);
});

test('a manager fills in the own list, and decides with it', async () => {
  const review = '{ reviewers: [{ manager: true }], durationInDays: 14 }';
  const people = ['ana', 'bo'].map((name) => ({ name, manager: 'max' }));
  const it = await reviewWorld({ review, people, others: ['max'], tenant: { tls: true } });
  await it.json(0, 'review', 'start', '--yes');
  await it.advance('PT1H');
  const max = signedInAs(it.world, 'max', review);
  await it.json(0, 'review', 'companion', '--to', max.folder);
  const list = join(max.folder, 'companion-max@contoso.com.csv');
  writeFileSync(list, readFileSync(list, 'utf8').replace('bo@contoso.com,,', 'bo@contoso.com,deny,unused'));
  const decided = await max.rollcall('review', 'decide', list, '--yes');
  expect(decided, decided.err).toMatchObject({ status: 0, out: expect.stringContaining('1 decision recorded') });
});

test('without departments peers are those under one manager; without the permission to read users, nobody knows', async () => {
  const world = await emptyWorld({ 'rollcall.yaml': configuration(BY_OWNER), 'users.csv': users(FIRST) }, undefined);
  await control(world, 'users', { users: DIRECTORY.map((user) => ({ ...user, department: null })) });
  await giveManagers(world);
  await json(world, 2, 'run', '--yes');
  // No review has been started yet: it is for the one to come.
  expect(await json(world, 0, 'review', 'companion', '--to', join(world.folder, 'before'))).toMatchObject({
    round: null,
    last: null,
  });
  const before = told(join(world.folder, 'before', 'companion.csv'));
  expect(before['bo']).toMatchObject({ peers: '1 of 2 under max@contoso.com has Administrator' });
  expect(before['fay']).toMatchObject({ peers: 'not known', advice: 'No evidence either way', reasons: '' });
  const permissions = ['Application.Read.All', 'Organization.Read.All', 'AccessReview.ReadWrite.All'];
  await control(world, 'grant', { permissions });
  const { notes } = await json(world, 0, 'review', 'companion', '--to', world.folder);
  expect(notes).toEqual([expect.stringMatching(/^Whose manager or department is the same is not known/)]);
  const { bo, dee } = told(join(world.folder, 'companion.csv'));
  expect(bo).toMatchObject({
    person: 'bo@contoso.com',
    peers: 'not known',
    sinceLastReview: 'nothing to compare with',
  });
  // What matching saw of them is known all the same.
  expect(dee!['reasons']).toMatch(/^Disabled in the directory/);
});

/** A person of each kind that the page tells apart. */
const everyKind = contextOf(
  [
    reviewedPerson({
      isEnabled: false,
      decisions: [{ review: 'R', decision: 'Approve', by: 'o@contoso.com', at: '2026-09-14', justification: 'x' }],
    }),
    reviewedPerson({ id: 'new', accounts: [accountOf({ type: 'shared' }, { since: 'new' })] }),
    reviewedPerson({ id: 'unclear' }),
    reviewedPerson({ id: 'kept', accounts: [accountOf({ lastLogin: '2026-11-24' })] }),
  ],
  {
    last: { name: 'R', on: '2026-09-01', changes: '1 account came' },
    roles: [{ name: 'General', description: 'Reads.', people: 4 }],
    notes: ['2 accounts have no user.'],
  },
);

test.skipIf(CHROMIUM === undefined)('a companion passes axe, whole and narrowed down', async () => {
  const file = join(temporaryFolder(), 'companion.html');
  await writeText(file, companionHtml({ context: everyKind, reviewer: null, rows: companionRows(everyKind) }));
  const page = await openBrowser();
  await page.goto(pathToFileURL(file).href);
  expect(await violations(page)).toEqual([]);
  await page.emulateMedia({ media: 'screen' });
  await page.getByLabel('Show').selectOption('refuse');
  expect(await page.getByRole('status').textContent()).toBe('1 of 4 listed people shown');
  await page.getByLabel('Show').selectOption('new');
  expect(await page.locator('#accounts tbody tr:visible').count()).toBe(1);
  expect(await violations(page)).toEqual([]);
});
