// From what the configuration says of a review to the order that a plan holds, and what stands against it.
import { canonicalJson, sha256 } from '../model/hash.ts';
import type { GuardStop } from '../model/plan.ts';
import type { ReviewOrder } from '../model/review.ts';
import type { ReviewSettings } from '../model/settings.ts';
import type { FoundReviewers } from './reviewers.ts';

/** What decides which review it is. */
export interface DecidingInput {
  readonly application: { readonly displayName: string; readonly uniqueName: string };
  readonly servicePrincipalId: string;
  readonly settings: ReviewSettings;
  readonly found: Pick<FoundReviewers, 'stages'>;
  /** The day on which it is started, `2026-12-01`. */
  readonly today: string;
}

export interface OrderInput extends DecidingInput {
  /** What reviewers should know of the access, in sentences. */
  readonly context: string;
  /** What administrators should know besides: what it rests on. */
  readonly basis: string;
}

/** What a review is known again by, before anything is said to people. The same input gives the same key, and so the same review once. */
export const reviewDeciding = (input: DecidingInput): Omit<ReviewOrder, 'forReviewers'> => {
  const { application, servicePrincipalId, settings, found, today } = input;
  const { recurrence, ends, justificationRequired, notifies, reminds, recommends, autoApply } = settings;
  const startsOn = settings.startsOn ?? today;
  const deciding = {
    displayName: settings.name ?? `${application.displayName} ${startsOn.slice(0, 7)}`,
    forAdministrators: `Access to ${application.displayName}, as its own list of accounts has it.`,
    servicePrincipalId,
    stages: settings.stages.map(({ durationInDays, movesOn }, index) => ({
      reviewers: found.stages[index]!.reviewers,
      fallback: found.stages[index]!.fallback,
      durationInDays,
      movesOn,
    })),
    recurrence,
    startsOn,
    ends,
    justificationRequired,
    notifies,
    reminds,
    recommends,
    default: settings.default,
    autoApply,
  };
  const hash = sha256(canonicalJson({ application: application.uniqueName, ...deciding }));
  return { key: hash.slice('sha256:'.length, 'sha256:'.length + 32), ...deciding };
};

/** The review as it is to be started, with what people read. */
export const reviewOrder = (input: OrderInput): ReviewOrder => {
  const { settings, context, basis } = input;
  const deciding = reviewDeciding(input);
  return {
    ...deciding,
    forAdministrators: `${deciding.forAdministrators} ${basis}`,
    forReviewers: [settings.description, context].filter((text) => text).join('\n'),
  };
};

/** What would take access away from people about whom nobody has decided, or leave them without a reviewer. */
export const reviewGuards = (
  settings: Pick<ReviewSettings, 'default' | 'recommends' | 'autoApply'>,
  { problems }: Pick<FoundReviewers, 'problems'>,
): readonly GuardStop[] => {
  const stops: GuardStop[] = [];
  const looks = 'looks at sign-ins through Entra; nobody signs in to this application that way';
  if (settings.default === 'recommendation')
    stops.push({
      guard: 'recommendation',
      message: `what nobody decides about would follow the recommendation, which ${looks}, so everybody would lose access`,
    });
  else if (settings.recommends)
    stops.push({
      guard: 'recommendation',
      message: `reviewers would see the recommendation, which ${looks}, so it would be to refuse each access`,
    });
  if (settings.default === 'deny' && settings.autoApply)
    stops.push({
      guard: 'deny',
      message:
        'what nobody decides about would be refused, and removed at the end: if nobody reviews, everybody loses access',
    });
  for (const { reviewer, problem, remedy } of problems)
    stops.push({ guard: 'reviewers', message: `${reviewer} ${problem}. ${remedy}` });
  return stops;
};

/** What would be removed although nobody looked at it. */
export const applyingGuards = ({
  refused,
  byDefault,
}: {
  readonly refused: number;
  readonly byDefault: number;
}): readonly GuardStop[] =>
  byDefault === 0
    ? []
    : [
        {
          guard: 'deny',
          message: `${byDefault} of ${refused} accesses to be removed were refused by the default of the review: nobody decided about them`,
        },
      ];
