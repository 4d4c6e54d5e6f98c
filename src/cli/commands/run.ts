// rollcall run: collect, match, plan, apply and verify in one go.
import { resolve } from 'node:path';
import { attention } from '../../attention.ts';
import { NeedsPersonError } from '../../model/errors.ts';
import type { Strategy } from '../../model/settings.ts';
import { run as runAll } from '../../pipeline.ts';
import { checkReportFiles, usualFiles, writeReports } from '../../reporting/reports.ts';
import { confirmPlan } from '../confirm.ts';
import type { Io } from '../io.ts';
import { print } from '../print/output.ts';
import { outcomesText, planText, strategyText } from '../print/results.ts';
import { runSummary, runTotals } from '../print/summary.ts';
import type { CommonOptions } from '../program.ts';
import { commandLine } from '../started.ts';
import { withWork } from '../with-work.ts';
import { planStatus, printPlan } from './plan.ts';

export interface RunOptions extends CommonOptions {
  readonly whatIf: boolean;
  readonly dryRun: boolean;
  readonly strategy?: Strategy;
  readonly allow: readonly string[];
  readonly lagLimit: number;
  readonly report?: string;
  readonly from?: string;
}

export const run = async (options: RunOptions, io: Io): Promise<number> => {
  const wanted = options.report === undefined ? undefined : [resolve(options.report)];
  checkReportFiles(wanted ?? []);
  return withWork(options, io, 'run', async (work) => {
    const planOnly = options.whatIf || options.dryRun;
    const say = (text: string) => {
      if (!options.quiet && options.output === 'text') io.err(`${text}\n`);
    };
    const result = await runAll(work, {
      planOnly,
      confirm: async ({ matching, strategy, plan }) => {
        say(outcomesText(matching.counts));
        if (strategy) say(strategyText(strategy));
        say(await planText(plan));
        return plan.footer.actions === 0 || confirmPlan(work, plan, options, io);
      },
    });
    if (planOnly) {
      await printPlan(result.plan, result.costs.plan?.requests ?? 0, options, io);
      return planStatus(result.plan);
    }
    if (!result.applied)
      throw new NeedsPersonError('Not applied: nothing was written.', 'Run the same command again to be asked again.');

    const { displayName } = work.settings.application;
    const reports = await writeReports(work, wanted ?? usualFiles(work));
    const evidence = { file: work.evidenceFile, head: work.evidence.head() };
    const needsPerson = attention(result).total > 0;
    const next = needsPerson
      ? `Next: open the report and decide. When the decisions are made, type:\n  ${commandLine(io.started, options, 'run')}`
      : `Next, whenever you want to know whether it is still so:\n  ${commandLine(io.started, options, 'verify')}`;
    await print(
      {
        data: { application: displayName, ...runTotals(result), reports, evidence },
        text: runSummary(result, displayName, { reports, evidence, next }),
      },
      options,
      io,
    );
    return needsPerson ? 2 : 0;
  });
};
