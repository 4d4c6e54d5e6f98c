// How Rollcall was started, so that the next command can be typed as it is shown.
import { basename, isAbsolute, relative } from 'node:path';
import type { CommonOptions } from './program.ts';

/** The words before the command's name: `rollcall`, `npx rollcall`, `npm run -s rollcall --`, `node src/cli/main.ts`. */
export const startedAs = (script: string, env: NodeJS.ProcessEnv): string => {
  const { npm_lifecycle_event: event, npm_command: command, npm_config_local_prefix: root, INIT_CWD: typedIn } = env;
  if (event === 'rollcall' || event === 'start') {
    const isInside = root === undefined || typedIn === undefined || isWithin(root, typedIn);
    return `npm run -s ${isInside ? '' : `--prefix ${quoted(root)} `}rollcall --`;
  }
  if (command === 'exec') return 'npx rollcall';
  return basename(script) === 'main.ts' ? `node ${quoted(shownPath(script))}` : 'rollcall';
};

/** A command to type next, about the same configuration and directory. */
export const commandLine = (
  started: string,
  { config, directory }: Pick<CommonOptions, 'config' | 'directory'>,
  ...words: readonly string[]
): string =>
  [
    started,
    ...words.map(quoted),
    ...(config === 'rollcall.yaml' ? [] : ['--config', quoted(config)]),
    ...(directory === undefined ? [] : ['--directory', quoted(directory)]),
  ].join(' ');

/** A path as it is shown: from the working folder where it lies in it, whole where it does not. */
export const shownPath = (path: string, folder = process.cwd()): string =>
  isWithin(folder, path) ? relative(folder, path) || '.' : path;

const isWithin = (folder: string, path: string): boolean => {
  const way = relative(folder, path);
  return !isAbsolute(way) && way.split(/[\\/]/)[0] !== '..';
};

/** In quotes where a shell would take it apart. */
const quoted = (word: string): string => (/^[\p{L}\p{N}_.,:/\\@+=-]+$/u.test(word) ? word : `"${word}"`);
