// The accounts of CORPDB1 that end as anything else than matched.
import { type Corpdb1, ROLES, type RoleCell } from './corpdb1-accounts.ts';
import { UNUSABLE_ADDRESSES } from './corpdb1-odd.ts';
import { addressOf, adminOf, type Person } from './people.ts';
import { times } from './times.ts';
import type { ComposedRow, Truth } from './truth.ts';

export const composeOthers = (accounts: Corpdb1): void => {
  composeNotQueried(accounts);
  composeDuplicates(accounts);
  composeToCreate(accounts);
  composeNotToCreate(accounts);
  composeAmbiguous(accounts);
  composeIgnored(accounts);
};

const composeNotQueried = ({ people, group, row }: Corpdb1): void => {
  times(9, (index) => {
    const blank = index < 5 ? '' : '   ';
    const category = index < 5 ? 'neither e-mail nor employee number' : 'nothing but blanks to match by';
    group(row(people.next(), { outcome: 'notQueried', category }, { EMail: blank, EmployeeId: blank }));
  });
};

const duplicate = (category: string): Truth => ({ outcome: 'duplicate', category });

const composeDuplicates = ({ people, users, group, row, login }: Corpdb1): void => {
  const byName = (user: string): Truth => ({
    outcome: 'matched',
    category: 'the first of two accounts with one value',
    by: 1,
    user,
    role: ROLES.USR,
  });
  times(10, (index) => {
    const person = people.next();
    const { userPrincipalName } = users.add(person);
    const again = index < 6 ? addressOf(person).toUpperCase() : addressOf(person);
    const category = index < 6 ? 'the same e-mail in another case' : 'the same e-mail again';
    group(row(person, byName(userPrincipalName)), row(person, duplicate(category), { EMail: again }));
  });
  times(2, () => {
    const person = people.next();
    const { userPrincipalName } = users.add(person);
    group(
      row(person, { ...byName(userPrincipalName), by: 2 }, { EMail: '' }),
      row(person, duplicate('the same employee number in another case, no e-mail'), {
        EMail: '',
        EmployeeId: person.employeeId.toLowerCase(),
      }),
    );
  });
  const person = people.next();
  const { userPrincipalName } = users.add(person);
  const Login = login(person);
  group(
    row(person, byName(userPrincipalName), { Login }),
    row(person, { ...byName(userPrincipalName), role: ROLES.APP }, { Login, Role: 'APP' }),
    row(person, duplicate('a role that the account has on an earlier row'), { Login }),
  );
};

const composeToCreate = ({ people, group, row, login, roleCell }: Corpdb1): void => {
  const toCreate = (category: string, person: Person, role?: RoleCell): Truth => ({
    outcome: 'notMatched',
    category,
    user: addressOf(person),
    created: true,
    ...(role && { role: ROLES[role] }),
  });
  times(26, (index) => {
    const person = people.next({ domain: index % 5 === 0 ? 'example.com' : 'contoso.com' });
    const Role = roleCell();
    const cells = { Role, EmployeeId: index % 4 === 0 ? '' : person.employeeId };
    group(row(person, toCreate('nobody in the directory: created', person, Role), cells));
  });
  const odd = { name: 'Siobhán O’Hara-Núñez, Dr.', given: 'Siobhán', family: 'Ohara', alias: "siobhan.o'hara" };
  const hara = people.next({ ...odd, domain: 'contoso.com' });
  group(row(hara, toCreate('nobody in the directory, odd name: created', hara, 'USR')));

  const both = people.next({ domain: 'fabrikam.com' });
  const Login = login(both);
  const oneOfTwo = 'nobody in the directory, two roles: created once';
  group(
    row(both, toCreate(oneOfTwo, both, 'USR'), { Login }),
    row(both, toCreate(oneOfTwo, both, 'AUD'), { Login, Role: 'AUD' }),
  );

  const roleless = people.next({ domain: 'contoso.com' });
  const noRole = 'nobody in the directory, role not in the map: created without a role';
  group(row(roleless, toCreate(noRole, roleless), { Role: 'TMP' }));

  const twice = people.next({ domain: 'contoso.com' });
  group(
    row(twice, toCreate('nobody in the directory, listed twice: created once', twice, 'USR')),
    row(twice, duplicate('the same e-mail as an account whose user is created'), {
      EMail: addressOf(twice).toUpperCase(),
    }),
  );
};

