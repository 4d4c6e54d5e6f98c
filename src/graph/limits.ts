// What Graph lets one application spend in one tenant, as published; and what this side allows itself of it.
import type { Limit } from './bucket.ts';

/** Source: https://learn.microsoft.com/graph/throttling-limits (identity and access) */
const UNITS_MS = 10_000;
const UNITS_BY_USERS: readonly { readonly below: number; readonly units: number }[] = [
  { below: 50, units: 3500 },
  { below: 501, units: 5000 },
  { below: Number.POSITIVE_INFINITY, units: 8000 },
];
const WRITES: Limit = { most: 3000, ms: 150_000 };

/** Requests are counted there when they arrive, later than here; what is kept back is for those on their way. */
const USED_SHARE = 0.99;

/** Published writes, for estimates: so many at once, then so many a second. */
export const WRITES_AT_ONCE = WRITES.most;
export const WRITES_PER_SECOND = (WRITES.most / WRITES.ms) * 1000;
/** Of a tenant with fewer than 50 users, in resource units a second. */
export const SMALLEST_UNITS_PER_SECOND = (UNITS_BY_USERS[0]!.units / UNITS_MS) * 1000;

const within = ({ most, ms }: Limit, timeScale: number): Limit => ({
  most: most * USED_SHARE,
  ms: ms / timeScale,
});

/** Resource units by the number of users; those of the smallest tenant while it is not known. */
export const unitsLimit = (users: number, timeScale: number): Limit =>
  within({ most: UNITS_BY_USERS.find(({ below }) => users < below)!.units, ms: UNITS_MS }, timeScale);

export const writesLimit = (timeScale: number): Limit => within(WRITES, timeScale);
