// SAP Cloud Identity Services: 120 users as its administration console exports them, matched by userName.
import { directoryUsers } from './directory-users.ts';
import { addressOf, type Person, peopleFrom } from './people.ts';
import { randomFrom } from './random.ts';
import { times } from './times.ts';
import type { ComposedRow, Truth } from './truth.ts';
import { shuffled, writeExample } from './write.ts';

const COLUMNS = [
  'id',
  'userName',
  'emails[0].value',
  'name.givenName',
  'name.familyName',
  'displayName',
  'active',
  'userType',
  'groups',
];

const ODD_PEOPLE = [
  { name: "Aoife O'Dowd", given: 'Aoife', family: "O'Dowd", alias: "aoife.o'dowd" },
  { name: '陳大文', given: 'Tai Man', family: 'Chan', alias: 'taiman.chan' },
  { name: 'Günther Graf von Übersee, MBA', given: 'Günther', family: 'Graf von Übersee', alias: 'guenther.uebersee' },
  { name: 'Nina "Nino" Þórsdóttir', given: 'Nina', family: 'Þórsdóttir', alias: 'nina_thorsdottir' },
];

const GROUPS = ['S4_FINANCE', 'S4_FINANCE;IBP_PLANNER', 'IBP_PLANNER', 'SAC_VIEWER', ''];
const ROLE = 'User';

export const makeSapCloudIdentity = (): void => {
  const random = randomFrom(120);
  const people = peopleFrom(random);
  const users = directoryUsers(random);
  const groups: ComposedRow[][] = [];

  const row = (person: Person, truth: Truth, cells: Readonly<Record<string, string>> = {}): ComposedRow => ({
    cells: {
      id: random.guid(),
      userName: addressOf(person),
      'emails[0].value': addressOf(person),
      'name.givenName': person.given,
      'name.familyName': person.family,
      displayName: person.name,
      active: 'true',
      userType: 'employee',
      groups: random.pick(GROUPS),
      ...cells,
    },
    truth,
  });
  const matched = (category: string, person: Person, isEnabled = true): Truth => {
    const { userPrincipalName: user } = users.add(person, { accountEnabled: isEnabled });
    return { outcome: 'matched', category, by: 1, user, role: ROLE, ...(!isEnabled && { notEnabled: true }) };
  };
  const alone = (person: Person, truth: Truth, cells?: Readonly<Record<string, string>>) =>
    groups.push([row(person, truth, cells)]);

  times(82, () => {
    const person = people.next();
    alone(person, matched('userName is the user principal name', person));
  });
  times(8, (index) => {
    const person = people.next();
    const address = addressOf(person);
    const userName = index < 4 ? address.toUpperCase() : `${address} `;
    alone(person, matched('userName in another case, or with a blank behind it', person), { userName });
  });
  for (const odd of ODD_PEOPLE) {
    const person = people.next({ ...odd, domain: 'contoso.com' });
    alone(person, matched('an odd name', person));
  }
  times(6, () => {
    const person = people.next();
    alone(person, matched('active in SAP, but the user cannot sign in', person, false));
  });
  times(7, () => {
    const person = people.next();
    users.add(person);
    alone(person, { outcome: 'notQueried', category: 'no userName' }, { userName: '', userType: 'public' });
  });
  times(2, () => {
    const person = people.next();
    const first = row(person, matched('the first of two equal rows', person));
    groups.push([
      first,
      { ...first, truth: { outcome: 'duplicate', category: 'the same row again, where two exports were joined' } },
    ]);
  });
  times(5, (index) => {
    const person = people.next();
    users.add(person);
    alone(
      person,
      { outcome: 'notMatched', category: 'userName is a number of SAP' },
      { userName: `P00${4711 + index}` },
    );
  });
  times(4, () => {
    const person = people.next({ domain: 'partner.example.net' });
    const truth = { outcome: 'notMatched', category: 'a partner whom the directory does not have' } as const;
    alone(person, truth, { userType: 'partner' });
  });
  users.add(people.next({ given: 'Sandra', family: 'Owusu', alias: 'sap.owner', domain: 'contoso.com' }));
  times(60, () => users.add(people.next()));

  writeExample({
    folder: new URL('../sap-cloud-identity/', import.meta.url),
    application: 'SAP Cloud Identity Services',
    source: { columns: COLUMNS, lineEnd: '\r\n' },
    keyColumn: 'id',
    rows: shuffled(groups, random),
    users: users.all,
  });
};
