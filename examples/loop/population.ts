// The application of the loop and its directory: invented people, the same each time, and what will be decided about them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { randomFrom } from '../make/random.ts';

/** The roles, by the code that the application has for each, and how many of a hundred accounts hold it. */
const ROLES = [
  { code: 'RD', name: 'Reader', share: 80 },
  { code: 'ED', name: 'Editor', share: 17 },
  { code: 'AD', name: 'Administrator', share: 3 },
] as const;

export const SIZES = {
  accounts: 10_000,
  /** Accounts that nobody in the directory stands behind. */
  orphans: 400,
  /** Users who have no account. */
  others: 2000,
  denied: 250,
  /** Of the denied accounts, those that are still there in the second list. */
  staying: 12,
} as const;

/** Of a hundred accounts that have a user, so many have another address than the user: the employee number finds them. */
const OTHER_ADDRESS = 6;

export const REVIEWER = 'owner@contoso.com';

export interface Account {
  readonly login: string;
  readonly mail: string;
  readonly employeeId: string;
  readonly role: (typeof ROLES)[number];
  /** The user's principal name; undefined for an orphan. */
  readonly user: string | undefined;
}

export interface Population {
  readonly accounts: readonly Account[];
  readonly denied: readonly Account[];
  readonly staying: readonly Account[];
}

export const makePopulation = (): Population => {
  const random = randomFrom(20_261_125);
  const roleOf = (draw: number) => ROLES.find((_, index) => draw < sumOf(ROLES.slice(0, index + 1))) ?? ROLES[0];
  const accounts = Array.from({ length: SIZES.accounts }, (_, index): Account => {
    const n = String(index + 1).padStart(5, '0');
    const role = roleOf(Math.floor(random.next() * 100));
    const hasOtherAddress = random.next() * 100 < OTHER_ADDRESS;
    const isOrphan = index % (SIZES.accounts / SIZES.orphans) === 7;
    const user = isOrphan ? undefined : `person${n}@contoso.com`;
    const mail = isOrphan ? `unknown${n}@fabrikam.com` : hasOtherAddress ? `p.${n}@fabrikam.com` : user!;
    return { login: `U${n}`, mail, employeeId: isOrphan ? '' : `E${n}`, role, user };
  });
  const known = accounts.filter(({ user }) => user !== undefined);
  const denied = spread(known, SIZES.denied);
  return { accounts, denied, staying: spread(denied, SIZES.staying) };
};

const sumOf = (roles: readonly { readonly share: number }[]): number =>
  roles.reduce((sum, { share }) => sum + share, 0);

/** So many of a list, from its beginning to its end. */
const spread = <T>(list: readonly T[], count: number): T[] =>
  Array.from({ length: count }, (_, index) => list[Math.floor((index * list.length) / count)]!);

/** The application's list of users, and beside it the number of them, by which a list that was cut short is told. */
export const writeAccounts = (folder: string, accounts: readonly Account[]): void => {
  const rows = accounts.map(({ login, mail, employeeId, role }) => [login, mail, employeeId, role.code]);
  writeFileSync(join(folder, 'users.csv'), stringify([['Login', 'EMail', 'EmployeeId', 'Role'], ...rows]));
  writeFileSync(join(folder, 'users.ctl'), `${accounts.length}\n`);
};

export const writeDirectory = (folder: string, { accounts }: Population): void => {
  const people = accounts.flatMap(({ user, employeeId }) => (user === undefined ? [] : [userOf(user, employeeId)]));
  const others = Array.from({ length: SIZES.others }, (_, n) => userOf(`other${n + 1}@contoso.com`, `X${n + 1}`));
  const users = [userOf(REVIEWER, 'R1'), ...people, ...others];
  writeFileSync(join(folder, 'directory.ndjson'), users.map((user) => `${JSON.stringify(user)}\n`).join(''));
};

const userOf = (userPrincipalName: string, employeeId: string) => {
  const [mailNickname] = userPrincipalName.split('@');
  const displayName = `The user ${mailNickname}`;
  return { accountEnabled: true, displayName, userPrincipalName, mailNickname, mail: userPrincipalName, employeeId };
};

/** What the reviewer will say: no to those who are denied, yes to all others. */
export const writeDecisions = (folder: string, { denied }: Population): void => {
  const lines = denied.map(({ user }) => [REVIEWER, user, 'Deny', 'Does not need it any more']);
  const columns = ['reviewer', 'user', 'decision', 'justification'];
  writeFileSync(
    join(folder, 'decisions.csv'),
    stringify([columns, ...lines, [REVIEWER, '*', 'Approve', 'Works with it']]),
  );
};

/** The configuration; removals are ordered as tickets of the ServiceNow instance at this address. */
export const writeConfiguration = (folder: string, instance: string, user: string, password: string): void => {
  writeFileSync(join(folder, 'desk-password.txt'), password, { mode: 0o600 });
  const map = ROLES.map(({ code, name }) => `${code}: ${name}`).join(', ');
  const lines = [
    'application: Warehouse',
    'directory: local',
    'source: { csv: { path: users.csv } }',
    'complete: { rows: { file: users.ctl } }',
    'match:',
    '  - { column: EMail, attribute: userPrincipalName }',
    '  - { column: EmployeeId, attribute: employeeId }',
    `roles: { column: Role, map: { ${map} } }`,
    `review: { reviewers: [{ user: ${REVIEWER} }], durationInDays: 14 }`,
    'evidence: { key: { file: evidence-key.pem } }',
    'removals:',
    '  channel:',
    '    serviceNow:',
    `      instance: ${instance}`,
    `      signIn: { basic: { user: ${user}, password: { file: desk-password.txt } } }`,
  ];
  writeFileSync(join(folder, 'rollcall.yaml'), `${lines.join('\n')}\n`);
};
