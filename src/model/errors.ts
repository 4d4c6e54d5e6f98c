// The errors that Rollcall raises on purpose. Each says what happened, to what, and what to do next.

/** What the process ends with: 1 failed, 2 needs a person, 64 the command line or the configuration is wrong. */
export type ExitCode = 1 | 2 | 64;

/** Base of all errors that a person is meant to read. `remedy` is one sentence that says what to do next. */
export class RollcallError extends Error {
  override readonly name: string = 'RollcallError';
  readonly exitCode: ExitCode = 1;
  readonly remedy: string;

  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.remedy = remedy;
  }
}

/** A place in a file that a person wrote or exported. Lines and columns count from 1; a column counts characters. */
export interface FilePlace {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** A place in a server that was asked: its address, without any secret, and the entry, row or page there. */
export interface ServerPlace {
  readonly address: string;
  /** In words: `uid=ana,ou=people,dc=example,dc=com`, `row 12`, `page 3`. */
  readonly at?: string;
}

export type SourcePlace = FilePlace | ServerPlace;

export const placeText = (place: SourcePlace): string => {
  if ('address' in place) return place.at === undefined ? place.address : `${place.address}, ${place.at}`;
  const { file, line, column } = place;
  return [file, line, line === undefined ? undefined : column].filter((part) => part !== undefined).join(':');
};

/** A source could not be read to its end; there is no roster. `code` names the kind of defect. */
export class SourceError extends RollcallError {
  override readonly name = 'SourceError';
  readonly code: string;
  readonly place: SourcePlace;

  constructor(code: string, place: SourcePlace, message: string, remedy: string, options?: ErrorOptions) {
    super(`${placeText(place)}: ${message}`, remedy, options);
    this.code = code;
    this.place = place;
  }
}

/** One removal could not be ordered, asked after or reopened by a channel; others may be. */
export class ChannelError extends RollcallError {
  override readonly name: string = 'ChannelError';
}

/** A channel cannot be reached or refuses everything: nothing more is tried through it. */
export class ChannelDownError extends ChannelError {
  override readonly name = 'ChannelDownError';
}

/** The configuration, an overrides file or the command line is wrong. Lists every problem found, not just the first. */
export class ConfigError extends RollcallError {
  override readonly name = 'ConfigError';
  override readonly exitCode = 64;
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[], remedy = 'Correct this and run the same command again.') {
    super(problems.map(problemText).join('\n'), remedy);
    this.problems = problems;
  }
}

export interface ConfigProblem {
  readonly place?: FilePlace;
  /** Where in the document, for example `match[0].attribute`. */
  readonly path?: string;
  readonly message: string;
}

const problemText = ({ place, path, message }: ConfigProblem): string =>
  [place && placeText(place), path, message].filter(Boolean).join(': ');

/** The command line is wrong. */
export class UsageError extends RollcallError {
  override readonly name = 'UsageError';
  override readonly exitCode = 64;
}

/** Something is as it should be, but a person has to decide before Rollcall goes on. */
export class NeedsPersonError extends RollcallError {
  override readonly name: string = 'NeedsPersonError';
  override readonly exitCode = 2;
}

/**
 * The directory refused or failed a request. `status` is the HTTP status (0: no answer came), `code` is Graph's own
 * error code; `requestId` and `date` are what Microsoft's support asks for.
 */
export class DirectoryError extends RollcallError {
  override readonly name = 'DirectoryError';
  readonly failure: DirectoryFailure;

  constructor(failure: DirectoryFailure, options?: ErrorOptions) {
    super(
      failureText(failure),
      failure.remedy ?? 'Run the same command again; what is done already is not done twice.',
      options,
    );
    this.failure = failure;
  }
}

/** A refusal or failure of the directory as plain data, as results and evidence keep it. */
export interface DirectoryFailure {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** `details[].code` of Graph's error, where it sends them. */
  readonly details?: readonly { readonly code: string; readonly target?: string }[];
  readonly requestId?: string;
  readonly date?: string;
  /** The request, without its host and without any value that could be secret: `POST /users`. */
  readonly request?: string;
  readonly remedy?: string;
}

export const failureText = ({ status, code, message, requestId, date, request }: DirectoryFailure): string => {
  const told = status === 0 ? message : `${status} ${code}: ${message}`;
  const reference = requestId ? ` (request-id ${requestId}${date ? `, ${date}` : ''})` : '';
  return `${request ? `${request}: ` : ''}${told}${reference}`;
};
