// Match, as a command runs it: takes a roster, saves the outcomes, records them.
import { matchAccounts } from '../match/match.ts';
import type { StrategyChoice } from '../match/strategy.ts';
import type { Roster } from '../model/account.ts';
import { RollcallError } from '../model/errors.ts';
import { SequenceDigest } from '../model/hash.ts';
import { OutcomeCounter, outcomeEssence } from '../model/outcome.ts';
import type { PlanRow } from '../plan/plan.ts';
import type { Matching, Store } from '../store/store.ts';
import { type Cost, startMeter, type Work } from '../work.ts';

/** Roster → outcomes. */
export const match = async (
  work: Work,
  roster: Roster,
): Promise<{ matching: Matching; strategy: StrategyChoice | undefined; cost: Cost }> => {
  const { settings, store, signal } = work;
  const application = settings.application.uniqueName;
  const directory = await work.connect();
  const counter = new OutcomeCounter();
  const digest = new SequenceDigest();
  let strategy: StrategyChoice | undefined;
  const outcomes = async function* () {
    for await (const outcome of matchAccounts({
      roster,
      accounts: () => store.accounts(roster),
      settings: settings.match,
      directory,
      scratchFolder: settings.stateFolder,
      onProgress: ({ done, of }) => work.onProgress({ stage: 'match', done, of }),
      onStrategy: (choice) => {
        strategy = choice;
      },
      signal,
    })) {
      counter.add(outcome);
      digest.add(outcomeEssence(outcome));
      yield outcome;
    }
  };
  const meter = startMeter(work);
  const matching = await store.saveMatching(application, roster.hash, settings.hash, outcomes(), () => ({
    digest: digest.text(),
    counts: counter.counts(),
    spent: meter(),
    matchedAt: new Date(work.clock.now()).toISOString(),
  }));
  const { counts, digest: outcomesDigest } = matching;
  work.evidence.append({
    kind: 'matched',
    data: {
      roster: roster.hash,
      configuration: settings.hash,
      outcomes: outcomesDigest,
      counts,
      strategy: strategy?.strategy,
    },
  });
  return { matching, strategy, cost: meter() };
};

/** The newest outcomes, if they are of this roster and configuration; else an error that says what to run. */
export const newestMatching = async ({ store, settings }: Work, roster: Roster): Promise<Matching> => {
  const matching = await store.latestMatching(settings.application.uniqueName);
  const problem =
    matching === undefined
      ? `The roster of ${settings.application.displayName} has not been matched yet.`
      : matching.roster !== roster.hash
        ? 'The newest outcomes are of an older roster.'
        : matching.configuration !== settings.hash
          ? 'The configuration has changed since the roster was matched.'
          : undefined;
  if (matching && problem === undefined) return matching;
  throw new RollcallError(problem!, 'Run "rollcall match" first, or "rollcall run" to do everything in one go.');
};

/** Every account with its outcome, in row order. */
export async function* planRows(store: Store, roster: Roster, matching: Matching): AsyncGenerator<PlanRow> {
  const outcomes = store.outcomes(matching);
  for await (const account of store.accounts(roster)) {
    const { value: outcome } = await outcomes.next();
    if (outcome?.n !== account.n) throw new RangeError(`row ${account.n} has no outcome`);
    yield { account, outcome };
  }
}
