// rollcall plan: outcomes to plan. Writes nothing to the directory.
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { RollcallError } from '../../model/errors.ts';
import { newestMatching, newestRoster, plan as planChanges } from '../../pipeline.ts';
import type { PlanFile } from '../../plan/file.ts';
import type { Io } from '../io.ts';
import { print } from '../print/output.ts';
import { planText } from '../print/results.ts';
import type { CommonOptions } from '../program.ts';
import { commandLine, shownPath } from '../started.ts';
import { withWork } from '../with-work.ts';

export interface PlanOptions extends CommonOptions {
  readonly to?: string;
  readonly unassign: boolean;
}

export const plan = (options: PlanOptions, io: Io): Promise<number> =>
  withWork(options, io, 'plan', async (work) => {
    const roster = await newestRoster(work);
    const matching = await newestMatching(work, roster);
    const { plan: made, cost } = await planChanges(work, roster, matching, { unassign: options.unassign });
    const to = options.to && resolve(options.to);
    if (to) await copyPlan(made.file, to);
    await printPlan(to ? { ...made, file: to } : made, cost.requests, options, io);
    return planStatus(made);
  });

const copyPlan = async (file: string, to: string): Promise<void> => {
  try {
    await mkdir(dirname(to), { recursive: true });
    await copyFile(file, to);
  } catch (error) {
    throw new RollcallError(
      `The plan cannot be written to ${to}: ${(error as Error).message}.`,
      `It is kept as ${shownPath(file)}. Check that the folder can be written to, or name another file with --to.`,
      { cause: error },
    );
  }
};

/** Prints a plan's summary, or all of its actions as CSV. */
export const printPlan = async (plan: PlanFile, requests: number, options: CommonOptions, io: Io): Promise<void> => {
  const { footer, header, file } = plan;
  const command = commandLine(io.started, options, 'apply', '--plan', shownPath(file));
  const next = footer.actions === 0 ? '' : `\nNext: read it, then type:\n  ${command}`;
  await print(
    {
      data: { file, ...header, ...footer, requests },
      text: `${await planText(plan)}${next}`,
      table: {
        columns: ['action', 'kind', 'row', 'what'],
        rows: (async function* () {
          const { describe } = await import('../../plan/fresh.ts');
          for await (const record of plan.records()) {
            if ('problem' in record) yield ['', record.problem.code, record.problem.row, record.problem.message];
            else
              yield [
                record.action.n,
                record.action.kind,
                'row' in record.action ? record.action.row : '',
                describe(record.action),
              ];
          }
        })(),
      },
    },
    options,
    io,
  );
};

/** Changes that wait, accounts it cannot act on, and guards all need a person. */
export const planStatus = ({ footer }: PlanFile): number =>
  footer.actions > 0 || Object.keys(footer.problems).length > 0 ? 2 : 0;
