// What the rosters say of the access that a review is about: roles with their holders, and what changed since the last review.
import { cellReader, type Roster } from '../model/account.ts';
import { PairSet } from '../model/pairs.ts';
import { roleOf } from '../plan/roles.ts';
import type { RosterDifferences } from '../reconcile/compare.ts';
import type { ChangeCounts, Described, RoleTold } from '../review/describe.ts';
import type { Matching } from '../store/store.ts';
import type { Work } from '../work.ts';
import { planRows } from './match.ts';
import { compareTwo, storedRows } from './reconcile.ts';
import { type Round, rosterOfRound, roundsOf } from './rounds.ts';

/** What is different since the round before. `differences` is null where its roster is not known any more. */
export interface SinceLast {
  readonly round: Round;
  readonly roster: Roster | undefined;
  readonly differences: RosterDifferences | null;
}

/** Compares a roster with the one that a round was about. */
export const sinceRound = async (work: Work, round: Round, now: Roster): Promise<SinceLast> => {
  const roster = await rosterOfRound(work, round);
  const differences = roster ? await compareTwo(work, storedRows(work, roster), storedRows(work, now)) : null;
  return { round, roster, differences };
};

/** The roles that the roster's people hold, by name, with what they mean where somebody has said it. */
export const rolesTold = async (
  { store, settings }: Pick<Work, 'store' | 'settings'>,
  roster: Roster,
  matching: Matching,
): Promise<readonly RoleTold[]> => {
  const { byName, column } = settings.roleDescriptions;
  const read = cellReader(roster.columns);
  const seen = new PairSet();
  const roles = new Map<string, { description: string | null; people: number }>();
  for await (const { account, outcome } of planRows(store, roster, matching)) {
    const choice = roleOf(settings.roles, (name) => read(account, name));
    if (!('name' in choice)) continue;
    const { name } = choice;
    const role = roles.get(name) ?? { description: Object.hasOwn(byName, name) ? byName[name]! : null, people: 0 };
    roles.set(name, role);
    if (column !== null) role.description ??= read(account, column).trim() || null;
    if (outcome.kind === 'matched' && outcome.user && seen.add(outcome.user.id, name)) role.people += 1;
  }
  return [...roles].map(([name, role]) => ({ name, ...role })).sort((a, b) => (a.name < b.name ? -1 : 1));
};

/** What a review that is about to start says of the access. */
export const accessTold = async (
  work: Work,
  roster: Roster,
  matching: Matching,
  { servicePrincipalId, people }: { readonly servicePrincipalId: string; readonly people: number },
): Promise<Described> => {
  const {
    earlier: [last],
  } = await roundsOf(work, servicePrincipalId, 1);
  const since = last && (await sinceRound(work, last, roster));
  return {
    people,
    roster,
    roles: await rolesTold(work, roster, matching),
    last: since
      ? {
          on: since.round.instance.startsAt.slice(0, 10),
          changes: since.differences && changeCounts(since.differences),
        }
      : null,
  };
};

export const changeCounts = ({ added, gone, renamed, rolesGained, rolesLost }: RosterDifferences): ChangeCounts => ({
  added: added.length,
  gone: gone.length,
  renamed: renamed.length,
  rolesGained: rolesGained.length,
  rolesLost: rolesLost.length,
});
