// review: what people write of how the access is reviewed, and what the code uses.
import { z } from 'zod';
import { RECURRENCES } from '../model/review.ts';
import type { NamedReviewer, ReviewSettings, ReviewStageSettings } from '../model/settings.ts';
import { choice, either, object, text } from './shapes.ts';

const REVIEWERS_EXPECTED = 'expected { user }, { group }, { manager: true } or { owners: true }';

const reviewer = either(
  [
    object({ user: text.describe('User principal name or id.') }),
    object({ group: text.describe('Name or id; its members review.') }),
    object({ manager: z.literal(true).describe('Of each person under review.') }),
    object({ owners: z.literal(true).describe('Of the application, as the directory has them.') }),
  ],
  REVIEWERS_EXPECTED,
);

const reviewers = z.array(reviewer).min(1, 'expected at least one reviewer');
const fallback = z.array(reviewer).optional().describe('Who reviews where a person has no manager.');
const days = z.int('expected whole days').min(1, 'expected at least 1').max(180, 'expected at most 180');
const day = z.iso.date('expected a day such as 2026-12-01');

const MOVES_ON = ['approve', 'deny', 'notReviewed', 'recommendation'] as const;

const stage = object({
  reviewers,
  fallback,
  durationInDays: days,
  movesOn: z
    .array(choice(MOVES_ON))
    .min(1)
    .optional()
    .describe('Whose access the next stage looks at, by what this one decided. Default: approve, notReviewed.'),
});

export const reviewWritten = object({
  name: text.max(200).optional().describe('Default: the application and the month.'),
  reviewers: reviewers.optional(),
  fallback,
  durationInDays: days.optional(),
  stages: z.array(stage).min(1).max(3, 'expected at most three stages').optional().describe('In place of reviewers.'),
  recurrence: choice(RECURRENCES).optional().describe('Default: once.'),
  startsOn: day.optional().describe('Default: the day on which it is started.'),
  ends: either([object({ on: day }), object({ after: z.int().min(1) })], 'expected { on: DAY } or { after: TIMES }')
    .optional()
    .describe('When a review that recurs comes to its end. Default: never.'),
  justification: z.boolean().optional().describe('Whether an approval needs a reason. Default: true.'),
  notify: z.boolean().optional().describe('Whether reviewers get mail. Default: true.'),
  remind: z.boolean().optional().describe('Whether they are reminded at half time. Default: true.'),
  recommendations: z
    .boolean()
    .optional()
    .describe(
      'Whether reviewers see what the directory recommends: it looks at sign-ins through Entra. Default: false.',
    ),
  default: choice(['none', 'approve', 'deny', 'recommendation'])
    .optional()
    .describe('What becomes of an access that nobody has decided about. Default: none.'),
  autoApply: z.boolean().optional().describe('Whether refused access is removed at the end. Default: false.'),
  description: text.max(2000).optional().describe('For the reviewers, before what is known of the roles.'),
})
  .superRefine((written, context) => {
    const wrong = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (written.stages) {
      for (const key of ['reviewers', 'fallback', 'durationInDays'] as const)
        if (written[key] !== undefined) wrong([key], 'stands in each stage, where there are stages');
    } else {
      if (written.reviewers === undefined) wrong(['reviewers'], 'missing; expected a list of reviewers, or stages');
      if (written.durationInDays === undefined) wrong(['durationInDays'], 'missing; expected a whole number of days');
    }
    if (written.ends && (written.recurrence ?? 'once') === 'once') wrong(['ends'], 'goes with a review that recurs');
    const lasts =
      written.stages?.reduce((sum, { durationInDays }) => sum + durationInDays, 0) ?? written.durationInDays;
    const most = INTERVAL_DAYS[written.recurrence ?? 'once'];
    if (lasts !== undefined && lasts > most)
      wrong(
        written.stages ? ['stages'] : ['durationInDays'],
        `it lasts ${lasts} days, and begins again after ${most}: expected at most ${most}`,
      );
  })
  .optional()
  .describe('Who reviews the access, for how long, and what comes of it.');

/** The shortest time between two beginnings. */
const INTERVAL_DAYS = {
  once: 540,
  weekly: 7,
  monthly: 28,
  quarterly: 89,
  halfYearly: 181,
  yearly: 365,
} as const satisfies Record<(typeof RECURRENCES)[number], number>;

type Written = NonNullable<z.infer<typeof reviewWritten>>;

export const reviewSettings = (written: Written | undefined): ReviewSettings | null => {
  if (written === undefined) return null;
  const stages = written.stages ?? [
    // The schema has seen to it that they are there where no stages are.
    {
      reviewers: written.reviewers!,
      fallback: written.fallback,
      durationInDays: written.durationInDays!,
      movesOn: undefined,
    },
  ];
  return {
    name: written.name ?? null,
    stages: stages.map(stageSettings),
    recurrence: written.recurrence ?? 'once',
    startsOn: written.startsOn ?? null,
    ends: written.ends ?? null,
    justificationRequired: written.justification ?? true,
    notifies: written.notify ?? true,
    reminds: written.remind ?? true,
    recommends: written.recommendations ?? false,
    default: written.default ?? 'none',
    autoApply: written.autoApply ?? false,
    description: written.description ?? null,
  };
};

const WORDS = {
  approve: 'Approve',
  deny: 'Deny',
  notReviewed: 'NotReviewed',
  recommendation: 'Recommendation',
} as const;

const stageSettings = (written: {
  readonly reviewers: readonly NamedReviewer[];
  readonly fallback?: readonly NamedReviewer[] | undefined;
  readonly durationInDays: number;
  readonly movesOn?: readonly (typeof MOVES_ON)[number][] | undefined;
}): ReviewStageSettings => ({
  reviewers: written.reviewers,
  fallback: written.fallback ?? [],
  durationInDays: written.durationInDays,
  movesOn: (written.movesOn ?? ['approve', 'notReviewed']).map((word) => WORDS[word]),
});
