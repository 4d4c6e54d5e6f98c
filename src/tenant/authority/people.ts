// Who can sign in: the directory's users, and which of them are administrators.
import type { Database } from '../database.ts';
import { type DirectoryRole, ROLE_TEMPLATES } from '../directory-roles.ts';
import { insertUser, type User, userNamed } from '../users.ts';
import { OAuthError } from './oauth-error.ts';

export interface Person {
  readonly id: string;
  readonly userPrincipalName: string;
  readonly displayName: string;
}

export interface People {
  /** Somebody who may sign in. Throws AADSTS50034 for nobody, AADSTS50057 for a disabled account. */
  find(name: string): Person;
  /** Some to choose from, administrators first. */
  some(): readonly Person[];
  /** Template ids of the roles that somebody holds. */
  wids(id: string): readonly string[];
  /** Gives somebody these roles, in place of those before. Throws for a user or a role that there is not. */
  setRoles(name: string, roles: readonly string[]): void;
  /** The same, for somebody who is added to the directory where need be. */
  addAdministrator(name: string, roles: readonly string[]): void;
}

const TO_CHOOSE_FROM = 50;
const FACT = 'administrators';

type Roles = Readonly<Record<string, readonly DirectoryRole[]>>;

const rolesIn = (db: Database): Roles => {
  const row = db.one<{ value: string }>('select value from facts where name = ?', FACT);
  return row ? JSON.parse(row.value) : {};
};

const checkRoles = (roles: readonly string[]): readonly DirectoryRole[] => {
  const unknown = roles.filter((role) => !Object.hasOwn(ROLE_TEMPLATES, role));
  if (unknown.length === 0) return roles as readonly DirectoryRole[];
  throw new Error(`${unknown.join(', ')}: no such role; there are ${Object.keys(ROLE_TEMPLATES).join(', ')}`);
};

const personOf = (user: User): Person => ({
  id: user.id,
  userPrincipalName: String(user['userPrincipalName']),
  displayName: String(user['displayName'] ?? user['userPrincipalName']),
});

export const createPeople = (db: Database): People => {
  const keep = (id: string, roles: readonly DirectoryRole[]): void => {
    const value = JSON.stringify({ ...rolesIn(db), [id]: roles });
    db.run('insert or replace into facts (name, value) values (?, ?)', FACT, value);
  };
  return {
    find: (name) => {
      const user = userNamed(db, name);
      if (!user) {
        const message = `The user account ${name} does not exist in the directory.`;
        throw new OAuthError('invalid_grant', 50034, message);
      }
      if (user['accountEnabled'] === false) throw disabled();
      return personOf(user);
    },
    some: () => {
      const administrators = Object.keys(rolesIn(db)).flatMap((id) => userNamed(db, id) ?? []);
      const others = db
        .all<{ id: string }>('select id from users order by n limit ?', TO_CHOOSE_FROM)
        .flatMap(({ id }) => userNamed(db, id) ?? []);
      const enabled = [...administrators, ...others].filter((user) => user['accountEnabled'] !== false);
      return [...new Map(enabled.map((user) => [user.id, personOf(user)])).values()].slice(0, TO_CHOOSE_FROM);
    },
    wids: (id) => (rolesIn(db)[id] ?? []).map((role) => ROLE_TEMPLATES[role]),
    setRoles: (name, roles) => {
      const checked = checkRoles(roles);
      const user = userNamed(db, name);
      if (!user) throw new Error(`${name}: no such user`);
      keep(user.id, checked);
    },
    addAdministrator: (name, roles) => {
      const checked = checkRoles(roles);
      const known = userNamed(db, name);
      const user = known ?? administratorOf(name);
      if (!known) insertUser(db, user);
      keep(user.id, checked);
    },
  };
};

const disabled = (): OAuthError => new OAuthError('invalid_grant', 50057, 'The user account is disabled.');

/** Somebody whom a directory has from its beginning. */
const administratorOf = (userPrincipalName: string): User => {
  const mailNickname = userPrincipalName.split('@')[0]!;
  if (!/^[^@\s]+@[^@\s]+$/.test(userPrincipalName)) throw new Error(`${userPrincipalName}: no user principal name`);
  return {
    id: crypto.randomUUID(),
    userPrincipalName,
    mailNickname,
    displayName: mailNickname,
    userType: 'Member',
    accountEnabled: true,
  };
};
