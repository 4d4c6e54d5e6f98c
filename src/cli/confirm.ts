// A question before something is written.
import { UsageError } from '../model/errors.ts';
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
