// How long to wait before a call is sent again.

const FIRST_MS = 1000;
const LONGEST_MS = 32_000;

/** Doubles with each try from one second; between half and all of that, so that callers do not come back together. */
export const backoffMs = (tries: number): number =>
  Math.min(FIRST_MS * 2 ** tries, LONGEST_MS) * (0.5 + Math.random() / 2);

/**
 * What `Retry-After` asks for, in milliseconds. Graph sends seconds, also fractions; HTTP allows a date as well.
 * Source: https://learn.microsoft.com/graph/throttling
 */
export const retryAfterMs = (header: string | undefined, nowMs: number): number | undefined => {
  if (header === undefined || header.trim() === '') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const moment = Date.parse(header);
  return Number.isNaN(moment) ? undefined : Math.max(0, moment - nowMs);
};
