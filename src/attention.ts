// What a run leaves for a person to look at, and why.
import type { OutcomeCounts } from './model/outcome.ts';
import type { PlanFooter } from './model/plan.ts';

export interface Attention {
  /** Accounts, actions and assignments that need a person; an account may be among them for several reasons. */
  readonly total: number;
  readonly reasons: readonly { readonly count: number; readonly text: string }[];
}

interface Findings {
  readonly matching: { readonly counts: OutcomeCounts };
  readonly plan: { readonly footer: Pick<PlanFooter, 'problems' | 'newUserRows'> };
  readonly applied?: {
    readonly results: { readonly refused: number; readonly notTried: number };
    readonly done: { readonly createUser: number };
  };
  readonly verified?: {
    readonly missing: readonly unknown[];
    readonly unexpected: number;
    readonly notReviewable?: readonly string[];
  };
}

/** Reasons come in the order in which an administrator would take them. */
export const attention = ({ matching, plan, applied, verified }: Findings): Attention => {
  const { counts } = matching;
  const created = applied?.done.createUser ?? 0;
  const reasons = [
    ...outcomeReasons({ ...counts, notMatched: counts.notMatched - plan.footer.newUserRows }),
    { count: created, text: 'users were created: find out whose they are, then enable them' },
    { count: roleProblems(plan.footer), text: 'accounts hold no role that the configuration knows' },
    { count: applied?.results.refused ?? 0, text: 'changes were refused by the directory' },
    { count: applied?.results.notTried ?? 0, text: 'changes were not tried' },
    { count: verified?.missing.length ?? 0, text: 'assignments are missing in the directory' },
    { count: verified?.unexpected ?? 0, text: 'assignments stand in the directory that the roster does not call for' },
    {
      count: verified?.notReviewable?.length ?? 0,
      text: 'things keep the application from being reviewed: see verify',
    },
  ].filter(({ count }) => count > 0);
  return { reasons, total: reasons.reduce((sum, { count }) => sum + count, 0) };
};

/** What outcomes alone leave for a person. */
export const outcomeReasons = (counts: OutcomeCounts): Attention['reasons'] =>
  [
    {
      count: counts.notMatched,
      text: 'accounts have no user: find the person, create the user, or remove the account',
    },
    { count: counts.ambiguous, text: 'accounts could be several users: decide by an override' },
    { count: counts.notQueried, text: 'accounts have nothing to match by: fill the column in the application' },
    { count: counts.duplicate, text: 'accounts stand in the list more than once' },
    { count: counts.queryFailed, text: 'accounts could not be looked up: run again' },
    { count: counts.notEnabled, text: 'accounts belong to users who cannot sign in: leavers?' },
    {
      count: counts.sharesUser,
      text: 'accounts belong to users who have an earlier account by another value: are both needed?',
    },
  ].filter(({ count }) => count > 0);

const roleProblems = ({ problems }: Findings['plan']['footer']): number =>
  (problems['unknownRole'] ?? 0) + (problems['noRole'] ?? 0);
