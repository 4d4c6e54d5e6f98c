// What carrying a plan out will cost.
import type { PlanCounts, PlanEstimate } from '../model/plan.ts';

/**
 * Writes that Graph takes from one application in one tenant: so many at once from one that has been quiet, then so many
 * a second. Source: https://learn.microsoft.com/graph/throttling-limits
 */
const WRITES_AT_ONCE = 3000;
const WRITES_PER_SECOND = 3000 / 150;
/** A usual round trip, for plans that no limit slows down. */
const SECONDS_PER_REQUEST = 0.1;
/** Assignments that come back on one page when the result is verified. */
const VERIFY_PAGE = 999;
/** The application and its service principal are read before its assignments. */
const VERIFY_READS = 2;
/** A step of the registration is written, then looked for; roles are read before they are written, too. */
const REQUESTS_PER_STEP = 2;

/**
 * Counts in, an estimate out: HTTP requests of apply and verify, as long as nothing is late or refused, writes, and minutes
 * at the published limit of writes.
 */
export const estimate = (counts: PlanCounts, existingAssignments: number, writesPerRequest: number): PlanEstimate => {
  const { createUser, assign, unassign, ...registration } = counts;
  const steps = Object.values(registration).reduce((sum, count) => sum + count, 0);
  const writes = steps + createUser + assign + unassign;
  const registering = steps * REQUESTS_PER_STEP + counts.addAppRoles;
  const verifying = writes === 0 ? 0 : VERIFY_READS + Math.ceil((existingAssignments + assign) / VERIFY_PAGE);
  const requests =
    registering +
    [createUser, assign, unassign].reduce((sum, count) => sum + Math.ceil(count / writesPerRequest), 0) +
    verifying;
  const seconds = Math.max((writes - WRITES_AT_ONCE) / WRITES_PER_SECOND, requests * SECONDS_PER_REQUEST);
  return { writes, requests, minutes: Math.round((seconds / 60) * 10) / 10 };
};
