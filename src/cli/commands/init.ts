// rollcall init: looks at a users file or another source, proposes the rules, writes rollcall.yaml.
import { writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { RollcallError, UsageError } from '../../model/errors.ts';
import type { Io } from '../io.ts';
import { print } from '../print/output.ts';
import type { CommonOptions } from '../program.ts';
import { sourceTools } from '../source-tools.ts';
import { commandLine, shownPath } from '../started.ts';

export interface InitOptions extends CommonOptions {
  readonly users?: string;
  readonly source?: string;
  readonly application?: string;
  readonly force: boolean;
}

export const init = async (options: InitOptions, io: Io): Promise<number> => {
  const { proposeConfiguration } = await import('../../config/init.ts');
  const file = resolve(options.config);
  const { yaml, findings } = await proposeConfiguration({
    users: whatToLookAt(options),
    folder: dirname(file),
    tools: sourceTools(io),
    signal: io.signal,
    ...(options.application !== undefined && { application: options.application }),
  });
  try {
    await writeFile(file, yaml, { flag: options.force ? 'w' : 'wx' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') {
      throw new RollcallError(
        `${options.config} cannot be written: ${message}.`,
        'Check that its folder is there and can be written to, or name another file with --config.',
        { cause: error },
      );
    }
    throw new UsageError(
      `${options.config} exists already; it was left as it is.`,
      'Name another file with --config, or write over it with --force.',
    );
  }
  await print(
    {
      data: { file, findings, configuration: yaml },
      text: [
        `Wrote ${shownPath(file)}`,
        ...findings.map((finding) => `  - ${finding}`),
        'Next: read it, then type:',
        `  ${commandLine(io.started, options, 'run', '--what-if')}`,
      ].join('\n'),
    },
    options,
    io,
  );
  return 0;
};

const whatToLookAt = ({ users, source }: InitOptions): { file: string } | { sourceFile: string } => {
  if (users !== undefined && source === undefined) return { file: users };
  if (source !== undefined && users === undefined) return { sourceFile: source };
  throw new UsageError(
    users === undefined ? 'There is nothing to look at.' : 'A users file and --source cannot both be looked at.',
    'Name the file of users, or, with --source, a YAML file with what is to stand under "source". Type "rollcall init --help" to see what it takes.',
  );
};
