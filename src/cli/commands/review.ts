// rollcall review: starts, follows, reminds, decides, stops and reports reviews of the access.
import { basename, resolve } from 'node:path';
import { csvSource } from '../../collect/csv.ts';
import { NeedsPersonError } from '../../model/errors.ts';
import {
  applyReview,
  asDecisions,
  newestMatching,
  newestRoster,
  planDecisions,
  planReview,
  planRoundAction,
  reviewResults,
  reviewStatus,
  takeDecisions,
} from '../../pipeline.ts';
import type { PlanFile } from '../../plan/file.ts';
import { wantedDecisions } from '../../review/decisions.ts';
import type { Work } from '../../work.ts';
import { confirmPlan } from '../confirm.ts';
import type { Io } from '../io.ts';
import { print } from '../print/output.ts';
import { count } from '../print/progress.ts';
import { appliedText, planText } from '../print/results.ts';
import { decisionTable, resultsText, statusText } from '../print/review.ts';
import type { CommonOptions } from '../program.ts';
import { commandLine } from '../started.ts';
import { withWork } from '../with-work.ts';
import { planStatus, printPlan } from './plan.ts';

export interface ReviewOptions extends CommonOptions {
  readonly whatIf: boolean;
  readonly dryRun: boolean;
  readonly allow?: readonly string[];
}

/** Makes a plan, shows it, and carries it out if a person agrees. */
const planAndApply = async (
  work: Work,
  plan: PlanFile,
  options: ReviewOptions,
  io: Io,
  next: readonly string[],
): Promise<number> => {
  if (options.whatIf || options.dryRun) {
    await printPlan(plan, work.usage().requests, options, io);
    return planStatus(plan);
  }
  return carryOut(work, plan.file, options, io, next);
};

const carryOut = async (
  work: Work,
  file: string,
  options: CommonOptions,
  io: Io,
  next: readonly string[],
): Promise<number> => {
  const done = await applyReview(work, file, async (plan) => {
    if (!options.quiet && plan.footer.actions > 0) io.err(`${await planText(plan)}\n`);
    return plan.footer.actions === 0 || confirmPlan(work, plan, options, io);
  });
  if (done === undefined)
    throw new NeedsPersonError('Not applied: nothing was written.', 'Run the same command again to be asked again.');
  const { applied } = done;
  const { refused, notTried } = applied.results;
  const command = commandLine(io.started, options, ...next);
  const nothing = done.plan.footer.actions === 0 ? 'Nothing to do: it is so already.\n' : `${appliedText(applied)}\n`;
  await print({ data: { ...applied }, text: `${nothing}Next: ${command}` }, options, io);
  return refused + notTried > 0 ? 2 : 0;
};

/** Of "rollcall apply", for a plan about a review. */
export const applyReviewPlan = (work: Work, file: string, options: CommonOptions, io: Io): Promise<number> =>
  carryOut(work, file, options, io, ['review', 'status']);

export const reviewStart = (options: ReviewOptions, io: Io): Promise<number> =>
  withWork(options, io, 'review start', async (work) =>
    planAndApply(work, await planReview(work), options, io, ['review', 'status']),
  );

export const reviewRemind = (options: ReviewOptions, io: Io): Promise<number> =>
  withWork(options, io, 'review remind', async (work) =>
    planAndApply(work, await planRoundAction(work, 'remindReviewers'), options, io, ['review', 'status']),
  );

export const reviewStop = (options: ReviewOptions, io: Io): Promise<number> =>
  withWork(options, io, 'review stop', async (work) =>
    planAndApply(work, await planRoundAction(work, 'stopReview'), options, io, ['review', 'results']),
  );

export const reviewApply = (options: ReviewOptions, io: Io): Promise<number> =>
  withWork(options, io, 'review apply', async (work) =>
    planAndApply(work, await planRoundAction(work, 'applyDecisions'), options, io, ['review', 'results']),
  );

export interface DecideOptions extends ReviewOptions {
  readonly decisions: string;
}

export const reviewDecide = (options: DecideOptions, io: Io): Promise<number> =>
  withWork(options, io, 'review decide', async (work) => {
    const file = resolve(options.decisions);
    const source = csvSource({ kind: 'csv', path: file, encoding: 'auto', delimiter: 'auto' });
    const { columns, rows } = await source.open(io.signal);
    const wanted = await wantedDecisions(basename(file), columns, rows());
    return planAndApply(work, await planDecisions(work, wanted), options, io, ['review', 'status']);
  });

export const reviewStatusCommand = (options: CommonOptions, io: Io): Promise<number> =>
  withWork(options, io, 'review status', async (work) => {
    const status = await reviewStatus(work);
    const next = status.isOpen
      ? commandLine(io.started, options, 'review', status.notBegun.length > 0 ? 'remind' : 'status')
      : commandLine(io.started, options, 'review', 'results');
    await print(
      {
        data: { ...status },
        text: `${statusText(status)}\nNext: ${next}`,
        table: {
          columns: ['reviewer', 'decided'],
          rows: (async function* () {
            for (const { reviewer, decided } of status.byReviewer) yield [reviewer, decided];
            for (const reviewer of status.notBegun) yield [reviewer, 0];
          })(),
        },
      },
      options,
      io,
    );
    return status.isOpen && status.decided < status.people ? 2 : 0;
  });

export const reviewResultsCommand = (options: CommonOptions, io: Io): Promise<number> =>
  withWork(options, io, 'review results', async (work) => {
    const results = await reviewResults(work);
    const removals = results.isOpen ? undefined : await removalsOf(work, results);
    const next = removals?.added
      ? `${count(removals.added)} refused accounts are to be removed from the application.\nNext: ${commandLine(io.started, options, 'removals', 'send')}`
      : `Next: ${commandLine(io.started, options, results.isOpen ? 'review' : 'removals', results.isOpen ? 'status' : 'list')}`;
    await print(
      {
        data: { ...results, ...(removals && { removals }) },
        text: `${resultsText(results)}\n${next}`,
        table: decisionTable(results),
      },
      options,
      io,
    );
    return results.isOpen || (removals?.added ?? 0) > 0 ? 2 : 0;
  });

/** What was refused becomes removals, once: whoever looks again changes nothing. */
const removalsOf = async (work: Work, results: Parameters<typeof asDecisions>[0]) => {
  const roster = await newestRoster(work);
  const matching = await newestMatching(work, roster);
  const { added, known, unfound } = await takeDecisions(work, roster, matching, asDecisions(results, work.clock.now()));
  return { added: added.length, known, unfound: unfound.length };
};
