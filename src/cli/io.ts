// What a command may use of the process. Handed in, so that a command can be run in a test as it runs in a terminal.

export interface Io {
  /** Writes data to standard output, as it is. */
  out(text: string): void;
  /** Writes everything that is not data to standard error, as it is. */
  err(text: string): void;
  /** Whether somebody still reads standard output; a reader that has seen enough (head, a pager) closes it. */
  readonly isRead: () => boolean;
  /** Waits until a slow reader of standard output has taken what was written. */
  readonly taken: () => Promise<void>;
  /** Aborted by Ctrl-C or a termination signal. */
  readonly signal: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
  /** Whether a person sits at standard input and standard error. */
  readonly interactive: boolean;
  /** The words that started Rollcall, for the next command to type: `npx rollcall`. */
  readonly started: string;
}
