// One check: what was looked at, how it stands, and what to do about it.
import { RollcallError } from '../model/errors.ts';

/** `failed`: a run needs it and it is not there; `warning`: a person should look. */
export type CheckStatus = 'ok' | 'warning' | 'failed';

export interface Check {
  readonly name: string;
  readonly status: CheckStatus;
  /** What was found. */
  readonly found: string;
  /** What to do, in words that can be passed on; may have several lines. Absent where nothing is to be done. */
  readonly remedy?: string;
  /** The same as plain data. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export type Found = Omit<Check, 'name'>;

/** Runs a check; what it throws is what it found. */
export const checked = async (name: string, check: () => Found | Promise<Found>): Promise<Check> => {
  try {
    return { name, ...(await check()) };
  } catch (error) {
    return failed(name, error);
  }
};

/** A value that several checks rest on; the check that failed where it could not be read. */
export const checkedValue = async <T>(
  name: string,
  read: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly check: Check }> => {
  try {
    return { value: await read() };
  } catch (error) {
    return { check: failed(name, error) };
  }
};

export const failed = (name: string, error: unknown): Check => ({
  name,
  status: 'failed',
  found: error instanceof Error ? error.message : String(error),
  remedy: error instanceof RollcallError ? error.remedy : 'Report this as a defect of Rollcall, with this line.',
});

export const count = (n: number): string => n.toLocaleString('en-US');
