// What a command may use of the process. Handed in, so that a command can be run in a test as it runs in a terminal.

export interface Io {
  /** Writes data to standard output, as it is. */
  out(text: string): void;
  /** Writes everything that is not data to standard error, as it is. */
  err(text: string): void;
  /** Aborted by Ctrl-C or a termination signal. */
  readonly signal: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
  /** Whether a person sits at standard input and standard error. */
  readonly interactive: boolean;
}
