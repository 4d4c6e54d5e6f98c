// Which answers are worth asking again for, and how often.

const FEW = 2;
const SOME = 5;

/** Status → how many more times a read is sent. Source: https://learn.microsoft.com/graph/errors */
const REPEATS: ReadonlyMap<number, number> = new Map([
  [500, FEW],
  [502, FEW],
  [503, SOME],
  [504, SOME],
]);

/** How many more times a read is sent after an answer of this status, or after none (0). */
export const repeatsOfRead = (status: number): number => (status === 0 ? SOME : (REPEATS.get(status) ?? 0));

/** A connection that was never made has carried nothing, so even a write may be sent again. */
const NEVER_CONNECTED: ReadonlySet<string | undefined> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);

export const wasNeverSent = (errorCode: string | undefined): boolean => NEVER_CONNECTED.has(errorCode);

/** A certificate that is not trusted now will not be in a minute. */
export const isDistrust = (errorCode: string | undefined): boolean =>
  /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/.test(errorCode ?? '');

/** Throttled calls are sent again this often, unless they have waited this long in all. */
export const MAX_THROTTLE_WAITS = 10;
export const MAX_THROTTLE_MS = 15 * 60_000;
