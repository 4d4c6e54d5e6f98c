// One token for all requests of a connection, fetched when it is needed and renewed before it ends.
import type { AccessToken, TokenCredential } from '@azure/core-auth';
import type { Clock } from '../model/clock.ts';
import { signInError } from './sign-in-error.ts';

export interface Tokens {
  /** A token that is good for a while yet. Errors: DirectoryError with what the sign-in said. */
  get(signal?: AbortSignal): Promise<string>;
  /** A token in place of one that was refused; the same one, if the sign-in has no other. */
  renew(refused: string, claims: string | undefined, signal?: AbortSignal): Promise<string>;
}

/** A token is replaced this long before it ends; a short one when half of its time has passed. Milliseconds. */
const MARGIN_MS = 5 * 60_000;

/** `scope`: the root of the directory's host and `/.default`. */
export const createTokens = (credential: TokenCredential, scope: string, clock: Clock): Tokens => {
  let held: { readonly token: string; readonly goodUntil: number } | undefined;
  let underWay: Promise<string> | undefined;

  const fetch = async (claims?: string): Promise<string> => {
    const token = await credential.getToken(scope, claims === undefined ? {} : { claims }).catch((error: unknown) => {
      throw signInError(error);
    });
    if (token === null) throw signInError(new Error('the sign-in gave no token'));
    held = { token: token.token, goodUntil: goodUntil(token, clock.now()) };
    return token.token;
  };
  // However many requests need a token, it is asked for once.
  const fetchOnce = (claims?: string): Promise<string> => {
    underWay ??= fetch(claims).finally(() => {
      underWay = undefined;
    });
    return underWay;
  };

  return {
    get: async (signal) => (held && clock.now() < held.goodUntil ? held.token : unlessAborted(fetchOnce(), signal)),
    renew: async (refused, claims, signal) => {
      if (held && held.token !== refused) return held.token;
      held = undefined;
      return unlessAborted(fetchOnce(claims), signal);
    },
  };
};

const goodUntil = ({ expiresOnTimestamp }: AccessToken, now: number): number =>
  expiresOnTimestamp - Math.min(MARGIN_MS, (expiresOnTimestamp - now) / 2);

/** Signing in can take a person minutes; aborting must not wait for that. */
const unlessAborted = <T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
};
