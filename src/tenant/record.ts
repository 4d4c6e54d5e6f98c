// Records exchanges, one JSON line each, without what is secret.
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly requestHeaders: Readonly<Record<string, string | string[] | undefined>>;
  readonly requestBody: unknown;
  readonly status: number;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBody: unknown;
  /** What was made to go wrong in it: such an exchange is no sample of Graph's. */
  readonly faults?: readonly string[];
}

export interface Recorder {
  add(exchange: Exchange): void;
  close(): void;
}

const MASK = '***';

/** Appends to a file. */
export const recordTo = (file: string): Recorder => {
  mkdirSync(dirname(file), { recursive: true });
  const fd = openSync(file, 'a');
  return {
    add: ({ requestHeaders, requestBody, ...rest }) => {
      const { authorization: _secret, cookie: _cookie, ...headers } = requestHeaders;
      const line = {
        ...rest,
        requestHeaders: headers,
        // What is not JSON cannot be looked through for passwords.
        ...(requestBody !== undefined && { requestBody: typeof requestBody === 'string' ? MASK : masked(requestBody) }),
      };
      writeSync(fd, `${JSON.stringify(line)}\n`);
    },
    close: () => closeSync(fd),
  };
};

/** A body with every password masked, however deep. */
const masked = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, name === 'password' ? MASK : masked(item)]),
  );
};
