// Removals by the accounts that they are about, so that each account of a roster finds its own.
import { fold } from '../model/fold.ts';
import type { Removal } from '../model/removal.ts';
import { identityText, identityTexts, isSameRole, type ReadAccount, rawOf } from './identify.ts';

export class RemovalIndex {
  readonly #byIdentity = new Map<string, Removal[]>();
  /** By the identifying value under which the newest roster has the account, where that is another one. */
  readonly #byOther = new Map<string, Removal[]>();
  /** The columns in which removals have their identifying value. A roster that lacks them says nothing of those. */
  readonly #columns = new Map<string, readonly string[]>();

  constructor(removals: Iterable<Removal> = []) {
    for (const removal of removals) this.add(removal);
  }

  add(removal: Removal): void {
    const identity = removal.account.identities[0]!;
    this.#columns.set(identity.columns.join('\u0000'), identity.columns);
    for (const text of identityTexts(identity)) push(this.#byIdentity, text, removal);
    if (removal.seen?.as) push(this.#byOther, fold(removal.seen.as), removal);
  }

  /** The removals of an account, whatever their roles. */
  ofAccount(row: ReadAccount): readonly Removal[] {
    if (this.#byIdentity.size === 0) return [];
    const found = new Set<Removal>();
    const look = (text: string) => {
      for (const removal of this.#byIdentity.get(text) ?? []) found.add(removal);
    };
    for (const columns of this.#columns.values()) {
      const raw = rawOf(columns, row.cell);
      if (raw !== '') look(identityText(columns, raw));
    }
    for (const identity of row.identities) for (const text of identityTexts(identity)) look(text);
    return [...found];
  }

  /** The removals of an account, also those of an account that stands as this one now. */
  ofStanding(row: ReadAccount): readonly Removal[] {
    const renamed = row.key === '' ? undefined : this.#byOther.get(fold(row.key));
    return renamed ? [...new Set([...this.ofAccount(row), ...renamed])] : this.ofAccount(row);
  }

  /** The removal of just this account and role, if there is one; its own before that of one that stands as it now. */
  of(row: ReadAccount, role: string | null): Removal | undefined {
    return this.ofStanding(row).find((removal) => isSameRole(removal.role, role));
  }
}

const push = (map: Map<string, Removal[]>, text: string, removal: Removal): void => {
  const there = map.get(text);
  if (there) there.push(removal);
  else map.set(text, [removal]);
};
