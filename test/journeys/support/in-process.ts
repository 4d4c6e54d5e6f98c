// The command line in the test's own process: for journeys that run many commands and kill none.
import { join } from 'node:path';
import { buildProgram } from '../../../src/cli/program.ts';
import { tellError } from '../../../src/cli/tell-error.ts';

export interface EndedHere {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `rollcall …` for the configuration in the folder, connected as its `connection.json` says, with no terminal. */
export const rollcallHere = (folder: string, ...args: readonly string[]): Promise<EndedHere> =>
  commandHere([...args, ...placesIn(folder)]);

/** The same in a terminal, where progress is shown. */
export const rollcallWatched = (folder: string, ...args: readonly string[]): Promise<EndedHere> =>
  commandHere([...args, ...placesIn(folder)], undefined, true);

const placesIn = (folder: string): readonly string[] => [
  ...['--config', join(folder, 'rollcall.yaml'), '--directory', join(folder, 'connection.json')],
];

/** Runs `rollcall …` as it is typed, with no terminal unless it is `interactive`. `onError` sees what comes to standard error as it comes. */
export const commandHere = async (
  args: readonly string[],
  onError: (text: string) => void = () => undefined,
  interactive = false,
): Promise<EndedHere> => {
  let out = '';
  let err = '';
  let status = 0;
  const io = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
      onError(text);
    },
    signal: new AbortController().signal,
    env: process.env,
    interactive,
    isRead: () => true,
    taken: async () => undefined,
    started: 'rollcall',
  };
  const program = buildProgram(io, '0.0.0', (result) => {
    status = result;
  });
  try {
    await program.parseAsync(['node', 'rollcall', ...args]);
  } catch (error) {
    status = tellError(error, io, { verbose: false });
  }
  return { status, out, err };
};
