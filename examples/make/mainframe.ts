// A mainframe: 60 users as a nightly job writes them, EBCDIC in records of 100 with header and trailer, matched by number.
import { inCodePage } from '../../test/support/ebcdic.ts';
import { directoryUsers } from './directory-users.ts';
import { type Person, peopleFrom } from './people.ts';
import { randomFrom } from './random.ts';
import { times } from './times.ts';
import type { ComposedRow, Truth } from './truth.ts';
import { shuffled, writeExample } from './write.ts';

const RECORD = 100;
/** Name and width of each field, in order. */
const FIELDS = [
  ['Login', 8],
  ['Name', 40],
  ['EmployeeId', 10],
  ['Group', 8],
  ['LastUse', 8],
] as const;

const GROUPS = ['CLERK', 'CLERK', 'CLERK', 'AUDIT', 'ADMIN'];
const ROLES: Readonly<Record<string, string>> = { CLERK: 'Clerk', AUDIT: 'Auditor', ADMIN: 'Administrator' };

export const makeMainframe = (): void => {
  const random = randomFrom(60);
  const people = peopleFrom(random);
  const users = directoryUsers(random);
  const groups: ComposedRow[][] = [];
  let logins = 0;

  const row = (person: Person, group: string, truth: Truth, cells: Readonly<Record<string, string>> = {}) => {
    logins += 1;
    groups.push([
      {
        cells: {
          Login: `RACF${String(logins).padStart(4, '0')}`,
          Name: person.name,
          EmployeeId: person.employeeId,
          Group: group,
          LastUse: `2026${String(1 + (logins % 9)).padStart(2, '0')}${String(1 + (logins % 28)).padStart(2, '0')}`,
          ...cells,
        },
        truth,
      },
    ]);
  };
  const matched = (category: string, person: Person, group: string, isEnabled = true): Truth => {
    const { userPrincipalName: user } = users.add(person, { accountEnabled: isEnabled });
    return { outcome: 'matched', category, by: 1, user, role: ROLES[group]!, ...(!isEnabled && { notEnabled: true }) };
  };

  times(42, () => {
    const [person, group] = [people.next(), random.pick(GROUPS)];
    row(person, group, matched('the employee number is known', person, group));
  });
  for (const odd of [
    { name: 'Günther Graf von Übersee', given: 'Günther', family: 'Übersee', alias: 'guenther.uebersee' },
    { name: "Aoife O'Dowd", given: 'Aoife', family: "O'Dowd", alias: "aoife.o'dowd" },
    { name: 'José Peña [extern]', given: 'José', family: 'Peña', alias: 'jose.pena' },
  ]) {
    const person = people.next({ ...odd, domain: 'contoso.com' });
    row(person, 'CLERK', matched('a name with letters that code pages keep in different places', person, 'CLERK'));
  }
  times(4, () => {
    const person = people.next();
    row(person, 'CLERK', matched('the user cannot sign in any more', person, 'CLERK', false));
  });
  times(5, () => {
    const person = people.next();
    users.add(person);
    row(person, 'CLERK', { outcome: 'notQueried', category: 'no employee number' }, { EmployeeId: '' });
  });
  times(6, () => {
    const person = people.next();
    row(person, 'CLERK', { outcome: 'notMatched', category: 'somebody who left, and whom the directory has no more' });
  });
  users.add(people.next({ given: 'Martin', family: 'Frame', alias: 'host.owner', domain: 'contoso.com' }));
  times(40, () => users.add(people.next()));

  const rows = shuffled(groups, random);
  const records = [
    'HDR20261101HOSTAPP1',
    ...rows.map(({ cells }) => FIELDS.map(([name, width]) => (cells[name] ?? '').padEnd(width)).join('')),
    `TRL${String(rows.length).padStart(7, '0')}`,
  ];
  writeExample({
    folder: new URL('../mainframe/', import.meta.url),
    application: 'HOSTAPP1',
    source: { 'USERS.DAT': inCodePage('ibm037', records.map((record) => record.padEnd(RECORD)).join('')) },
    keyColumn: 'Login',
    rows,
    users: users.all,
  });
};
