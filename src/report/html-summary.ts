// The top and the end of the page: what became of all accounts together, what needs a person, what it rests on.
import { OUTCOME_KINDS, type OutcomeKind } from '../model/outcome.ts';
import { OUTCOME_LABELS } from './advice.ts';
import { cell, escaped, number, time } from './html-text.ts';
import type { ReportData } from './row.ts';

export const summaryHtml = (data: ReportData): string =>
  [
    '<header>',
    '<p class="eyebrow">Rollcall report</p>',
    `<h1><bdi>${escaped(data.application)}</bdi></h1>`,
    `<p class="soft">${number(data.counts.rows)} accounts, collected ${time(data.roster.collectedAt)} from ${cell(data.roster.source)}</p>`,
    '</header>',
    ...data.notes.map((note) => `<p class="card note">${escaped(note)}</p>`),
    totalsHtml(data),
    attentionHtml(data),
    outcomesHtml(data),
  ].join('\n');

const totalsHtml = ({ counts, plan, applied, verified }: ReportData): string => {
  const totals: (readonly [string, string])[] = [
    ['Accounts', number(counts.rows)],
    ['Matched to a user', number(counts.matched)],
    ['Without a user', number(counts.notMatched)],
  ];
  if (applied) {
    totals.push(['Users created, disabled', number(applied.created)], ['Roles assigned', number(applied.assigned)]);
    const failed = applied.refused + applied.notTried;
    if (failed > 0) totals.push(['Changes refused or not tried', number(failed)]);
  } else if (plan) {
    totals.push(['Users to create', number(plan.createUser)], ['Roles to assign', number(plan.assign)]);
  }
  if (verified) totals.push(['Assignments verified', `${number(verified.present)} of ${number(verified.wanted)}`]);
  const tiles = totals.map(([label, value]) => `<div><dt>${label}</dt><dd>${value}</dd></div>`);
  return `<dl class="totals">${tiles.join('')}</dl>`;
};

const attentionHtml = ({ attention }: ReportData): string => {
  const items = attention.map(({ count, text }) => `<li><b>${number(count)}</b> <span>${escaped(text)}</span></li>`);
  const list = items.length > 0 ? `<ul class="todo">${items.join('')}</ul>` : '<p>Nothing needs a person.</p>';
  return `<section class="card" aria-labelledby="todo"><h2 id="todo">What needs a person</h2>${list}</section>`;
};

const MEANINGS: Readonly<Record<OutcomeKind, string>> = {
  matched: 'Exactly one user stands behind the account.',
  notMatched: 'No user was found: an orphan, until somebody finds out whose it is.',
  ambiguous: 'Several users were found. None is taken until a person decides.',
  notQueried: 'The columns that matching compares are empty.',
  duplicate: 'An earlier row has the same value, and counts.',
  queryFailed: 'The directory could not be asked. This says nothing about the account.',
  ignored: 'An administrator decided, on record, to leave the account alone.',
};

const outcomesHtml = ({ counts }: ReportData): string => {
  const rows = OUTCOME_KINDS.map((kind) => [OUTCOME_LABELS[kind], counts[kind], MEANINGS[kind]] as const);
  const [matched, ...others] = rows;
  const disabled = ['Matched, user disabled', counts.notEnabled, 'The user cannot sign in.'] as const;
  const lines = [matched!, disabled, ...others].map(
    ([label, count, meaning]) =>
      `<tr><th scope="row">${label}</th><td class="number">${number(count)}</td><td>${meaning}</td></tr>`,
  );
  return [
    '<section class="card" aria-labelledby="outcomes"><h2 id="outcomes">Outcomes</h2>',
    '<table><thead><tr><th scope="col">Outcome</th><th scope="col" class="number">Accounts</th><th scope="col">Meaning</th></tr></thead>',
    `<tbody>${lines.join('')}</tbody></table></section>`,
  ].join('\n');
};

/** How to decide about an account that no single user stands behind, as Microsoft's own guidance has it. */
const GUIDE: readonly (readonly [string, string])[] = [
  ['The person is in the directory, the value in the application is wrong or old', 'Correct it in the application.'],
  [
    'The attribute of the user is wrong or empty',
    'Correct it on the user; where users are synchronized, in Active Directory or the HR system.',
  ],
  [
    'Many accounts hold a value that no rule compares',
    'Add a rule or a transform to rollcall.yaml, or a property to the application that links it with the directory.',
  ],
  ['One account is an exception', 'Name its user in the overrides file, with the reason.'],
  [
    'The person is not in the directory',
    'Have the user created by HR provisioning, in Active Directory or in Entra; or let "create" in rollcall.yaml do it.',
  ],
  ['The person has left', 'Delete the account in the application.'],
  ['A test or service account', 'Delete it, or record it as ignored in the overrides file, with the reason.'],
  ['The built-in administrator of the application', 'It may stay: record it as ignored, with the reason.'],
  [
    'A second account that a person administers with',
    'Keep it apart: name the administrator user in the overrides file.',
  ],
];

/** Shown where there is something to decide. */
export const guideHtml = ({ counts }: ReportData): string => {
  if (counts.notMatched + counts.ambiguous + counts.notQueried === 0) return '';
  const rows = GUIDE.map(([found, remedy]) => `<tr><th scope="row">${found}</th><td>${escaped(remedy)}</td></tr>`);
  return [
    '<section class="card" aria-labelledby="guide"><h2 id="guide">How to decide</h2>',
    '<table><thead><tr><th scope="col">What you find</th><th scope="col">What to do</th></tr></thead>',
    `<tbody>${rows.join('')}</tbody></table>`,
    '<p>Then export the users of the application again, and run Rollcall again.</p></section>',
  ].join('\n');
};

/** What the report rests on, for whoever has to prove it. */
export const factsHtml = (data: ReportData): string => {
  const { roster, matching, plan, applied, verified } = data;
  const facts: (readonly [string, string])[] = [
    ['Roster', escaped(roster.hash)],
    ['Matched', `${time(matching.at)}, ${effort(matching)}`],
  ];
  if (plan) facts.push(['Plan', `${time(plan.at)}, ${escaped(plan.hash)}`]);
  if (applied) facts.push(['Applied', `${time(applied.at)}, ${effort(applied)}`]);
  if (verified) {
    const unexpected = `${number(verified.missing)} missing, ${number(verified.unexpected)} not called for by the roster`;
    facts.push(['Verified', `${time(verified.at)}, ${unexpected}`]);
  }
  facts.push(['Evidence', `newest record ${escaped(data.evidenceHead)}`], ['Report written', time(data.writtenAt)]);
  const list = facts.map(([label, value]) => `<dt>${label}</dt><dd>${value}</dd>`).join('');
  return `<section class="card" aria-labelledby="facts"><h2 id="facts">What this rests on</h2><dl class="facts">${list}</dl></section>`;
};

const effort = ({ requests, seconds }: { requests: number; seconds: number }): string =>
  `${number(requests)} requests in ${number(seconds)} s`;
