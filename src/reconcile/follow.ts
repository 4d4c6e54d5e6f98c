// What a complete roster says of each removal: still there, there under another identifying value, or gone.
import { fold } from '../model/fold.ts';
import type { Removal } from '../model/removal.ts';
import type { HeldAccount } from './denials.ts';
import { identityTexts, isSameRole, type ReadAccount } from './identify.ts';
import { RemovalIndex } from './removal-index.ts';

export interface Verdict {
  readonly removal: Removal;
  readonly isThere: boolean;
  /** The identifying value under which it stands now. */
  readonly as?: string;
}

/** An account that stands where a removal's has gone: it has the same user, or a further value in common. */
interface Candidate {
  readonly removal: Removal;
  readonly row: number;
  readonly key: string;
  readonly text: string;
  /** A value in common says more than a user who may have had two accounts. */
  readonly sharesValue: boolean;
}

/**
 * Is shown every account of a complete roster, then says of each removal whether it stands there. An account that stood
 * beside the removed one when it was decided is another one; so the candidates are looked for in that roster, too.
 */
export class RosterFollower {
  readonly #removals: readonly Removal[];
  readonly #index: RemovalIndex;
  readonly #byUser = new Map<string, Removal[]>();
  readonly #bySecond = new Map<string, Removal[]>();
  readonly #there = new Set<string>();
  #candidates: Candidate[] = [];

  constructor(removals: readonly Removal[]) {
    this.#removals = removals;
    this.#index = new RemovalIndex(removals);
    for (const removal of removals) {
      const { user, identities } = removal.account;
      if (user) push(this.#byUser, user.id, removal);
      for (const text of identities.slice(1).flatMap(identityTexts)) push(this.#bySecond, text, removal);
    }
  }

  /** An account of the roster that is looked at. */
  see(row: HeldAccount): void {
    const own = this.#index.ofAccount(row).filter((removal) => isMeant(removal, row));
    for (const { id } of own) this.#there.add(id);
    if (own.length > 0) return;
    const byValue = new Set(row.identities.flatMap(identityTexts).flatMap((text) => this.#bySecond.get(text) ?? []));
    const byUser = row.user ? (this.#byUser.get(row.user.id) ?? []) : [];
    for (const removal of new Set([...byValue, ...byUser])) {
      if (!isMeant(removal, row)) continue;
      const { n, key } = row;
      this.#candidates.push({ removal, row: n, key, text: standing(removal, row), sharesValue: byValue.has(removal) });
    }
  }

  /** The rosters of the decisions whose accounts are to be shown by {@link seeBefore}. */
  rostersBefore(): readonly string[] {
    this.#candidates = this.#candidates.filter(({ removal }) => !this.#there.has(removal.id));
    return [...new Set(this.#candidates.map(({ removal }) => removal.roster))];
  }

  /** Drops the candidates that stood in the roster of the decision already. */
  async seeBefore(roster: string, rows: AsyncIterable<ReadAccount>): Promise<void> {
    const here = this.#candidates.filter(({ removal }) => removal.roster === roster);
    const wanted = new Set(here.map(({ text }) => text));
    const known = new Set<string>();
    for await (const row of rows) {
      for (const whole of [true, false]) {
        const text = textOf(row, whole);
        if (wanted.has(text)) known.add(text);
      }
    }
    this.#candidates = this.#candidates.filter(({ removal, text }) => removal.roster !== roster || !known.has(text));
  }

  /** What is said of each removal. An account stands for one removal at most. */
  verdicts(): readonly Verdict[] {
    const as = new Map<string, string>();
    const taken = new Set<number>();
    for (const sharesValue of [true, false]) {
      for (const { removal, row, key } of this.#candidates.filter((one) => one.sharesValue === sharesValue)) {
        if (as.has(removal.id) || taken.has(row)) continue;
        as.set(removal.id, key);
        taken.add(row);
      }
    }
    return this.#removals.map((removal) => {
      const other = this.#there.has(removal.id) ? undefined : as.get(removal.id);
      const isThere = this.#there.has(removal.id) || other !== undefined;
      return { removal, isThere, ...(other !== undefined && { as: other }) };
    });
  }
}

const isMeant = ({ role }: Removal, row: ReadAccount): boolean => role === null || isSameRole(role, row.role);

/** Where a whole account must go, its roles do not matter. */
const standing = ({ role }: Removal, row: ReadAccount): string => textOf(row, role === null);

const textOf = ({ identities, role }: ReadAccount, whole: boolean): string =>
  `${identities[0] === undefined ? '' : identityTexts(identities[0])[0]}\u0002${whole ? '' : fold(role ?? '')}`;

const push = (map: Map<string, Removal[]>, key: string, removal: Removal): void => {
  const there = map.get(key);
  if (there) there.push(removal);
  else map.set(key, [removal]);
};
