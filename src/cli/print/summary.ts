// The end of a run, as a manager could read it.
import { attention } from '../../attention.ts';
import type { Run } from '../../pipeline.ts';
import { shownPath } from '../started.ts';
import { count, counted, duration } from './progress.ts';
import { table } from './results.ts';

/** Totals of a run as plain data, for JSON and for the summary. */
export const runTotals = (run: Run) => {
  const { roster, matching, plan, applied, verified, costs, strategy } = run;
  const stages = Object.fromEntries(Object.entries(costs).map(([stage, cost]) => [stage, cost]));
  const sum = (key: 'requests' | 'resourceUnits' | 'writes' | 'throttled' | 'seconds') =>
    Math.round(Object.values(costs).reduce((total, cost) => total + (cost?.[key] ?? 0), 0) * 1000) / 1000;
  return {
    ...matching.counts,
    created: applied?.done.createUser ?? 0,
    assigned: applied?.done.assign ?? 0,
    alreadySo: applied?.results.alreadySo ?? 0,
    refused: applied?.results.refused ?? 0,
    notTried: applied?.results.notTried ?? 0,
    present: verified?.present ?? null,
    missing: verified?.missing.length ?? null,
    unexpected: verified?.unexpected ?? null,
    needPerson: attention(run).total,
    requests: sum('requests'),
    resourceUnits: sum('resourceUnits'),
    writes: sum('writes'),
    throttled: sum('throttled'),
    seconds: sum('seconds'),
    stages,
    strategy: strategy?.strategy ?? null,
    roster: roster.hash,
    plan: {
      file: plan.file,
      hash: plan.footer.hash,
      counts: plan.footer.counts,
      problems: plan.footer.problems,
      estimate: plan.footer.estimate,
    },
    failures: applied?.failures ?? [],
  };
};

export const runSummary = (
  run: Run,
  application: string,
  { reports, evidence, next }: { reports: readonly string[]; evidence: { file: string; head: string }; next: string },
): string => {
  const totals = runTotals(run);
  const { reasons, total } = attention(run);
  const lines = [
    `${application}: ${counted(totals.rows, 'account')}`,
    table([
      ['matched to a user', count(totals.matched)],
      ['users created, disabled', count(totals.created)],
      ['assignments made', count(totals.assigned)],
      ['assignments in place', `${count(totals.present ?? 0)} verified, ${count(totals.missing ?? 0)} missing`],
      ['needing a person', count(total)],
    ]),
    ...reasons.map(({ count: n, text }) => `      ${count(n).padStart(5)}  ${text}`),
    table([
      [
        'directory',
        `${counted(totals.requests, 'request')}, ${counted(totals.writes, 'write')}, ${duration(totals.seconds)}`,
      ],
      ...reports.map((file) => ['report', shownPath(file)] as const),
      ['evidence', `${shownPath(evidence.file)}, head ${evidence.head}`],
    ]),
    '',
    next,
  ];
  return lines.join('\n');
};
