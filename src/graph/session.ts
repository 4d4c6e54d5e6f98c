// A connection to one directory: single calls, lists read to their end, and the account of what was spent.
import type { Clock } from '../model/clock.ts';
import { DirectoryError } from '../model/errors.ts';
import type { Send } from './pipeline.ts';
import type { UsageMeter } from './policies/usage.ts';
import { failureOf, type GraphAnswer, type GraphCall, noAnswer } from './requests.ts';

export interface GraphSession {
  /** With the version, without a slash at the end: `https://graph.microsoft.com/v1.0`. */
  readonly root: string;
  readonly clock: Clock;
  readonly meter: UsageMeter;
  readonly concurrency: number;
  /** Sends a call and answers whatever came. Throws {@link DirectoryError} when nothing came. */
  call(call: GraphCall & { readonly isRepeatable?: boolean }, signal?: AbortSignal): Promise<GraphAnswer>;
  /** Sends a call and answers its body. Throws {@link DirectoryError} unless it succeeded. */
  get<T>(path: string, signal?: AbortSignal, headers?: Readonly<Record<string, string>>): Promise<T>;
  /** Reads one object; undefined where there is none of that key. */
  find<T>(path: string, signal?: AbortSignal): Promise<T | undefined>;
}

export const createSession = (
  root: string,
  send: Send,
  meter: UsageMeter,
  clock: Clock,
  concurrency: number,
): GraphSession => {
  const call: GraphSession['call'] = async ({ path, ...rest }, signal) => {
    const url = /^https?:/.test(path) ? path : `${root}${path}`;
    try {
      return await send(url, rest, signal);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof DirectoryError) throw error;
      throw new DirectoryError(noAnswer({ path, ...rest }, error), { cause: error });
    }
  };
  const get: GraphSession['get'] = async <T>(path: string, signal?: AbortSignal, headers = {}) => {
    const request: GraphCall = { method: 'GET', path, headers };
    const answer = await call(request, signal);
    if (answer.status !== 200) throw new DirectoryError(failureOf(request, answer));
    return answer.body as T;
  };
  return {
    root,
    clock,
    meter,
    concurrency,
    call,
    get,
    find: async <T>(path: string, signal?: AbortSignal) => {
      const request: GraphCall = { method: 'GET', path };
      const answer = await call(request, signal);
      if (answer.status === 200) return answer.body as T;
      if (answer.status === 404) return undefined;
      throw new DirectoryError(failureOf(request, answer));
    },
  };
};
