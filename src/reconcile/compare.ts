// What is different between two rosters of one application.
import { PairSet } from '../model/pairs.ts';
import type { HeldAccount } from './denials.ts';
import { identityText, identityTexts, type ReadAccount } from './identify.ts';

/** An account that is told of. */
export interface ToldAccount {
  /** Its row in the roster in which it stands: the newer one, unless it is gone. */
  readonly row: number;
  /** The identifying value; without one, the cells that the row has. */
  readonly key: string;
  readonly role: string | null;
  /** The user principal name, where it is known. */
  readonly user: string | null;
  readonly userId: string | null;
}

export interface RosterDifferences {
  /** Accounts, of one with several roles each role. */
  readonly added: readonly ToldAccount[];
  readonly gone: readonly ToldAccount[];
  /** One that went and one that came, with the same user or another value in common. */
  readonly renamed: readonly (ToldAccount & { readonly was: string })[];
  readonly rolesGained: readonly ToldAccount[];
  readonly rolesLost: readonly ToldAccount[];
}

/**
 * Compares two rosters in two passes over each. Of accounts that stand in both only a digest is held in memory.
 * Where accounts have no roles, none is gained or lost.
 */
export const compareRosters = async (
  before: () => AsyncIterable<HeldAccount>,
  now: () => AsyncIterable<HeldAccount>,
): Promise<RosterDifferences> => {
  const old = await digestOf(before());
  const lost = new Differing();
  const come = new Differing();
  const newer = new PairSet();
  for await (const row of now()) {
    const text = accountText(row);
    newer.add(text, EVERY_ROLE);
    if (newer.add(text, roleText(row))) come.look(row, text, old);
  }
  const seen = new PairSet();
  for await (const row of before()) {
    const text = accountText(row);
    if (seen.add(text, roleText(row))) lost.look(row, text, newer);
  }
  const renamed = pairUp(lost.whole, come.whole);
  const cameAs = new Set(renamed.map(({ to }) => accountText(to)));
  const wentAs = new Set(renamed.map(({ from }) => accountText(from)));
  return {
    added: come.whole.filter((row) => !cameAs.has(accountText(row))).map(told),
    gone: lost.whole.filter((row) => !wentAs.has(accountText(row))).map(told),
    renamed: renamed.map(({ from, to }) => ({ ...told(to), was: keyOf(from) })),
    rolesGained: come.roles.map(told),
    rolesLost: lost.roles.map(told),
  };
};

/** Stands for an account, whatever its roles. No role is named so. */
const EVERY_ROLE = '\u0001';

const digestOf = async (rows: AsyncIterable<ReadAccount>): Promise<PairSet> => {
  const pairs = new PairSet();
  for await (const row of rows) {
    const text = accountText(row);
    pairs.add(text, EVERY_ROLE);
    pairs.add(text, roleText(row));
  }
  return pairs;
};

/** Accounts that the other roster lacks, and roles of accounts that it has. */
class Differing {
  readonly whole: HeldAccount[] = [];
  readonly roles: HeldAccount[] = [];

  look(row: HeldAccount, text: string, other: PairSet): void {
    if (!other.has(text, EVERY_ROLE)) this.whole.push(row);
    else if (!other.has(text, roleText(row))) this.roles.push(row);
  }
}

/** By what an account is told again; one by which no rule finds anything is told by its whole row. */
export const accountText = ({ identities, cells }: ReadAccount): string => {
  const [first] = identities;
  return first ? identityText(first.columns, first.value) : `\u0002${cells.map((cell) => cell ?? '').join('\u0000')}`;
};

const roleText = ({ role }: ReadAccount): string => role ?? '';

/** A value in common says more than a user, who may have several accounts. Each account is paired once. */
const pairUp = (
  gone: readonly HeldAccount[],
  added: readonly HeldAccount[],
): readonly { from: HeldAccount; to: HeldAccount }[] => {
  const pairs = new Map<string, { from: HeldAccount; to: HeldAccount }>();
  const taken = new Set<string>();
  const tokensBy = [
    (row: HeldAccount) => row.identities.flatMap(identityTexts),
    (row: HeldAccount) => (row.user ? [row.user.id] : []),
  ];
  for (const tokens of tokensBy) {
    const byToken = new Map<string, HeldAccount>();
    for (const row of gone) for (const token of tokens(row)) byToken.set(token, row);
    for (const to of added) {
      const text = accountText(to);
      if (pairs.has(text)) continue;
      const from = tokens(to)
        .map((token) => byToken.get(token))
        .find((row) => row !== undefined && !taken.has(accountText(row)));
      if (from === undefined) continue;
      taken.add(accountText(from));
      pairs.set(text, { from, to });
    }
  }
  return [...pairs.values()];
};

/** An account as it is told of. */
export const told = (row: HeldAccount): ToldAccount => ({
  row: row.n,
  key: keyOf(row),
  role: row.role,
  user: row.user?.userPrincipalName ?? null,
  userId: row.user?.id ?? null,
});

const LONGEST_KEY = 120;

const keyOf = ({ key, cells }: ReadAccount): string => {
  if (key !== '') return key;
  return cells
    .filter((cell) => cell !== null && cell !== '')
    .join(', ')
    .slice(0, LONGEST_KEY);
};
