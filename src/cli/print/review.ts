// Reviews in words: how far they are, and what was decided.
import type { ReviewResults, ReviewStatus } from '../../pipeline.ts';
import { count } from './progress.ts';
import { table } from './results.ts';

const WORDS: Readonly<Record<string, string>> = {
  Approve: 'approved',
  Deny: 'refused',
  DontKnow: 'left open by a reviewer',
  NotReviewed: 'not decided',
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

export const statusText = (status: ReviewStatus): string => {
  const { review, instance, stages, people, decided, byDecision, byReviewer, notBegun, daysLeft } = status;
  const share = people === 0 ? 100 : Math.floor((decided / people) * 100);
  const lines = [
    `"${review.displayName}": ${instance.status}, ${day(instance.startsAt)} to ${day(instance.endsAt)}${leftText(daysLeft)}`,
    ...stages.map(
      ({ id, status: state, startsAt, endsAt }) => `  stage ${id}: ${state}, ${day(startsAt)} to ${day(endsAt)}`,
    ),
    `${count(decided)} of ${count(people)} decided (${share} %)`,
    ...(people > 0
      ? [table(Object.entries(byDecision).map(([kind, n]) => [WORDS[kind] ?? kind, count(n)] as const))]
      : []),
  ];
  if (byReviewer.length > 0)
    lines.push(`By reviewer\n${table(byReviewer.map(({ reviewer, decided: n }) => [reviewer, count(n)] as const))}`);
  if (notBegun.length > 0) lines.push(`Not begun: ${notBegun.join(', ')}`);
  return lines.join('\n');
};

/** How many names a result shows; all of them are in the CSV and JSON outputs. */
const SHOWN = 20;

export const resultsText = ({ review, instance, decisions }: ReviewResults): string => {
  const lines = [`"${review.displayName}": ${instance.status}, ${day(instance.startsAt)} to ${day(instance.endsAt)}`];
  for (const [kind, words] of Object.entries(WORDS)) {
    const those = decisions.filter(({ decision }) => decision === kind);
    if (those.length === 0) continue;
    lines.push(`${count(those.length)} ${words}`);
    for (const { principal, reviewedBy, justification, applyResult } of those.slice(0, SHOWN)) {
      const by = reviewedBy ? `by ${reviewedBy.userPrincipalName ?? reviewedBy.displayName}` : 'by nobody';
      const applied = applyResult && applyResult !== 'New' ? `, ${applyResult}` : '';
      const why = justification ? `: ${justification}` : '';
      lines.push(`  ${principal.userPrincipalName ?? principal.displayName} ${by}${applied}${why}`);
    }
    if (those.length > SHOWN) lines.push(`  and ${count(those.length - SHOWN)} more`);
  }
  return lines.join('\n');
};

/** Whether somebody keeps the access: refused access that was not removed is still there. */
const keeps = ({ decision, applyResult }: ReviewResults['decisions'][number]): boolean =>
  !(decision === 'Deny' && applyResult.startsWith('AppliedSuccessfully'));

export const decisionTable = ({ decisions }: ReviewResults) => ({
  columns: ['person', 'id', 'name', 'decision', 'reviewer', 'at', 'justification', 'applied', 'keepsAccess'],
  rows: (async function* () {
    for (const one of decisions) {
      const { principal, decision, reviewedBy, reviewedAt, justification, applyResult } = one;
      yield [
        principal.userPrincipalName ?? '',
        principal.id,
        principal.displayName,
        decision,
        reviewedBy ? (reviewedBy.userPrincipalName ?? reviewedBy.displayName) : '',
        reviewedAt ?? '',
        justification,
        applyResult,
        keeps(one) ? 'yes' : 'no',
      ];
    }
  })(),
});
