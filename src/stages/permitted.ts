// Stands before the first write: what a plan's actions need to be allowed, against what the session is.
import type { PlanCounts } from '../model/plan.ts';
import { lackingForPlan } from '../permissions/needs.ts';
import { PermissionError } from '../permissions/permission-error.ts';
import type { Work } from '../work.ts';

/** Throws {@link PermissionError} where the sign-in does not allow all that applying and verifying the plan takes. */
export const requirePermitted = async ({ connect, settings, signal }: Work, counts: PlanCounts): Promise<void> => {
  const directory = await connect();
  const session = await directory.session(signal);
  const lacking = lackingForPlan(session, settings, counts);
  if (lacking.length > 0) throw new PermissionError(lacking, session);
};
