#!/usr/bin/env node
// The command line's way in: builds the program, runs one command, and turns what went wrong into words and a status.
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { CommanderError, InvalidArgumentError } from 'commander';
import type { Io } from './io.ts';
import { buildProgram, UsageProblem } from './program.ts';
import { tellError } from './tell-error.ts';

const USAGE = 64;
const LEAST_NODE = 24;

if (Number.parseInt(process.versions.node, 10) < LEAST_NODE) {
  process.stderr.write(
    `Rollcall needs Node.js ${LEAST_NODE} or later; this is ${process.versions.node}.\nInstall the current long-term version of Node.js, and run the same command again.\n`,
  );
  process.exit(1);
}

// A million accounts pass by and are forgotten. Left alone, V8 gives such garbage hundreds of megabytes of room before
// it looks at it; kept at its first size, the room costs no time that can be measured.
setFlagsFromString('--semi-space-growth-factor=1');

// `npm run rollcall` changes to the package's folder; the files that a person names lie where the command was typed.
const { npm_lifecycle_event: script, INIT_CWD: typedIn } = process.env;
if (script === 'rollcall' && typedIn) process.chdir(typedIn);

const stop = new AbortController();
const io: Io = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  signal: stop.signal,
  env: process.env,
  interactive: Boolean(process.stdin.isTTY && process.stderr.isTTY),
};

// The first Ctrl-C lets what has been sent come to its end and be recorded; the second does not wait.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(1);
    stop.abort(new Error(`stopped by ${signal}`));
  });
}
// A reader that has seen enough (head, a closed pager) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

let status = 0;
const program = buildProgram(io, version, (result) => {
  status = result;
});
program.exitOverride();
for (const command of [...program.commands, ...program.commands.flatMap((one) => one.commands)]) command.exitOverride();

try {
  await program.parseAsync(process.argv);
} catch (error) {
  status = failureStatus(error);
}
process.exitCode = status;

function failureStatus(error: unknown): number {
  // Commander has told its own errors already; help and version are no errors.
  if (error instanceof CommanderError && !(error instanceof InvalidArgumentError))
    return error.exitCode === 0 ? 0 : USAGE;
  if (error instanceof UsageProblem) {
    io.err(`${error.message}\n`);
    return USAGE;
  }
  return tellError(error, io, { verbose: process.argv.includes('--verbose') || process.argv.includes('-v') });
}
