// What went wrong, in words, on standard error; its last line says what to do.
import { RollcallError } from '../model/errors.ts';
import type { Io } from './io.ts';

/** Tells an error and answers the exit status that it stands for. */
export const tellError = (
  error: unknown,
  io: Pick<Io, 'err' | 'signal'>,
  { verbose }: { verbose: boolean },
): number => {
  if (error instanceof RollcallError) {
    io.err(`${error.message}\n${error.remedy}\n`);
    if (verbose && error.cause)
      io.err(`Cause: ${error.cause instanceof Error ? error.cause.stack : String(error.cause)}\n`);
    return error.exitCode;
  }
  if (io.signal.aborted) {
    io.err('Stopped. What was done is recorded.\nRun the same command again to go on; nothing is done twice.\n');
    return 1;
  }
  const known = error instanceof Error ? (verbose ? (error.stack ?? error.message) : error.message) : String(error);
  io.err(`An error that Rollcall did not expect: ${known}\n`);
  io.err('Run the same command again with --verbose, and report what it prints as a defect.\n');
  return 1;
};
