// Writes the options of each command into its page under docs/commands/, between the two marks. npm run docs
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { buildProgram } from '../src/cli/program.ts';

const BEGIN = '<!-- options: made by npm run docs -->';
const END = '<!-- end of options -->';
const FOLDER = fileURLToPath(new URL('../docs/commands/', import.meta.url));

/** The command line as it is, without running anything. */
export const program = (): Command => {
  const io = {
    out: () => undefined,
    err: () => undefined,
    signal: new AbortController().signal,
    env: {},
    interactive: false,
    isRead: () => true,
    taken: async () => undefined,
    started: 'rollcall',
  };
  return buildProgram(io, '0.0.0', () => undefined);
};

export const pageOf = (command: string): string => `${FOLDER}${command}.md`;

/** The page with its block of options brought up to date. */
export const withOptions = (page: string, command: Command): string => {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`the page of ${command.name()} lacks its two marks`);
  return `${before}${BEGIN}\n${optionTables(command)}\n${END}${after}`;
};

const optionTables = (command: Command): string => {
  if (command.commands.length === 0) return optionTable(command);
  return command.commands
    .map((one) => `### \`${usage(one)}\`\n\n${one.description()}\n\n${optionTable(one)}`)
    .join('\n\n');
};

const usage = (command: Command): string =>
  `rollcall ${command.parent!.name()} ${command.name()} ${command.usage()}`.replace('[options] ', '');

const optionTable = (command: Command): string => {
  const rows = command.options.map(({ flags, description, defaultValue, argChoices, envVar }) => {
    const isPlain = ['string', 'number'].includes(typeof defaultValue);
    const words = [
      description,
      argChoices && `one of ${argChoices.map((choice) => `\`${choice}\``).join(', ')}`,
      isPlain && `default \`${defaultValue}\``,
    ];
    return `| \`${flags}\` | ${words.filter(Boolean).join('; ')} | ${envVar ? `\`${envVar}\`` : ''} |`;
  });
  return ['', '| option | meaning | environment |', '| --- | --- | --- |', ...rows, ''].join('\n');
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const command of program().commands) {
    const file = pageOf(command.name());
    writeFileSync(file, withOptions(readFileSync(file, 'utf8'), command));
  }
}
