// The words in which results are told: what happened, what needs a person, what to type next.

import type { StrategyChoice } from '../../match/strategy.ts';
import type { Roster } from '../../model/account.ts';
import type { OutcomeCounts } from '../../model/outcome.ts';
import type { ActionKind, PlanCounts } from '../../model/plan.ts';
import type { Applied, Verified } from '../../pipeline.ts';
import type { PlanFile } from '../../plan/file.ts';
import { describe } from '../../plan/fresh.ts';
import { shownPath } from '../started.ts';
import { count, counted, duration } from './progress.ts';

/** Two columns, the first as wide as it needs to be. */
export const table = (rows: readonly (readonly [string, string])[], indent = '  '): string => {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${indent}${label.padEnd(width)}  ${value}`).join('\n');
};

const OUTCOME_WORDS: readonly (readonly [keyof OutcomeCounts, string])[] = [
  ['matched', 'matched to exactly one user'],
  ['notEnabled', 'of them: the user cannot sign in'],
  ['sharesUser', 'of them: an earlier account has the same user by another value'],
  ['notMatched', 'no user found'],
  ['ambiguous', 'several users found'],
  ['duplicate', 'the same account again'],
  ['notQueried', 'nothing to match by'],
  ['queryFailed', 'the query failed'],
  ['ignored', 'ignored by an override'],
];

export const rosterText = ({ rows, columns, source, hash, notes }: Roster): string =>
  [
    `${counted(rows, 'account')} collected from ${source}`,
    `  columns  ${columns.join(', ')}`,
    `  roster   ${hash}`,
    ...notes.map((note) => `  note     ${note}`),
  ].join('\n');

export const outcomesText = (counts: OutcomeCounts): string =>
  [
    counted(counts.rows, 'account'),
    table(
      OUTCOME_WORDS.filter(([kind]) => kind === 'matched' || counts[kind] > 0).map(([kind, words]) => [
        words,
        count(counts[kind]),
      ]),
    ),
  ].join('\n');

export const strategyText = ({ strategy, reason }: StrategyChoice): string => `Strategy: ${strategy}, ${reason}`;

const ACTION_WORDS: Readonly<Record<ActionKind, readonly [string, string]>> = {
  createApplication: ['application to register', 'applications to register'],
  createServicePrincipal: ['service principal to create', 'service principals to create'],
  addAppRoles: ['addition of roles', 'additions of roles'],
  addTags: ['tag to set', 'tags to set'],
  requireAssignment: ['switch to set: assignment required', 'switches to set: assignment required'],
  createUser: ['user to create, disabled', 'users to create, disabled'],
  assign: ['assignment to make', 'assignments to make'],
  unassign: ['assignment to take away', 'assignments to take away'],
  startReview: ['review to start', 'reviews to start'],
  stopReview: ['review to stop', 'reviews to stop'],
  stopSeries: ['series of reviews to stop', 'series of reviews to stop'],
  remindReviewers: ['reminder to send', 'reminders to send'],
  applyDecisions: ['set of decisions to apply', 'sets of decisions to apply'],
  decide: ['decision to record', 'decisions to record'],
};

/** How many examples of each kind of action a summary shows. */
const EXAMPLES = 3;

/** A plan's summary: counts, the first of each kind, what it cannot do, what it costs, what it rests on. */
export const planText = async (plan: PlanFile): Promise<string> => {
  const { footer } = plan;
  const examples = await firstOfEach(plan);
  const lines: string[] = [];
  if (footer.actions === 0)
    lines.push(
      plan.header.about === 'review'
        ? 'Nothing to do: it is so already.'
        : 'Nothing to do: the directory says what the roster says.',
    );
  else lines.push(`Plan: ${counted(footer.actions, 'change')}`);
  for (const kind of Object.keys(ACTION_WORDS) as ActionKind[]) {
    if (footer.counts[kind] === 0) continue;
    lines.push(`  ${actionCount(kind, footer.counts)}`);
    for (const text of examples.get(kind) ?? []) lines.push(`    ${text}`);
    const more = footer.counts[kind] - EXAMPLES;
    if (more > 0) lines.push(`    and ${count(more)} more`);
  }
  const problems = Object.values(footer.problems).reduce((sum, n) => sum + n, 0);
  if (problems > 0) {
    lines.push(`${counted(problems, 'account')} that the plan cannot act on`);
    for (const text of examples.get('problem') ?? []) lines.push(`    ${text}`);
    if (problems > EXAMPLES) lines.push(`    and ${count(problems - EXAMPLES)} more`);
  }
  for (const { guard, message } of footer.guards) lines.push(`Guard "${guard}" stops this plan: ${message}`);
  const { requests, writes, minutes } = footer.estimate;
  if (writes > 0) {
    const time = minutes < 1 ? 'less than a minute' : duration(minutes * 60);
    lines.push(
      `Estimate: ${counted(requests, 'request')}, ${counted(writes, 'write')}, ${time} at the published limit of writes`,
    );
  }
  lines.push(`Saved as ${shownPath(plan.file)}`);
  return lines.join('\n');
};

const actionCount = (kind: ActionKind, counts: PlanCounts): string => counted(counts[kind], ...ACTION_WORDS[kind]);

const firstOfEach = async (plan: PlanFile): Promise<ReadonlyMap<ActionKind | 'problem', readonly string[]>> => {
  const examples = new Map<ActionKind | 'problem', string[]>();
  const problems = Math.min(
    EXAMPLES,
    Object.values(plan.footer.problems).reduce((sum, n) => sum + n, 0),
  );
  const wanted = Object.values(plan.footer.counts).reduce((sum, n) => sum + Math.min(n, EXAMPLES), 0) + problems;
  let seen = 0;
  for await (const record of plan.records()) {
    if (seen === wanted) break;
    const kind = 'action' in record ? record.action.kind : 'problem';
    const list = examples.get(kind) ?? [];
    examples.set(kind, list);
    if (list.length === EXAMPLES) continue;
    list.push('action' in record ? describe(record.action) : `row ${record.problem.row}: ${record.problem.message}`);
    seen += 1;
  }
  return examples;
};

export const appliedText = ({ results, done, failures, cost }: Applied): string => {
  const lines = [
    `Applied in ${duration(cost.seconds)}: ${count(results.done)} done, ${count(results.alreadySo)} already so, ${count(results.refused)} refused, ${count(results.notTried)} not tried`,
    ...doneText(done),
  ];
  for (const { n, kind, status, reason } of failures.slice(0, 10)) {
    lines.push(`  action ${n} (${kind}) ${status === 'refused' ? 'was refused' : 'was not tried'}: ${reason}`);
  }
  const more = results.refused + results.notTried - Math.min(10, failures.length);
  if (more > 0) lines.push(`  and ${count(more)} more; "rollcall report" lists them all`);
  return lines.join('\n');
};

const DONE_WORDS: Readonly<Partial<Record<ActionKind, readonly [one: string, many: string]>>> = {
  startReview: ['review started', 'reviews started'],
  stopReview: ['review stopped', 'reviews stopped'],
  stopSeries: ['series of reviews stopped', 'series of reviews stopped'],
  remindReviewers: ['reminder sent', 'reminders sent'],
  applyDecisions: ['set of decisions applied', 'sets of decisions applied'],
  decide: ['decision recorded', 'decisions recorded'],
};

/** Users and assignments, or what was done about reviews. */
const doneText = (done: PlanCounts): string[] => {
  const about = (Object.keys(DONE_WORDS) as ActionKind[]).filter((kind) => done[kind] > 0);
  if (about.length > 0) return [`  ${about.map((kind) => counted(done[kind], ...DONE_WORDS[kind]!)).join(', ')}`];
  return [`  ${counted(done.createUser, 'user')} created, ${counted(done.assign, 'assignment')} made`];
};

export const verifiedText = (verified: Verified): string => {
  const { wanted, present, missing, unexpected, unexpectedExamples, notReviewable } = verified;
  const lines = [
    `Verified: ${count(present)} of ${counted(wanted, 'assignment')} ${present === 1 ? 'is' : 'are'} in the directory`,
  ];
  for (const { row, principalName, roleName, reason } of missing.slice(0, 10)) {
    lines.push(`  missing: ${principalName} in the role "${roleName}" (row ${row})${reason ? `: ${reason}` : ''}`);
  }
  if (missing.length > 10) lines.push(`  and ${count(missing.length - 10)} more`);
  if (unexpected > 0) {
    lines.push(
      `${counted(unexpected, 'assignment is', 'assignments are')} in the directory that the roster does not call for`,
    );
    for (const { principalDisplayName, principalType } of unexpectedExamples.slice(0, 5)) {
      lines.push(`  ${principalType} ${principalDisplayName}`);
    }
  }
  for (const reason of notReviewable) lines.push(`The application cannot be reviewed: ${reason}`);
  return lines.join('\n');
};
