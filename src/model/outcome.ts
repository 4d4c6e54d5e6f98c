// What matching said of each account: exactly one outcome a row, with the evidence for it.

export const OUTCOME_KINDS = [
  'matched',
  'notQueried',
  'duplicate',
  'notMatched',
  'ambiguous',
  'queryFailed',
  'ignored',
] as const;

export type OutcomeKind = (typeof OUTCOME_KINDS)[number];

/** A user as matching saw it. `accountEnabled` is null where the directory did not say. */
export interface MatchedUser {
  readonly id: string;
  readonly userPrincipalName: string;
  readonly displayName: string;
  readonly accountEnabled: boolean | null;
}

/** One rule's question about one account: the value that was compared, and how many users answered to it. */
export interface Comparison {
  /** The rule's place in the configuration, from 1. */
  readonly rule: number;
  /** In words: `userPrincipalName equals`. */
  readonly test: string;
  readonly value: string;
  /** Users found; null when the query failed or the value could not be asked for. */
  readonly found: number | null;
}

export interface Outcome {
  /** The account's row number in its roster. */
  readonly n: number;
  readonly kind: OutcomeKind;
  /** Who decided: a rule's number, or the administrator's overrides. */
  readonly by?: number | 'override';
  readonly user?: MatchedUser;
  readonly comparisons: readonly Comparison[];
  /** Of an ambiguous account: everyone it could be, in the order of their ids. */
  readonly candidates?: readonly MatchedUser[];
  /** Of a duplicate: the row that counts. Of a further role: the row that holds the account's first. */
  readonly sameAs?: number;
  /** Of a matched account: an earlier row that matched the same user by another value. */
  readonly sharesUserWith?: number;
  /** In words: why the query failed, why it is ignored, why a value was not asked for. */
  readonly reason?: string;
}

/**
 * The totals of one matching. The seven kinds add up to `rows`, always; notEnabled and sharesUser, those whose user an
 * earlier account has by another value, are parts of matched.
 */
export type OutcomeCounts = Readonly<Record<OutcomeKind, number>> & {
  readonly rows: number;
  readonly notEnabled: number;
  readonly sharesUser: number;
};

/** Counts outcomes as they pass. */
export class OutcomeCounter {
  readonly #kinds = Object.fromEntries(OUTCOME_KINDS.map((kind) => [kind, 0])) as Record<OutcomeKind, number>;
  #rows = 0;
  #notEnabled = 0;
  #sharesUser = 0;

  add(outcome: Outcome): void {
    this.#rows += 1;
    this.#kinds[outcome.kind] += 1;
    if (isNotEnabled(outcome)) this.#notEnabled += 1;
    if (sharesUser(outcome)) this.#sharesUser += 1;
  }

  counts(): OutcomeCounts {
    return { rows: this.#rows, ...this.#kinds, notEnabled: this.#notEnabled, sharesUser: this.#sharesUser };
  }
}

/** What of an outcome a plan rests on, as a text; the digest of a matching is made of these. */
export const outcomeEssence = ({ n, kind, user, candidates }: Outcome): string =>
  [n, kind, user?.id, user?.accountEnabled, ...(candidates ?? []).map(({ id }) => id)].join(' ');

/** A matched user who cannot sign in. */
export const isNotEnabled = (outcome: Outcome): boolean =>
  outcome.kind === 'matched' && outcome.user?.accountEnabled === false;

/**
 * An account of its own whose user an earlier account has, too. Its further roles are no further accounts, and where an
 * override says so, somebody has decided it.
 */
const sharesUser = ({ sharesUserWith, sameAs, by }: Outcome): boolean =>
  sharesUserWith !== undefined && sameAs === undefined && by !== 'override';
