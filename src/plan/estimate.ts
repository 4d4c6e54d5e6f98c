// What carrying a plan out will cost.
import type { PlanCounts, PlanEstimate } from '../model/plan.ts';

/** Writes that Graph takes from one application in one tenant. Source: https://learn.microsoft.com/graph/throttling-limits */
const WRITES_PER_MINUTE = 3000 / 2.5;
/** Assignments that come back on one page when the result is verified. */
const VERIFY_PAGE = 999;

/** Counts in, an estimate out: HTTP requests, writes, and minutes at the published limit of writes. */
export const estimate = (counts: PlanCounts, existingAssignments: number, writesPerRequest: number): PlanEstimate => {
  const { createUser, assign, ...registration } = counts;
  const steps = Object.values(registration).reduce((sum, count) => sum + count, 0);
  const writes = steps + createUser + assign;
  const verifying = writes === 0 ? 0 : Math.ceil((existingAssignments + assign) / VERIFY_PAGE);
  return {
    writes,
    requests: steps + Math.ceil(createUser / writesPerRequest) + Math.ceil(assign / writesPerRequest) + verifying,
    minutes: Math.round((writes / WRITES_PER_MINUTE) * 10) / 10,
  };
};
