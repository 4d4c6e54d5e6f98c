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
  const reasons = [
    ...outcomeReasons({ ...counts, notMatched: counts.notMatched - plan.footer.newUserRows }),
    ...reason(
      applied?.done.createUser ?? 0,
      'user was created: find out whose it is, then enable it',
      'users were created: find out whose they are, then enable them',
    ),
    ...reason(
      roleProblems(plan.footer),
      'account holds no role that the configuration knows',
      'accounts hold no role that the configuration knows',
    ),
    ...reason(
      applied?.results.refused ?? 0,
      'change was refused by the directory',
      'changes were refused by the directory',
    ),
    ...reason(applied?.results.notTried ?? 0, 'change was not tried', 'changes were not tried'),
    ...reason(
      verified?.missing.length ?? 0,
      'assignment is missing in the directory',
      'assignments are missing in the directory',
    ),
    ...reason(
      verified?.unexpected ?? 0,
      'assignment stands in the directory that the roster does not call for',
      'assignments stand in the directory that the roster does not call for',
    ),
    ...reason(
      verified?.notReviewable?.length ?? 0,
      'thing keeps the application from being reviewed: see verify',
      'things keep the application from being reviewed: see verify',
    ),
  ];
  return { reasons, total: reasons.reduce((sum, { count }) => sum + count, 0) };
};

/** What outcomes alone leave for a person. */
export const outcomeReasons = (counts: OutcomeCounts): Attention['reasons'] => [
  ...reason(
    counts.notMatched,
    'account has no user: find the person, create the user, or remove the account',
    'accounts have no user: find the person, create the user, or remove the account',
  ),
  ...reason(
    counts.ambiguous,
    'account could be several users: decide by an override',
    'accounts could be several users: decide by an override',
  ),
  ...reason(
    counts.notQueried,
    'account has nothing to match by: fill the column in the application',
    'accounts have nothing to match by: fill the column in the application',
  ),
  ...reason(counts.duplicate, 'account stands in the list once more', 'accounts stand in the list more than once'),
  ...reason(
    counts.queryFailed,
    'account could not be looked up: run again',
    'accounts could not be looked up: run again',
  ),
  ...reason(
    counts.notEnabled,
    'account belongs to a user who cannot sign in: a leaver?',
    'accounts belong to users who cannot sign in: leavers?',
  ),
  ...reason(
    counts.sharesUser,
    'account belongs to a user who has an earlier account by another value: are both needed?',
    'accounts belong to users who have an earlier account by another value: are both needed?',
  ),
];

/** One reason, in the words for one or for many; none where there is nothing to count. */
const reason = (count: number, one: string, many: string): Attention['reasons'] =>
  count > 0 ? [{ count, text: count === 1 ? one : many }] : [];

const roleProblems = ({ problems }: Findings['plan']['footer']): number =>
  (problems['unknownRole'] ?? 0) + (problems['noRole'] ?? 0);
