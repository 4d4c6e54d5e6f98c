// Follows removals up in a complete roster: closes what is absent, and tells what stands there still, or again.
import type { Roster } from '../model/account.ts';
import type { Removal } from '../model/removal.ts';
import { RosterFollower } from '../reconcile/follow.ts';
import type { Matching } from '../store/store.ts';
import type { Work } from '../work.ts';
import { allRemovals, changeBy, heldRows, keepChanges, readRows } from './removals.ts';

/** What a complete roster says of the removals. Each is in one of the lists, unless it is confirmed since long. */
export interface FollowedUp {
  /** Gone: confirmed by this roster. */
  readonly confirmed: readonly Removal[];
  /** Was gone, or claimed to be, and stands there. */
  readonly returned: readonly Removal[];
  /** Stands there, and nobody has claimed otherwise. */
  readonly remaining: readonly Removal[];
  /** What this roster cannot tell of, and why. They stay as they are. */
  readonly untold: readonly { readonly removal: Removal; readonly reason: string }[];
}

/** Holds every removal against a complete roster with its outcomes. */
export const followUp = async (work: Work, roster: Roster, matching: Matching): Promise<FollowedUp> => {
  const { store, settings, evidence } = work;
  const removals = await allRemovals(work);
  const lackingOf = ({ account }: Removal) =>
    account.identities[0]!.columns.find((column) => !roster.columns.includes(column));
  const untold: FollowedUp['untold'][number][] = removals
    .filter((removal) => removal.state !== 'confirmed' && lackingOf(removal) !== undefined)
    .map((removal) => ({
      removal,
      reason: `the roster has no column "${lackingOf(removal)}", by which it is told again`,
    }));
  const follower = new RosterFollower(removals.filter((removal) => lackingOf(removal) === undefined));
  for await (const row of heldRows(work, roster, matching)) follower.see(row);
  for (const hash of follower.rostersBefore()) {
    const before = await store.roster(settings.application.uniqueName, hash);
    if (before) await follower.seeBefore(hash, readRows(store, settings, before));
  }

  const isBlind = matching.counts.queryFailed > 0;
  const confirmed: Removal[] = [];
  const returned: Removal[] = [];
  const remaining: Removal[] = [];
  const changes: NonNullable<ReturnType<typeof changeBy>>[] = [];
  for (const { removal, isThere, as } of follower.verdicts()) {
    const { state, account } = removal;
    if (state !== 'confirmed' && roster.collectedAt <= removal.since) {
      untold.push({
        removal,
        reason: `the roster is of ${roster.collectedAt}, before it was decided: collect a newer one`,
      });
      continue;
    }
    if (!isThere && state !== 'confirmed' && isBlind && account.user) {
      const failed = `${matching.counts.queryFailed} accounts could not be looked up, and one of them may be its user's`;
      untold.push({ removal, reason: failed });
      continue;
    }
    const event = isThere
      ? ({ kind: 'present', at: roster.collectedAt, roster: roster.hash, ...(as !== undefined && { as }) } as const)
      : ({ kind: 'absent', at: roster.collectedAt, roster: roster.hash } as const);
    const change = changeBy(removal, event);
    if (change) changes.push(change);
    const after = change?.after ?? removal;
    if (after.state !== 'confirmed') (after.state === 'returned' ? returned : remaining).push(after);
    else if (state !== 'confirmed') confirmed.push(after);
  }
  await keepChanges(work, changes);
  const counts = { confirmed: confirmed.length, returned: returned.length, remaining: remaining.length };
  evidence.append({ kind: 'removalsFollowed', data: { roster: roster.hash, ...counts, untold: untold.length } });
  return { confirmed, returned, remaining, untold };
};
