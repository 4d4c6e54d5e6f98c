// The accounts of CORPDB1 that end as matched, one function for each way to get there.
import { type Corpdb1, ROLES, type RoleCell } from './corpdb1-accounts.ts';
import { ODD_MAILBOXES, ODD_PEOPLE } from './corpdb1-odd.ts';
import type { GraphUser } from './directory-users.ts';
import { addressOf, adminOf, type Person } from './people.ts';
import { times } from './times.ts';
import type { ComposedRow, Truth } from './truth.ts';

export const composeMatched = (accounts: Corpdb1): void => {
  composeByName(accounts);
  composeSpellings(accounts);
  composeByEmployeeId(accounts);
  composeByMail(accounts);
  composeByProxyAddress(accounts);
  composeSeveralRoles(accounts);
  composeDisabled(accounts);
  composeTwoAddresses(accounts);
  composeWithoutRole(accounts);
  composeNamedByOverride(accounts);
};

const matched = (category: string, by: number | 'override', user: string, role: RoleCell): Truth => ({
  outcome: 'matched',
  category,
  by,
  user,
  role: ROLES[role],
});

const composeByName = ({ people, users, group, row, roleCell }: Corpdb1): void => {
  times(225, () => {
    const person = people.next();
    const { userPrincipalName } = users.add(person);
    const role = roleCell();
    group(row(person, matched('the e-mail is the user principal name', 1, userPrincipalName, role), { Role: role }));
  });
  for (const odd of ODD_PEOPLE) {
    const person = people.next({ ...odd, domain: 'contoso.com' });
    // The directory holds the name as people write it: on one line.
    const { userPrincipalName } = users.add(person, { displayName: person.name.replace('\n', ' ') });
    group(row(person, matched('an odd name or address', 1, userPrincipalName, 'USR')));
  }
};

const SPELLINGS: readonly ((address: string) => string)[] = [
  (address) => address.toUpperCase(),
  (address) => `${address}  `,
  (address) => ` ${address}`,
  (address) => `${address[0]!.toUpperCase()}${address.slice(1)}`,
  (address) => address.replace('contoso.com', 'Contoso.COM').replace('fabrikam', 'FABRIKAM'),
];

const composeSpellings = ({ people, users, group, row }: Corpdb1): void => {
  times(20, (index) => {
    const person = people.next();
    const { userPrincipalName } = users.add(person);
    const spelling = SPELLINGS[index % SPELLINGS.length]!;
    const truth = matched('the same address in another case, or with blanks around it', 1, userPrincipalName, 'USR');
    group(row(person, truth, { EMail: spelling(addressOf(person)) }));
  });
};

const composeByEmployeeId = ({ people, users, group, row }: Corpdb1): void => {
  times(15, () => {
    const person = people.next();
    const { userPrincipalName } = users.add(person);
    const truth = matched('the e-mail is out of date; the employee number finds the user', 2, userPrincipalName, 'USR');
    group(row(person, truth, { EMail: people.otherAddress(person) }));
  });
  times(10, () => {
    const person = people.next();
    const { userPrincipalName } = users.add(person);
    const truth = matched('no e-mail; the employee number finds the user', 2, userPrincipalName, 'USR');
    group(row(person, truth, { EMail: '' }));
  });
};

const composeByMail = ({ people, users, group, row }: Corpdb1): void => {
  const byMail = (category: string, person: Person, user: Partial<GraphUser> & { mail: string }, employeeId = '') => {
    const { userPrincipalName } = users.add(person, user);
    group(row(person, matched(category, 3, userPrincipalName, 'USR'), { EMail: user.mail, EmployeeId: employeeId }));
  };
  times(8, () => {
    const person = people.next();
    const mail = people.otherAddress(person, 'example.com');
    byMail('the e-mail is the mail address of a user of another name', person, { mail });
  });
  times(4, () => {
    const person = people.next({ domain: 'fabrikam.com' });
    const mail = addressOf(person);
    const userPrincipalName = `${mail.replace('@', '_')}#EXT#@contoso.onmicrosoft.com`;
    byMail('a guest, found by the mail address', person, { userPrincipalName, mail, userType: 'Guest' });
  });
  times(3, () => {
    const person = people.next({ domain: 'contoso.com' });
    const mail = people.otherAddress(person);
    users.add(adminOf(person), { mail: null });
    const category = 'the employee number finds two users, the mail address the right one';
    byMail(category, person, { mail }, person.employeeId);
  });
};

const composeByProxyAddress = ({ people, users, group, row }: Corpdb1): void => {
  const former = (category: string, person: Person, address: string) => {
    const { userPrincipalName } = users.add(person, {
      proxyAddresses: [`SMTP:${addressOf(person)}`, `smtp:${address}`],
    });
    group(row(person, matched(category, 4, userPrincipalName, 'USR'), { EMail: address, EmployeeId: '' }));
  };
  times(8, () => {
    const person = people.next();
    former('the e-mail is a former address of the user', person, people.otherAddress(person));
  });
  for (const mailbox of ODD_MAILBOXES) {
    const person = people.next();
    const category = 'an address with + or another sign, found among the proxy addresses';
    former(category, person, `${mailbox(person)}@contoso.com`);
  }
};