const composeNotToCreate = ({ people, group, row }: Corpdb1): void => {
  const stays = (category: string, person: Person, cells: Readonly<Record<string, string>>) =>
    group(row(person, { outcome: 'notMatched', category }, cells));
  times(4, () => stays('cannot be created: no name', people.next(), { 'Full name': '' }));
  times(3, () => stays('cannot be created: no address', people.next(), { EMail: '' }));
  for (const domain of ['contoso.local', 'partner.example.net']) {
    times(3, () => stays('cannot be created: the domain is not verified', people.next({ domain }), {}));
  }
  for (const unusable of UNUSABLE_ADDRESSES) {
    const person = people.next();
    stays('cannot be created: not allowed as a user principal name', person, { EMail: unusable(person) });
  }
  stays('cannot be created: not allowed as an alias', people.next({ domain: 'contoso.com' }), { Login: 'TEMP (2)' });
};

const composeAmbiguous = (accounts: Corpdb1): void => {
  const { people, users, group, row, login } = accounts;
  const ambiguous = (category: string): Truth => ({ outcome: 'ambiguous', category });
  const twoByNumber = 'two users have the employee number, and no other rule finds one';
  const twoByMail = 'two users have the mail address';

  const sharingNumber = (): Person => {
    const person = people.next();
    users.add(person);
    users.add(adminOf(person), { mail: null });
    return person;
  };
  const sharingMail = (): { person: Person; mail: string } => {
    const person = people.next({ domain: 'contoso.com' });
    const mail = people.otherAddress(person, 'example.com');
    users.add(person, { mail, proxyAddresses: [] });
    users.add({ ...person, domain: 'fabrikam.com' }, { mail, proxyAddresses: [], employeeId: null });
    return { person, mail };
  };
  times(6, () => {
    const person = sharingNumber();
    group(row(person, ambiguous(twoByNumber), { EMail: people.otherAddress(person) }));
  });
  times(4, () => {
    const { person, mail } = sharingMail();
    group(row(person, ambiguous(twoByMail), { EMail: mail, EmployeeId: '' }));
  });
  const withTwoRoles = sharingMail();
  const cells = { EMail: withTwoRoles.mail, EmployeeId: '', Login: login(withTwoRoles.person) };
  const rows: ComposedRow[] = [
    row(withTwoRoles.person, ambiguous(`${twoByMail}; both roles of the account`), cells),
    row(withTwoRoles.person, ambiguous(`${twoByMail}; both roles of the account`), { ...cells, Role: 'ADM' }),
  ];
  group(...rows);

  const listedTwice = sharingNumber();
  const { employeeId: EmployeeId } = listedTwice;
  group(
    row(listedTwice, ambiguous(twoByNumber), { EMail: '', EmployeeId }),
    row(listedTwice, duplicate('the same employee number as an ambiguous account'), { EMail: '', EmployeeId }),
  );
};

const SERVICES = ['backup', 'print', 'monitor', 'etl', 'reports', 'scanner', 'test1', 'test2', 'kiosk'];

const composeIgnored = (accounts: Corpdb1): void => {
  const { people, users, overrides, group, row } = accounts;
  const service = (
    name: string,
    category: string,
    reason: string,
    cells: Readonly<Record<string, string>>[] = [{}],
  ) => {
    const Login = `SVC_${name.toUpperCase()}`;
    overrides.push([Login, 'ignore', '', reason]);
    const plain = { Login, 'Full name': `Service ${name}`, EMail: '', EmployeeId: '', Department: 'IT', Role: 'USR' };
    return cells.map(
      (cell): ComposedRow => ({
        cells: { ...plain, ...cell },
        truth: { outcome: 'ignored', category, by: 'override' },
      }),
    );
  };
  for (const name of SERVICES) group(...service(name, 'a service account', 'Service account, owned by IT operations'));

  const mailbox = { EMail: 'it-operations@contoso.com' };
  group(...service('queue1', 'service accounts that share a mailbox are no duplicates', 'Service account', [mailbox]));
  group(...service('queue2', 'service accounts that share a mailbox are no duplicates', 'Service account', [mailbox]));
  group(...service('batch', 'both roles of a service account', 'Service account', [{}, { Role: 'ADM' }]));

  const owner = people.next();
  const { userPrincipalName: user } = users.add(owner);
  const listedUnderOwner = service('deploy', "a service account listed under its owner's address", 'Service account', [
    { EMail: user },
  ]);
  const category = 'the owner of an ignored service account, listed under the same address: matched, no duplicate';
  group(...listedUnderOwner, row(owner, { outcome: 'matched', category, by: 1, user, role: ROLES.USR }));
};
