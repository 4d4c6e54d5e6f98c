// Options from the environment: what their variables may say, before the command line is read.
import type { Command } from 'commander';

const YES = /^(1|true|yes|on)$/i;
const NO = /^(0|false|no|off)$/i;

/**
 * Makes the variables of `env` say what they mean. A switch counts where its variable says yes, not where it is merely
 * there: ROLLCALL_YES=false answers no question. An empty variable is one that is not set, as pipelines leave it.
 *
 * Returns: what is wrong with a variable, or undefined. Variables that say no are taken out of `env`.
 */
export const settleEnvironment = (program: Command, env: NodeJS.ProcessEnv): string | undefined => {
  const commands = [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)];
  for (const option of commands.flatMap((command) => command.options)) {
    const name = option.envVar;
    const value = name === undefined ? undefined : env[name]?.trim();
    if (name === undefined || value === undefined) continue;
    const isSwitch = !option.required && !option.optional;
    if (value === '' || (isSwitch && NO.test(value))) delete env[name];
    else if (isSwitch && !YES.test(value)) {
      return `The environment variable ${name} says "${value}", where true or false is expected.`;
    }
  }
  return undefined;
};