/** A row for each role of one account. Its truth is that of the first. */
const rowsByRole = (
  { row, login }: Corpdb1,
  person: Person,
  truth: Truth,
  roles: readonly RoleCell[],
  cells: Readonly<Record<string, string>> = {},
): ComposedRow[] => {
  const Login = login(person);
  return roles.map((role) => row(person, { ...truth, role: ROLES[role] }, { Login, Role: role, ...cells }));
};

const TWO_ROLES: readonly (readonly RoleCell[])[] = [
  ['USR', 'APP'],
  ['USR', 'AUD'],
  ['ADM', 'USR'],
];

const composeSeveralRoles = (accounts: Corpdb1): void => {
  const { people, users, group } = accounts;
  times(18, (index) => {
    const person = people.next();
    const { userPrincipalName } = users.add(person);
    const truth = matched('one of the two roles of an account', 1, userPrincipalName, 'USR');
    group(...rowsByRole(accounts, person, truth, TWO_ROLES[index % TWO_ROLES.length]!));
  });
  times(2, () => {
    const person = people.next();
    const { userPrincipalName } = users.add(person);
    const truth = matched('one of the three roles of an account', 1, userPrincipalName, 'USR');
    group(...rowsByRole(accounts, person, truth, ['USR', 'APP', 'AUD']));
  });
};

const composeDisabled = (accounts: Corpdb1): void => {
  const { people, users, group } = accounts;
  times(17, (index) => {
    const person = people.next();
    const { userPrincipalName } = users.add(person, { accountEnabled: false });
    const truth = { ...matched('a user who cannot sign in', 1, userPrincipalName, 'USR'), notEnabled: true } as const;
    group(...rowsByRole(accounts, person, truth, index === 0 ? ['USR', 'APP'] : ['USR']));
  });
};

const composeTwoAddresses = (accounts: Corpdb1): void => {
  const { people, users, group, row } = accounts;
  const twice = (category: string, second: RoleCell) => {
    const person = people.next();
    const old = people.otherAddress(person);
    const { userPrincipalName } = users.add(person, { proxyAddresses: [`SMTP:${addressOf(person)}`, `smtp:${old}`] });
    group(
      row(person, matched(category, 1, userPrincipalName, 'USR')),
      row(person, matched(category, 4, userPrincipalName, second), { EMail: old, EmployeeId: '', Role: second }),
    );
  };
  times(3, () => twice('two accounts of one person under two addresses, one role: one assignment', 'USR'));
  times(2, () => twice('two accounts of one person under two addresses, two roles', 'APP'));
};

const composeWithoutRole = ({ people, users, group, row }: Corpdb1): void => {
  times(7, (index) => {
    const person = people.next();
    const { userPrincipalName: user } = users.add(person);
    const category = index < 4 ? 'a role that the map does not know' : 'no role';
    group(row(person, { outcome: 'matched', category, by: 1, user }, { Role: index < 4 ? 'TMP' : '' }));
  });
};

const composeNamedByOverride = (accounts: Corpdb1): void => {
  const { people, users, overrides, group, row, login } = accounts;
  const named = (
    category: string,
    person: Person,
    user: string,
    reason: string,
    cells: Readonly<Record<string, string>>,
  ) => {
    const Login = login(person);
    overrides.push([Login, 'match', user, reason]);
    return row(person, matched(category, 'override', addressOf(person), 'USR'), { Login, ...cells });
  };
  times(2, () => {
    const person = people.next();
    const { userPrincipalName } = users.add(person);
    const reason = 'No address in the application; asked the head of department';
    group(
      named('nothing to match by; named by an override', person, userPrincipalName, reason, {
        EMail: '',
        EmployeeId: '',
      }),
    );
  });
  times(2, () => {
    const person = people.next();
    const { userPrincipalName } = users.add(person);
    const other = users.add(people.next());
    const reason = 'The address was given to another person since';
    const cells = { EMail: other.userPrincipalName, EmployeeId: '' };
    group(
      named("another person's address; the override comes before the rules", person, userPrincipalName, reason, cells),
    );
  });
  const person = people.next();
  const { id } = users.add(person);
  const stray = people.otherAddress(person);
  const reason = 'Changed name; the application has no employee number';
  group(named('named by an override with an object id', person, id, reason, { EMail: stray, EmployeeId: '' }));
  composeDecidedAmbiguity(accounts);
};

/** Two users have the mail address; the override says which, for both rows of the account. */
const composeDecidedAmbiguity = (accounts: Corpdb1): void => {
  const { people, users, overrides, group } = accounts;
  const person = people.next({ domain: 'contoso.com' });
  const mail = people.otherAddress(person, 'example.com');
  const { userPrincipalName } = users.add(person, { mail, proxyAddresses: [] });
  users.add({ ...person, alias: `${person.alias}2` }, { mail, proxyAddresses: [], employeeId: null });
  const truth = matched(
    'two users have the address; the override decides, for both roles',
    'override',
    userPrincipalName,
    'USR',
  );
  const rows = rowsByRole(accounts, person, truth, ['USR', 'AUD'], { EMail: mail, EmployeeId: '' });
  overrides.push([
    rows[0]!.cells['Login']!,
    'match',
    userPrincipalName,
    'The other user is left over from a migration',
  ]);
  group(...rows);
};
