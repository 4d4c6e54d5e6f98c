// Runs work that may never end by itself, such as a regular expression that goes over a text again and again.
import vm from 'node:vm';

/** The work was stopped because it took too long. */
export class TookTooLongError extends Error {}

const script = new vm.Script('work()');
const context = vm.createContext({});

/**
 * Runs `work` and answers what it does, or stops it after `limitMs`. What it was doing is left as it is then, so it
 * should do nothing but calculate. Starting costs some tenths of a millisecond: do much at once.
 *
 * Errors: {@link TookTooLongError}; whatever `work` throws.
 */
export const within = <T>(limitMs: number, work: () => T): T => {
  context['work'] = work;
  try {
    return script.runInContext(context, { timeout: limitMs }) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw new TookTooLongError(`stopped after ${limitMs} ms`, { cause: error });
  }
};
