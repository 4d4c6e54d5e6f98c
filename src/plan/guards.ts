// Guards stand between a plan and its harm: each speaks when the plan does more of something than a set share.
import type { GuardStop, PlanCounts } from '../model/plan.ts';
import type { GuardSettings } from '../model/settings.ts';

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;

/** The guards that stop a plan for a roster of `rows` accounts. */
export const guardStops = (counts: PlanCounts, rows: number, settings: GuardSettings): readonly GuardStop[] => {
  const check = (guard: string, what: string, count: number, limit: number, setting: string): GuardStop[] => {
    if (count <= settings.floor || count <= limit * rows) return [];
    const share = percent(rows === 0 ? 1 : count / rows);
    return [
      {
        guard,
        message: `${count} ${what} are ${share} of ${rows} accounts; guards.${setting} allows ${percent(limit)}`,
      },
    ];
  };
  return [
    ...check('create', 'users to create', counts.createUser, settings.maxCreateShare, 'maxCreateShare'),
    ...check('remove', 'assignments to take away', counts.unassign, settings.maxRemoveShare, 'maxRemoveShare'),
    ...check('assign', 'assignments', counts.assign, settings.maxAssignShare, 'maxAssignShare'),
  ];
};
