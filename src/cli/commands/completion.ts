// rollcall completion: a script that completes commands and options, made from the command line's own definition.
import type { Command } from 'commander';
import { UsageError } from '../../model/errors.ts';
import type { Io } from '../io.ts';

interface Completions {
  /** What can follow these words: subcommands and options, each with its description. */
  readonly words: string;
  readonly candidates: readonly { readonly text: string; readonly description: string }[];
}

const SHELLS: Readonly<Record<string, (all: readonly Completions[]) => string>> = {
  bash: (all) =>
    [
      '_rollcall() {',
      '  local words="" word candidates=""',
      '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do [[ $word == -* ]] || words="$words $word"; done',
      '  case "${words# }" in',
      ...all
        .map(({ words, candidates }) => `    "${words}"*) candidates="${texts(candidates).join(' ')}" ;;`)
        .reverse(),
      '  esac',
      '  COMPREPLY=($(compgen -W "$candidates" -- "${COMP_WORDS[COMP_CWORD]}"))',
      '}',
      'complete -o default -F _rollcall rollcall',
    ].join('\n'),
  zsh: (all) =>
    [
      '#compdef rollcall',
      '_rollcall() {',
      '  local -a typed candidates',
      '  typed=(${${words[2,CURRENT-1]}:#-*})',
      '  case "${(j: :)typed}" in',
      ...all
        .map(({ words, candidates }) => {
          const list = candidates.map(({ text, description }) =>
            quoted(`${text}:${description.replaceAll(':', ' -')}`),
          );
          return `    "${words}"*) candidates=(${list.join(' ')}) ;;`;
        })
        .reverse(),
      '  esac',
      '  _describe rollcall candidates || _files',
      '}',
      'compdef _rollcall rollcall',
    ].join('\n'),
  fish: (all) =>
    all
      .flatMap(({ words, candidates }) => {
        const when = words === '' ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${words.split(' ').at(-1)}`;
        return candidates.map(({ text, description }) => {
          const what = text.startsWith('--') ? `-l ${text.slice(2)}` : `-a ${text}`;
          return `complete -c rollcall -n ${quoted(when)} ${what} -d ${quoted(description)}`;
        });
      })
      .join('\n'),
  powershell: (all) =>
    [
      'Register-ArgumentCompleter -Native -CommandName rollcall -ScriptBlock {',
      '  param($wordToComplete, $commandAst, $cursorPosition)',
      '  $candidates = @{',
      ...all.map(
        ({ words, candidates }) => `    ${quotedPs(words)} = @(${texts(candidates).map(quotedPs).join(', ')})`,
      ),
      '  }',
      '  $typed = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" } | Where-Object { $_ -notlike \'-*\' -and $_ -ne $wordToComplete })',
      "  while ($typed.Count -gt 0 -and -not $candidates.ContainsKey($typed -join ' ')) { $typed = @($typed | Select-Object -SkipLast 1) }",
      '  $candidates[$typed -join \' \'] | Where-Object { $_ -like "$wordToComplete*" } |',
      "    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }",
      '}',
    ].join('\n'),
};

/** Makes the command for this program: the definition is walked when a script is asked for. */
export const completion =
  (program: Command) =>
  async ({ shell }: { readonly shell: string }, io: Io): Promise<number> => {
    const script = SHELLS[shell.toLowerCase()];
    if (!script) {
      throw new UsageError(`There is no completion for "${shell}".`, `Name one of ${Object.keys(SHELLS).join(', ')}.`);
    }
    io.out(`${script(walk(program, ''))}\n`);
    return 0;
  };

const walk = (command: Command, words: string): readonly Completions[] => {
  const own = {
    words,
    candidates: [
      ...command.commands.map((one) => ({ text: one.name(), description: one.description() })),
      ...command.options.flatMap(({ long, description }) => (long ? [{ text: long, description }] : [])),
      { text: '--help', description: 'show help' },
    ],
  };
  return [own, ...command.commands.flatMap((one) => walk(one, `${words} ${one.name()}`.trim()))];
};

const texts = (candidates: Completions['candidates']): readonly string[] => candidates.map(({ text }) => text);
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const quotedPs = (text: string): string => `'${text.replaceAll("'", "''")}'`;
