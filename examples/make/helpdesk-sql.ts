// A help desk of many years: users, roles and who has which in tables, as PostgreSQL and SQLite both take them.
import { directoryUsers } from './directory-users.ts';
import { addressOf, type Person, peopleFrom } from './people.ts';
import { randomFrom } from './random.ts';
import { times } from './times.ts';
import type { ComposedRow, Truth } from './truth.ts';
import { writeExample } from './write.ts';

const ROLES = [
  { id: 1, code: 'AGT', title: 'Agent' },
  { id: 2, code: 'SUP', title: 'Supervisor' },
  { id: 3, code: 'ADM', title: 'Administrator' },
] as const;

type Role = (typeof ROLES)[number];

const [AGENT, SUPERVISOR, ADMINISTRATOR] = ROLES;

/** A row of the table users; null is no value. */
interface UserRow {
  readonly login: string;
  readonly email: string | null;
  readonly fullName: string;
  readonly employeeNumber: string | null;
  readonly isActive: boolean;
  readonly lastLogin: string | null;
}

export const makeHelpdeskSql = (): void => {
  const random = randomFrom(5432);
  const people = peopleFrom(random);
  const users = directoryUsers(random);
  const table: UserRow[] = [];
  const held: [user: number, role: number][] = [];
  const rows: ComposedRow[] = [];

  const account = (person: Person, roles: readonly Role[], truth: Truth, known: Partial<UserRow> = {}) => {
    const row: UserRow = {
      login: person.alias.replace(/[^a-z0-9.]/g, '').slice(0, 20),
      email: addressOf(person),
      fullName: person.name,
      employeeNumber: person.employeeId,
      isActive: true,
      lastLogin: lastLogin(table.length),
      ...known,
    };
    table.push(row);
    for (const { id, title } of roles) {
      held.push([table.length, id]);
      rows.push({
        cells: { Login: row.login },
        truth: truth.outcome === 'matched' ? { ...truth, role: title } : truth,
      });
    }
  };
  const matched = (category: string, by: number, user: string, isEnabled = true): Truth => ({
    ...{ outcome: 'matched', category, by, user },
    ...(!isEnabled && { notEnabled: true }),
  });

  times(90, (index) => {
    const person = people.next();
    const { userPrincipalName } = users.add(person);
    const roles = index % 30 === 0 ? [AGENT, SUPERVISOR] : index % 9 === 0 ? [SUPERVISOR] : [AGENT];
    account(person, roles, matched('the mail is the user principal name', 1, userPrincipalName));
  });
  times(10, () => {
    const person = people.next();
    const { userPrincipalName } = users.add(person);
    const truth = matched('no mail, found by the personnel number', 2, userPrincipalName);
    account(person, [AGENT], truth, { email: null });
  });
  for (const odd of [
    { given: 'Aoife', family: "O'Dowd", name: "Aoife O'Dowd; DROP TABLE users; --", alias: 'aoife.odowd' },
    { given: 'Zoë', family: 'Łukasz', name: 'Zoë "Zo" Łukasz', alias: 'zoe.lukasz' },
  ]) {
    const person = people.next({ ...odd, domain: 'contoso.com' });
    const { userPrincipalName } = users.add(person);
    account(person, [ADMINISTRATOR], matched('an odd name', 1, userPrincipalName));
  }
  times(6, () => {
    const person = people.next();
    const { userPrincipalName } = users.add(person, { accountEnabled: false });
    account(person, [AGENT], matched('has left, but the account is still there', 1, userPrincipalName, false));
  });
  times(7, () => {
    const person = people.next({ domain: 'partner.example.net' });
    const truth = { outcome: 'notMatched', category: 'from a call centre that the directory does not have' } as const;
    account(person, [AGENT], truth, { employeeNumber: null });
  });
  times(3, (index) => {
    const truth = { outcome: 'notQueried', category: 'an account of a program: no mail, no personnel number' } as const;
    const known = { login: `batch${index + 1}`, fullName: `Batch ${index + 1}`, email: null, employeeNumber: null };
    account(people.next(), [AGENT], truth, known);
  });
  // Closed years ago: the query leaves them out.
  times(12, () => {
    account(people.next(), [], { outcome: 'ignored', category: 'not active' }, { isActive: false });
  });
  users.add(people.next({ given: 'Hilda', family: 'Owusu', alias: 'helpdesk.owner', domain: 'contoso.com' }));

  writeExample({
    folder: new URL('../helpdesk-sql/', import.meta.url),
    application: 'Help desk',
    keyColumn: 'Login',
    source: { 'helpdesk.sql': scriptOf(table, held) },
    rows,
    users: users.all,
  });
};

/** Some have never signed in, some not for years. */
const lastLogin = (index: number): string | null => {
  if (index % 17 === 5) return null;
  const day = new Date(
    Date.UTC(index % 11 === 3 ? 2019 : 2025, (index * 5) % 12, 1 + ((index * 7) % 28), 8, index % 60),
  );
  return day.toISOString().replace('T', ' ').replace('.000Z', '+00');
};

const scriptOf = (table: readonly UserRow[], held: readonly (readonly [number, number])[]): string =>
  [
    '-- The tables of a help desk. PostgreSQL: psql -f helpdesk.sql; SQLite: sqlite3 helpdesk.db < helpdesk.sql',
    'BEGIN;',
    'CREATE TABLE users (',
    '  id integer PRIMARY KEY,',
    '  login varchar(20) NOT NULL UNIQUE,',
    '  email varchar(200),',
    '  full_name varchar(200) NOT NULL,',
    '  employee_number varchar(16),',
    '  is_active boolean NOT NULL,',
    '  last_login timestamp with time zone',
    ');',
    'CREATE TABLE roles (id integer PRIMARY KEY, code varchar(3) NOT NULL UNIQUE, title varchar(50) NOT NULL);',
    'CREATE TABLE user_roles (',
    '  user_id integer NOT NULL REFERENCES users (id),',
    '  role_id integer NOT NULL REFERENCES roles (id),',
    '  PRIMARY KEY (user_id, role_id)',
    ');',
    inserts(
      'users',
      table.map((row, index) => [index + 1, ...Object.values(row)]),
    ),
    inserts(
      'roles',
      ROLES.map(({ id, code, title }) => [id, code, title]),
    ),
    inserts('user_roles', held),
    'COMMIT;',
    '',
  ].join('\n');

const inserts = (table: string, rows: readonly (readonly unknown[])[]): string =>
  `INSERT INTO ${table} VALUES\n${rows.map((row) => `  (${row.map(literal).join(', ')})`).join(',\n')};`;

const literal = (value: unknown): string => {
  if (value === null) return 'NULL';
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value).toUpperCase();
};
