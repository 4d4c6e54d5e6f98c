// rollcall review: starts, follows, reminds, decides, stops and reports reviews of the access.
import { basename, resolve } from 'node:path';
import { csvSource } from '../../collect/csv.ts';
import { NeedsPersonError } from '../../model/errors.ts';
import {
  applyReview,
  planApplying,
  planDecisions,
  planReminder,
  planReview,
  planStop,
  reviewResults,
  reviewStatus,
  takeRounds,
} from '../../pipeline.ts';
import type { PlanFile } from '../../plan/file.ts';
import { wantedDecisions } from '../../review/decisions.ts';
import type { Work } from '../../work.ts';
import { confirmPlan } from '../confirm.ts';
import type { Io } from '../io.ts';
import { print } from '../print/output.ts';
import { count, counted } from '../print/progress.ts';
import { appliedText, planText } from '../print/results.ts';
import { decisionTable, resultsText, statusText, takenText } from '../print/review.ts';
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
  next: readonly string[] | undefined,
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
  next: readonly string[] | undefined,
): Promise<number> => {
  const done = await applyReview(work, file, async (plan) => {
    if (!options.quiet && plan.footer.actions > 0) io.err(`${await planText(plan)}\n`);
    return plan.footer.actions === 0 || confirmPlan(work, plan, options, io);
  });
  if (done === undefined)
    throw new NeedsPersonError('Not applied: nothing was written.', 'Run the same command again to be asked again.');
  const { applied } = done;
  const { refused, notTried } = applied.results;
  const nothing = done.plan.footer.actions === 0 ? 'Nothing to do: it is so already.\n' : `${appliedText(applied)}\n`;
  const after = next ? `Next: ${commandLine(io.started, options, ...next)}` : '';
  await print({ data: { ...applied }, text: `${nothing}${after}`.trimEnd() }, options, io);
  return refused + notTried > 0 ? 2 : 0;
};

/** Of "rollcall apply", for a plan about a review. */
export const applyReviewPlan = (work: Work, file: string, options: CommonOptions, io: Io): Promise<number> =>
  carryOut(work, file, options, io, ['review', 'status']);

export const reviewStart = (options: ReviewOptions, io: Io): Promise<number> =>
  withWork(options, io, 'review start', async (work) => {
    const { plan, notes } = await planReview(work);
    if (!options.quiet) for (const note of notes) io.err(`${note}\n`);
    return planAndApply(work, plan, options, io, ['review', 'companion']);
  });

export const reviewRemind = (options: ReviewOptions, io: Io): Promise<number> =>
  withWork(options, io, 'review remind', async (work) =>
    planAndApply(work, await planReminder(work), options, io, ['review', 'status']),
  );

export interface StopOptions extends ReviewOptions {
  readonly series: boolean;
}

export const reviewStop = (options: StopOptions, io: Io): Promise<number> =>
  withWork(options, io, 'review stop', async (work) =>
    planAndApply(work, await planStop(work, { series: options.series }), options, io, ['review', 'results']),
  );

export interface ApplyReviewOptions extends ReviewOptions {
  readonly round?: number;
}

export const reviewApply = (options: ApplyReviewOptions, io: Io): Promise<number> =>
  withWork(options, io, 'review apply', async (work) =>
    planAndApply(work, await planApplying(work, options.round), options, io, ['review', 'results']),
  );

export interface DecideOptions extends ReviewOptions {
  readonly decisions: string;
}

export const reviewDecide = (options: DecideOptions, io: Io): Promise<number> =>
  withWork(options, io, 'review decide', async (work) => {
    const file = resolve(options.decisions);
    const source = csvSource({ kind: 'csv', path: file, encoding: 'auto', delimiter: 'auto' });
    const { columns, rows } = await source.open(io.signal);
    const said = await wantedDecisions(basename(file), columns, rows());
    const { plan, mine, open } = await planDecisions(work, said);
    if (!options.quiet)
      io.err(
        `Yours to decide: ${count(mine)}${open > 0 ? `; ${counted(open, 'of them stays', 'of them stay')} open` : ', and none stays open'}.\n`,
      );
    return planAndApply(work, plan, options, io, undefined);
  });

export interface RoundOptions extends CommonOptions {
  readonly round?: number;
}

export const reviewStatusCommand = (options: RoundOptions, io: Io): Promise<number> =>
  withWork(options, io, 'review status', async (work) => {
    const status = await reviewStatus(work, options.round);
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

export const reviewResultsCommand = (options: RoundOptions, io: Io): Promise<number> =>
  withWork(options, io, 'review results', async (work) => {
    const results = await reviewResults(work, options.round);
    const taken = await takeRounds(work, results);
    const sum = (what: 'added' | 'known' | 'unfound') => taken.reduce((total, one) => total + one[what], 0);
    const removals = { added: sum('added'), known: sum('known'), unfound: sum('unfound') };
    const next = results.isOpen ? ['review', 'status'] : ['removals', removals.added > 0 ? 'send' : 'list'];
    await print(
      {
        data: { ...results, ...(taken.length > 0 && { removals, taken }) },
        text: [resultsText(results), ...takenText(taken), `Next: ${commandLine(io.started, options, ...next)}`].join(
          '\n',
        ),
        table: decisionTable(results),
      },
      options,
      io,
    );
    const isWaiting = taken.some(({ waiting }) => waiting > 0);
    return results.isOpen || results.isClosing || removals.added > 0 || isWaiting ? 2 : 0;
  });
