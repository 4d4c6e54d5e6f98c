// Collect, as a command runs it: reads the source, saves the roster, records it.
import { collectRoster } from '../collect/collect.ts';
import { checkColumns } from '../config/columns.ts';
import type { Roster } from '../model/account.ts';
import { RollcallError } from '../model/errors.ts';
import { type Cost, measured, type Work } from '../work.ts';

/** Source → roster. */
export const collect = async (work: Work): Promise<{ roster: Roster; cost: Cost }> => {
  const { settings, store, source, signal } = work;
  const application = settings.application.uniqueName;
  const before = await store.latestRoster(application);
  const { result: roster, cost } = await measured(work, () =>
    collectRoster({
      application,
      source,
      checkColumns: (columns, notes) => checkColumns(settings, columns, notes),
      lastRows: before?.rows,
      lastCollectedAt: before?.collectedAt,
      guards: settings.guards,
      complete: settings.complete,
      accounts: settings.accounts,
      allow: new Set(work.allow),
      clock: work.clock,
      signal,
      save: (columns, rows, finish) => store.saveRoster(application, columns, rows, finish),
      onProgress: (done) => work.onProgress({ stage: 'collect', done, of: null }),
    }),
  );
  const { hash, rows, columns, source: from, notes } = roster;
  const data = { roster: hash, rows, columns, source: from, notes, allowed: work.allow };
  work.evidence.append({ kind: 'collected', data });
  return { roster, cost };
};

/** The newest roster; an error that says how to get one, if there is none. */
export const newestRoster = async ({ store, settings }: Work): Promise<Roster> => {
  const roster = await store.latestRoster(settings.application.uniqueName);
  if (roster) return roster;
  throw new RollcallError(
    `There is no roster of ${settings.application.displayName} yet.`,
    'Run "rollcall collect" first, or "rollcall run" to do everything in one go.',
  );
};
