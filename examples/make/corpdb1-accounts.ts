// The rows of CORPDB1 while they are being composed: groups that keep their order, overrides, and the users behind.
import { type DirectoryUsers, directoryUsers } from './directory-users.ts';
import { addressOf, type People, type Person, peopleFrom } from './people.ts';
import type { Random } from './random.ts';
import type { ComposedRow, Truth } from './truth.ts';

/** Cells of the column Role, and the role that rollcall.yaml maps each to. */
export const ROLES = { USR: 'General', ADM: 'Administrator', APP: 'Approver', AUD: 'Auditor' } as const;
export type RoleCell = keyof typeof ROLES;

export interface Corpdb1 {
  readonly random: Random;
  readonly people: People;
  readonly users: DirectoryUsers;
  readonly groups: ComposedRow[][];
  /** Cells of overrides.csv: Login, decision, user, reason. */
  readonly overrides: string[][];
  /** Rows that belong together: one person's, or rows that share a value. Their order in the file is theirs here. */
  group(...rows: readonly ComposedRow[]): void;
  /** An account as the application would usually have it; `cells` replaces what is different. */
  row(person: Person, truth: Truth, cells?: Readonly<Record<string, string>>): ComposedRow;
  /** The logins that are given out are all different, as the application sees to it. */
  login(person: Person): string;
  /** A role's cell: mostly users, some of the others. */
  roleCell(): RoleCell;
}

export const corpdb1Accounts = (random: Random): Corpdb1 => {
  const logins = new Map<string, number>();
  const login = ({ given, family }: Person): string => {
    const base = `${given[0]}${family}`
      .normalize('NFD')
      .replace(/[^A-Za-z]/g, '')
      .slice(0, 8)
      .toUpperCase();
    const count = (logins.get(base) ?? 0) + 1;
    logins.set(base, count);
    return count === 1 ? base : `${base}${count}`;
  };
  const groups: ComposedRow[][] = [];
  return {
    random,
    people: peopleFrom(random),
    users: directoryUsers(random),
    groups,
    overrides: [],
    group: (...rows) => groups.push([...rows]),
    row: (person, truth, cells = {}) => ({
      cells: {
        Login: cells['Login'] ?? login(person),
        'Full name': person.name,
        EMail: addressOf(person),
        EmployeeId: person.employeeId,
        Department: person.department,
        Role: 'USR',
        ...cells,
      },
      truth,
    }),
    login,
    roleCell: () => {
      const chance = random.next();
      return chance < 0.8 ? 'USR' : chance < 0.88 ? 'APP' : chance < 0.95 ? 'AUD' : 'ADM';
    },
  };
};
