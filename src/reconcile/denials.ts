// What was decided, and which accounts it goes to: all of the user's that hold the role, and those that are named.
import { fold } from '../model/fold.ts';
import { canonicalJson, sha256 } from '../model/hash.ts';
import type { Removal, RemovalCause } from '../model/removal.ts';
import { isSameRole, type ReadAccount, rawOf } from './identify.ts';

/** An access that has ended. */
export interface Denial {
  readonly who:
    | { readonly userId: string }
    | { readonly userPrincipalName: string }
    /** The account whose cells equal these: of an orphan, whom only the application knows. */
    | { readonly account: Readonly<Record<string, string>> };
  /** The role's display name; null for all that is held. */
  readonly role: string | null;
  readonly cause: RemovalCause;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** An account with the user behind it, by the newest outcomes. */
export interface HeldAccount extends ReadAccount {
  readonly user: Removal['account']['user'];
  /** Whether the user can sign in; null where there is none, or the directory did not say. */
  readonly isEnabled: boolean | null;
}

/** Finds the denials that an account is meant by. */
export class DenialFinder {
  readonly #byUser = new Map<string, Denial[]>();
  /** Columns, as they are named together → the denials by the cells in them. */
  readonly #byCells = new Map<
    string,
    { readonly columns: readonly string[]; readonly denials: Map<string, Denial[]> }
  >();
  readonly #unfound = new Set<Denial>();

  constructor(denials: Iterable<Denial>) {
    for (const denial of denials) {
      this.#unfound.add(denial);
      const { who } = denial;
      if ('userId' in who) push(this.#byUser, who.userId.toLowerCase(), denial);
      else if ('userPrincipalName' in who) push(this.#byUser, fold(who.userPrincipalName), denial);
      else {
        const columns = Object.keys(who.account).sort();
        const name = columns.join('\u0000');
        const group = this.#byCells.get(name) ?? { columns, denials: new Map<string, Denial[]>() };
        this.#byCells.set(name, group);
        push(
          group.denials,
          rawOf(columns, (column) => who.account[column] ?? ''),
          denial,
        );
      }
    }
  }

  /** Those that mean this account. Where accounts have roles, one about another role does not. */
  of(row: HeldAccount, hasRoles: boolean): readonly Denial[] {
    const { user } = row;
    const found = [
      ...(user ? (this.#byUser.get(user.id.toLowerCase()) ?? []) : []),
      ...(user ? (this.#byUser.get(fold(user.userPrincipalName)) ?? []) : []),
      ...[...this.#byCells.values()].flatMap(({ columns, denials }) => denials.get(rawOf(columns, row.cell)) ?? []),
    ].filter(({ role }) => role === null || !hasRoles || isSameRole(role, row.role));
    for (const denial of found) this.#unfound.delete(denial);
    return found;
  }

  /** Those that have met no account: it was gone already, or was never there. */
  unfound(): readonly Denial[] {
    return [...this.#unfound];
  }
}

const push = (map: Map<string, Denial[]>, key: string, denial: Denial): void => {
  const there = map.get(key);
  if (there) there.push(denial);
  else map.set(key, [denial]);
};

/** What a new removal rests on besides the account and the denial. */
export interface RemovalBasis {
  readonly application: string;
  readonly applicationName: string;
  /** The hash of the roster in which the account stands. */
  readonly roster: string;
  /** ISO 8601, UTC. */
  readonly now: string;
  readonly due: string;
  readonly shown: readonly string[];
  readonly hasRoles: boolean;
}

/**
 * The removal that a denial makes of an account. An account by which no rule finds anything is told again by the cells that
 * named it.
 */
export const removalOf = (row: HeldAccount, denial: Denial, basis: RemovalBasis): Removal => {
  const { application, applicationName, roster, now, due, shown, hasRoles } = basis;
  const named = 'account' in denial.who ? denial.who.account : {};
  const columns = Object.keys(named).sort();
  const raw = rawOf(columns, row.cell);
  const identities = row.identities.length > 0 ? row.identities : [{ columns, value: raw, raw }];
  const role = hasRoles ? denial.role : null;
  const cells = [...new Set([...shown, ...columns])].map((column) => [column, row.cell(column)] as const);
  const { columns: by, value } = identities[0]!;
  return {
    id: sha256(canonicalJson([application, by, value, role === null ? null : fold(role)])).slice('sha256:'.length, 39),
    application,
    applicationName,
    account: {
      key: row.key || columns.map((column) => row.cell(column)).join(' '),
      identities,
      cells: Object.fromEntries(cells.filter(([, cell]) => cell !== '')),
      user: row.user,
    },
    role,
    cause: denial.cause,
    decidedAt: denial.at,
    since: denial.at < now ? denial.at : now,
    roster,
    due,
    state: 'open',
    order: null,
    failure: null,
    claimedAt: null,
    remindedAt: null,
    escalatedAt: null,
    exception: null,
    seen: null,
    confirmedBy: null,
  };
};
