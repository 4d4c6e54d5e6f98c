// Reviews in words: how far they are, and what was decided.
import type { ReviewDecision } from '../../model/review.ts';
import type { HowFar, ReviewResults, ReviewStatus, RoundInOrder, TakenRound } from '../../pipeline.ts';
import { count, counted } from './progress.ts';
import { table } from './results.ts';

const WORDS: Readonly<Record<string, string>> = {
  Deny: 'refused',
  DontKnow: 'left open by a reviewer',
  NotReviewed: 'not decided',
  Approve: 'approved',
};

/** What became of a decision; one that nothing was done about is told without. */
const APPLIED: Readonly<Record<string, string>> = {
  New: '',
  AppliedSuccessfully: ', applied',
  AppliedSuccessfullyButObjectNotFound: ', applied: it was gone already',
  AppliedWithUnknownFailure: ', NOT applied: the directory says no reason',
  ApplyNotSupported: ', NOT applied: the access comes by a group, and must be taken away there',
};

const day = (moment: string): string => moment.slice(0, 10);

const leftText = (daysLeft: number | null): string =>
  daysLeft === null
    ? ''
    : daysLeft === 0
      ? ', ends today'
      : daysLeft === 1
        ? ', 1 day left'
        : `, ${daysLeft} days left`;

/** `"CORPDB1 2026-12", round 2 of it: inprogress, 2026-12-08 to 2026-12-15` */
const headText = ({ review, instance, number }: RoundInOrder): string =>
  `"${review.displayName}"${review.recurs ? `, round ${number}` : ''}: ${instance.status}, ${day(instance.startsAt)} to ${day(instance.endsAt)}`;

/** The rounds of a review that comes again. */
const roundsText = ({ review, instance, rounds }: RoundInOrder): readonly string[] =>
  review.recurs
    ? [
        'Rounds',
        ...rounds.map(
          ({ id, status, startsAt, endsAt }, index) =>
            `  ${index + 1}  ${day(startsAt)} to ${day(endsAt)}  ${status}${id === instance.id ? '  (this one)' : ''}`,
        ),
      ]
    : [];

const decidedText = ({ people, decided, byDefault }: HowFar): string => {
  const share = people === 0 ? 100 : Math.floor((decided / people) * 100);
  const rest = byDefault > 0 ? `; ${count(byDefault)} by the default` : '';
  return `${count(decided)} of ${count(people)} decided (${share} %)${rest}`;
};

const stageText = (stage: ReviewStatus['stages'][number]): readonly string[] => {
  const { number, status, startsAt, endsAt, people, byReviewer } = stage;
  const line = `  stage ${number}: ${status}, ${day(startsAt)} to ${day(endsAt)}`;
  if (people === 0) return [line];
  return [
    `${line}; ${decidedText(stage)}`,
    ...byReviewer.map(({ reviewer, decided }) => `    ${reviewer}  ${count(decided)}`),
  ];
};

export const statusText = (status: ReviewStatus): string => {
  const { stages, people, byDecision, byReviewer, notBegun, daysLeft } = status;
  const lines = [
    `${headText(status)}${leftText(daysLeft)}`,
    ...stages.flatMap(stageText),
    decidedText(status),
    ...(people > 0
      ? [table(Object.entries(byDecision).map(([kind, n]) => [WORDS[kind] ?? kind, count(n)] as const))]
      : []),
  ];
  if (byReviewer.length > 0)
    lines.push(`By reviewer\n${table(byReviewer.map(({ reviewer, decided: n }) => [reviewer, count(n)] as const))}`);
  if (notBegun.length > 0) lines.push(`Not begun: ${notBegun.join(', ')}`);
  return [...lines, ...roundsText(status)].join('\n');
};

/** How many names a result shows; all of them are in the CSV and JSON outputs. */
const SHOWN = 20;

export const resultsText = (results: ReviewResults): string => {
  const { decisions, isOpen, isClosing } = results;
  const lines = [headText(results)];
  if (isOpen) lines.push('It still runs: what is decided by now can change.');
  if (isClosing) lines.push('The directory still closes it: look again in a few minutes.');
  // What was refused is what something follows from; of who keeps the access there are many.
  for (const [kind, words] of Object.entries(WORDS)) {
    const those = decisions.filter(({ decision }) => decision === kind);
    if (those.length === 0) continue;
    lines.push(`${count(those.length)} ${words}`);
    for (const one of those.slice(0, SHOWN)) {
      const { principal, justification, applyResult } = one;
      const by = deciderOf(one);
      const applied = APPLIED[applyResult] ?? `, ${applyResult}`;
      const why = justification ? `: ${justification}` : '';
      lines.push(`  ${principal.userPrincipalName ?? principal.displayName}${by && ` by ${by}`}${applied}${why}`);
    }
    if (those.length > SHOWN) lines.push(`  and ${count(those.length - SHOWN)} more`);
  }
  return [...lines, ...roundsText(results)].join('\n');
};

/** Who decided; empty where nothing was decided. */
const deciderOf = ({ decision, reviewedBy }: ReviewDecision): string => {
  if (reviewedBy) return reviewedBy.userPrincipalName ?? reviewedBy.displayName;
  return decision === 'NotReviewed' ? '' : 'the default of the review';
};

/** What became removals, round by round. */
export const takenText = (taken: readonly TakenRound[]): readonly string[] =>
  taken.flatMap(({ review, number, startsAt, added, unfound, waiting }) => {
    const of = `"${review}", round ${number} of ${day(startsAt)}`;
    return [
      ...(added > 0
        ? [`${of}: ${counted(added, 'refused account is', 'refused accounts are')} to be removed from the application.`]
        : []),
      ...(waiting > 0
        ? [
            `${of}: ${counted(waiting, 'access was', 'accesses were')} refused by the default, since nobody decided about it. Such access goes only if you let it: rollcall review apply --round ${number} --allow deny`,
          ]
        : []),
      ...(unfound > 0
        ? [
            `${of}: ${counted(unfound, 'refusal meets', 'refusals meet')} no account of the newest roster: nothing is to be removed.`,
          ]
        : []),
    ];
  });

/** Whether somebody keeps the access: refused access that was not removed is still there. */
const keeps = ({ decision, applyResult }: ReviewDecision): boolean =>
  !(decision === 'Deny' && applyResult.startsWith('AppliedSuccessfully'));

export const decisionTable = ({ decisions }: ReviewResults) => ({
  columns: ['person', 'id', 'name', 'decision', 'reviewer', 'at', 'justification', 'applied', 'keepsAccess'],
  rows: (async function* () {
    for (const one of decisions) {
      const { principal, decision, reviewedAt, justification, applyResult } = one;
      yield [
        principal.userPrincipalName ?? '',
        principal.id,
        principal.displayName,
        decision,
        deciderOf(one),
        reviewedAt ?? '',
        justification,
        applyResult,
        keeps(one) ? 'yes' : 'no',
      ];
    }
  })(),
});
