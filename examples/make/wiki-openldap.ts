// A wiki whose users are kept in OpenLDAP: people below ou=people, rights by groups that are members of each other.
import { directoryUsers } from './directory-users.ts';
import { addressOf, type Person, peopleFrom } from './people.ts';
import { randomFrom } from './random.ts';
import { times } from './times.ts';
import type { ComposedRow, Truth } from './truth.ts';
import { writeExample } from './write.ts';

const SUFFIX = 'dc=contoso,dc=com';

/** Each group with the group that is a member of it: whoever administers can edit, and whoever edits can read. */
const GROUPS = [
  { name: 'wiki-readers', holds: 'wiki-editors', role: 'Reader' },
  { name: 'wiki-editors', holds: 'wiki-admins', role: 'Editor' },
  { name: 'wiki-admins', holds: undefined, role: 'Administrator' },
] as const;

type Group = (typeof GROUPS)[number]['name'];

interface Entry {
  readonly dn: string;
  readonly attributes: readonly (readonly [name: string, value: string])[];
}

export const makeWikiOpenldap = (): void => {
  const random = randomFrom(389);
  const people = peopleFrom(random);
  const users = directoryUsers(random);
  const entries: Entry[] = [];
  const rows: ComposedRow[] = [];
  const members: Record<Group, string[]> = { 'wiki-readers': [], 'wiki-editors': [], 'wiki-admins': [] };

  /** Puts a person into the directory, and into a group; whoever is in one is in those that hold it, too. */
  const account = (
    person: Person,
    group: Group | undefined,
    truth: Truth,
    known: Readonly<Record<string, string>> = {},
  ) => {
    const uid = known['uid'] ?? person.alias.replace(/[^a-z0-9._-]/g, '');
    const attributes = {
      uid,
      cn: person.name,
      givenName: person.given,
      sn: person.family,
      mail: addressOf(person),
      employeeNumber: person.employeeId,
      ...known,
    };
    const dn = `uid=${uid},ou=people,${SUFFIX}`;
    const filled = Object.entries(attributes).filter(([, value]) => value !== '');
    entries.push({ dn, attributes: [['objectClass', 'inetOrgPerson'], ...filled] });
    if (group === undefined) return;
    members[group].push(dn);
    const held = GROUPS.slice(0, GROUPS.findIndex(({ name }) => name === group) + 1);
    // Of several groups each is a row; they come in the order of their names.
    for (const { role } of held.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      rows.push({ cells: { Account: uid }, truth: truth.outcome === 'matched' ? { ...truth, role } : truth });
    }
  };
  const matched = (category: string, by: number, user: string, isEnabled = true): Truth => ({
    ...{ outcome: 'matched', category, by, user },
    ...(!isEnabled && { notEnabled: true }),
  });

  const group = (index: number): Group =>
    index % 20 === 0 ? 'wiki-admins' : index % 4 === 0 ? 'wiki-editors' : 'wiki-readers';
  times(60, (index) => {
    const person = people.next();
    const { userPrincipalName } = users.add(person);
    account(person, group(index), matched('the mail is the user principal name', 1, userPrincipalName));
  });
  times(8, (index) => {
    const person = people.next();
    const { userPrincipalName } = users.add(person);
    const mail = people.otherAddress(person);
    account(person, group(index + 1), matched('an old mail, found by the employee number', 2, userPrincipalName), {
      mail,
    });
  });
  for (const odd of [
    { given: 'Zoë', family: 'Łukasz', name: 'Zoë Łukasz', alias: 'zoe.lukasz' },
    { given: 'Chan', family: '大文', name: '陳大文', alias: 'taiman.chan' },
    { given: 'Aoife', family: "O'Dowd", name: "Aoife O'Dowd, MBA", alias: 'aoife.odowd' },
  ]) {
    const person = people.next({ ...odd, domain: 'contoso.com' });
    const { userPrincipalName } = users.add(person);
    account(person, 'wiki-readers', matched('an odd name, which LDIF writes in base64', 1, userPrincipalName));
  }
  times(4, () => {
    const person = people.next();
    const { userPrincipalName } = users.add(person, { accountEnabled: false });
    account(
      person,
      'wiki-readers',
      matched('still a member, but the user cannot sign in', 1, userPrincipalName, false),
    );
  });
  times(5, () => {
    const person = people.next({ domain: 'partner.example.net' });
    const truth = { outcome: 'notMatched', category: 'a partner whom the directory does not have' } as const;
    account(person, 'wiki-readers', truth, { employeeNumber: '' });
  });
  times(3, (index) => {
    const person = people.next();
    const truth = { outcome: 'notQueried', category: 'a service without mail and employee number' } as const;
    const uid = `svc-wiki-${index + 1}`;
    account(person, 'wiki-readers', truth, { uid, cn: `Wiki service ${index + 1}`, mail: '', employeeNumber: '' });
  });
  // People who have nothing to do with the wiki: they are no accounts of it.
  times(20, () => {
    const person = people.next();
    users.add(person);
    account(person, undefined, { outcome: 'ignored', category: 'not of the wiki' });
  });
  users.add(people.next({ given: 'Wanda', family: 'Owusu', alias: 'wiki.owner', domain: 'contoso.com' }));

  writeExample({
    folder: new URL('../wiki-openldap/', import.meta.url),
    application: 'Wiki',
    keyColumn: 'Account',
    source: { 'directory.ldif': ldifOf([...TREE, ...entries, ...groupEntries(members)]) },
    rows,
    users: users.all,
  });
};

const TREE: readonly Entry[] = [
  {
    dn: SUFFIX,
    attributes: [
      ['objectClass', 'dcObject'],
      ['objectClass', 'organization'],
      ['dc', 'contoso'],
      ['o', 'Contoso'],
    ],
  },
  ...['people', 'groups'].map((ou) => ({
    dn: `ou=${ou},${SUFFIX}`,
    attributes: [['objectClass', 'organizationalUnit'] as const, ['ou', ou] as const],
  })),
];

const groupName = (name: string): string => `cn=${name},ou=groups,${SUFFIX}`;

const groupEntries = (members: Readonly<Record<Group, readonly string[]>>): Entry[] =>
  GROUPS.map(({ name, holds }) => ({
    dn: groupName(name),
    attributes: [
      ['objectClass', 'groupOfNames'],
      ['cn', name],
      ...(holds === undefined ? [] : [['member', groupName(holds)] as const]),
      ...members[name].map((dn) => ['member', dn] as const),
    ],
  }));

/** RFC 2849: what is no plain text is written in base64, after two colons. */
const ldifOf = (entries: readonly Entry[]): string => entries.map(entryText).join('\n');

const entryText = ({ dn, attributes }: Entry): string =>
  [['dn', dn] as const, ...attributes].map((line) => `${ldifLine(line)}\n`).join('');

const ldifLine = ([name, value]: readonly [string, string]): string =>
  /^[!-9;=-~](?:[ -~]*[!-~])?$/.test(value)
    ? `${name}: ${value}`
    : `${name}:: ${Buffer.from(value).toString('base64')}`;
