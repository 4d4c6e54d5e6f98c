// rollcall init: looks at a users file, proposes the rules, writes rollcall.yaml.
import { writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { RollcallError, UsageError } from '../../model/errors.ts';
import type { Io } from '../io.ts';
import { print } from '../print/output.ts';
import type { CommonOptions } from '../program.ts';
import { commandLine, shownPath } from '../started.ts';

export interface InitOptions extends CommonOptions {
  readonly users: string;
  readonly application?: string;
  readonly force: boolean;
}

export const init = async (options: InitOptions, io: Io): Promise<number> => {
  const { proposeConfiguration } = await import('../../config/init.ts');
  const file = resolve(options.config);
  const { yaml, findings } = await proposeConfiguration({
    usersFile: resolve(options.users),
    folder: dirname(file),
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
