// Users as Microsoft Graph shows them, for the directory that an example starts with.
import { addressOf, type Person } from './people.ts';
import type { Random } from './random.ts';

export interface GraphUser {
  readonly id: string;
  readonly accountEnabled: boolean;
  readonly displayName: string;
  readonly userPrincipalName: string;
  readonly mailNickname: string;
  readonly mail: string | null;
  readonly employeeId: string | null;
  readonly proxyAddresses: readonly string[];
  readonly [attribute: string]: unknown;
}

export interface DirectoryUsers {
  readonly all: readonly GraphUser[];
  /** Adds the person's user. What is given replaces what follows from the person. */
  add(person: Person, known?: Partial<GraphUser>): GraphUser;
}

/** Errors: throws when a user principal name, or a value that Graph keeps unique, would be there twice. */
export const directoryUsers = (random: Random): DirectoryUsers => {
  const all: GraphUser[] = [];
  const unique = new Set<string>();
  const claim = (value: string): void => {
    if (unique.has(value.toLowerCase())) throw new Error(`${value} would be in the directory twice`);
    unique.add(value.toLowerCase());
  };
  return {
    all,
    add: (person, known = {}) => {
      const address = addressOf(person);
      const mail = known.mail === undefined ? address : known.mail;
      const user: GraphUser = {
        id: random.guid(),
        accountEnabled: true,
        displayName: person.name,
        givenName: person.given,
        surname: person.family,
        userPrincipalName: address,
        mailNickname: person.alias.replace(/[^a-z0-9.'_-]/g, ''),
        mail,
        employeeId: person.employeeId,
        department: person.department,
        userType: 'Member',
        proxyAddresses: mail === null ? [] : [`SMTP:${mail}`],
        otherMails: [],
        ...known,
      };
      claim(user.userPrincipalName);
      for (const proxy of user.proxyAddresses) claim(proxy);
      all.push(user);
      return user;
    },
  };
};
