// How long the directory asks to wait.

/** Retry-After in milliseconds: seconds, whole or not, or a date. Undefined where it says nothing that can be read. */
export const retryAfterMs = (header: string | undefined, now: number): number | undefined => {
  if (header === undefined) return undefined;
  const seconds = Number(header.trim());
  if (header.trim() !== '' && Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
};

const FIRST_MS = 1000;
const LONGEST_MS = 60_000;

/** A pause that doubles with each attempt, from 0, with jitter so that many clients do not come back at once. */
export const backoffMs = (attempt: number, random: () => number = Math.random): number =>
  Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt) * (0.5 + random() / 2);
