// A request to Microsoft Graph before it travels, and the answer after it has.
import type { DirectoryFailure } from '../model/errors.ts';

export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the version root, its values percent-encoded: `/users?$select=id`. A link to a next page is absolute. */
  readonly path: string;
  /** The path as errors and the permission table name it, without values: `/applications/{id}`. */
  readonly template: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** The calls that an envelope holds. */
  readonly holds?: readonly Call[];
}

/** Whatever the directory answered, errors included. */
export interface Answer {
  readonly status: number;
  /** Parsed where it is JSON, text otherwise; undefined where there is none. */
  readonly body: unknown;
  header(name: string): string | undefined;
}

/** What became of a call: the directory answered, no answer came, or it was stopped before anything was done. */
export type Outcome = { readonly answer: Answer } | { readonly lost: DirectoryFailure } | { readonly stopped: true };

/** A call that changes nothing may be sent again at will; an envelope, if it holds nothing else. */
export const isRead = ({ method, holds }: Call): boolean => (holds ? holds.every(isRead) : method === 'GET');

export const isSuccess = ({ status }: { readonly status: number }): boolean => status >= 200 && status < 300;

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Headers of an item in an envelope, where they are a plain object, with names in any case. */
export const headerReader = (headers: unknown): ((name: string) => string | undefined) => {
  const byName = new Map(
    Object.entries(isRecord(headers) ? headers : {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
  return (name) => byName.get(name.toLowerCase());
};
