// A question before something is written.
import { UsageError } from '../model/errors.ts';
import { recordAnswer } from '../pipeline.ts';
import type { PlanFile } from '../plan/file.ts';
import type { Work } from '../work.ts';
import type { Io } from './io.ts';

/**
 * Asks, and answers whether the answer was yes.
 *
 * Errors: {@link UsageError} that names `--yes`, where nobody can be asked.
 */
export const confirm = async (question: string, { yes }: { readonly yes: boolean }, io: Io): Promise<boolean> => {
  if (yes) return true;
  if (!io.interactive) {
    throw new UsageError(
      `"${question}" cannot be asked, because there is no terminal. Nothing was written.`,
      'Give the answer with --yes; --what-if shows what would be written.',
    );
  }
  const prompts = await import('@clack/prompts');
  const answer = await prompts.confirm({
    message: question,
    initialValue: false,
    output: process.stderr,
    signal: io.signal,
  });
  return answer === true;
};

/** Asks whether a plan is to be carried out. The answer stands in the evidence, with who gave it. */
export const confirmPlan = async (
  work: Work,
  { footer }: PlanFile,
  options: { readonly yes: boolean },
  io: Io,
): Promise<boolean> => {
  const question = 'Write this to the directory?';
  const isYes = await confirm(question, options, io);
  const how = options.yes ? '--yes' : 'terminal';
  recordAnswer(work, { plan: footer.hash, question, answer: isYes ? 'yes' : 'no', how });
  return isYes;
};
