// rollcall apply: carries a saved plan out, and verifies it.
import { resolve } from 'node:path';
import { attention } from '../../attention.ts';
import { NeedsPersonError, RollcallError } from '../../model/errors.ts';
import { apply as applyPlan, verify } from '../../pipeline.ts';
import { openPlan, PlanAlteredError } from '../../plan/file.ts';
import type { Work } from '../../work.ts';
import { confirmPlan } from '../confirm.ts';
import type { Io } from '../io.ts';
import { print } from '../print/output.ts';
import { count } from '../print/progress.ts';
import { appliedText, planText, verifiedText } from '../print/results.ts';
import type { CommonOptions } from '../program.ts';
import { commandLine } from '../started.ts';
import { withWork } from '../with-work.ts';
import { planStatus, printPlan } from './plan.ts';
import { applyReviewPlan } from './review.ts';

export interface ApplyOptions extends CommonOptions {
  readonly plan?: string;
  readonly whatIf: boolean;
  readonly dryRun: boolean;
  readonly allow: readonly string[];
  readonly lagLimit: number;
}

export const apply = (options: ApplyOptions, io: Io): Promise<number> =>
  withWork(options, io, 'apply', async (work) => {
    const file = options.plan ? resolve(options.plan) : await newestPlanFile(work);
    if (options.whatIf || options.dryRun) {
      const plan = await openPlan(file);
      await printPlan(plan, 0, options, io);
      return planStatus(plan);
    }
    if (await isAboutReview(file)) return applyReviewPlan(work, file, options, io);
    const since = new Date().toISOString();
    const done = await applyPlan(work, file, async (plan) => {
      if (!options.quiet && plan.footer.actions > 0) io.err(`${await planText(plan)}\n`);
      return confirmPlan(work, plan, options, io);
    });
    if (done === undefined)
      throw new NeedsPersonError('Not applied: nothing was written.', 'Run the same command again to be asked again.');
    const { roster, matching, plan, applied } = done;
    const verified = await verify(work, roster, matching, { plan: applied.plan, since });
    const needs = attention({ matching, plan, applied, verified });
    const { failures, ...rest } = applied;
    await print(
      {
        data: { ...rest, failures, verified: { ...verified, missing: verified.missing }, needPerson: needs.total },
        text: [
          appliedText(applied),
          verifiedText(verified),
          ...needs.reasons.map((reason) => `  ${count(reason.count).padStart(5)}  ${reason.text}`),
          `Next: ${commandLine(io.started, options, 'report')}`,
        ].join('\n'),
      },
      options,
      io,
    );
    return needs.total > 0 ? 2 : 0;
  });

/** One that was altered is refused by whoever applies it, who knows what stood there before. */
const isAboutReview = async (file: string): Promise<boolean> => {
  try {
    return (await openPlan(file)).header.about === 'review';
  } catch (error) {
    if (error instanceof PlanAlteredError) return false;
    throw error;
  }
};

const newestPlanFile = async ({ store, settings }: Work): Promise<string> => {
  const newest = await store.latestPlan(settings.application.uniqueName);
  if (newest) return newest.file;
  throw new RollcallError(
    `No plan of ${settings.application.displayName} has been made here.`,
    'Run "rollcall plan" first, or name a plan file with --plan.',
  );
};
