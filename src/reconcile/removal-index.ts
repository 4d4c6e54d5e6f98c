// Removals by the accounts that they are about, so that each account of a roster finds its own.
import type { Removal } from '../model/removal.ts';
import { identityText, identityTexts, isSameRole, type ReadAccount, rawOf } from './identify.ts';

export class RemovalIndex {
  readonly #byIdentity = new Map<string, Removal[]>();
  /** The columns in which removals have their identifying value. A roster that lacks them says nothing of those. */
  readonly #columns = new Map<string, readonly string[]>();

  constructor(removals: Iterable<Removal> = []) {
    for (const removal of removals) this.add(removal);
  }

  add(removal: Removal): void {
    const identity = removal.account.identities[0]!;
    this.#columns.set(identity.columns.join('\u0000'), identity.columns);
    for (const text of identityTexts(identity)) {
      const there = this.#byIdentity.get(text);
      if (there) there.push(removal);
      else this.#byIdentity.set(text, [removal]);
    }
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

  /** The removal of just this account and role, if there is one. */
  of(row: ReadAccount, role: string | null): Removal | undefined {
    return this.ofAccount(row).find((removal) => isSameRole(removal.role, role));
  }
}
