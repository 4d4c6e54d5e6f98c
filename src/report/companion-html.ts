// The companion as one web page that needs nothing else: what a reviewer reads beside the review, a line a person.
import { WEIGHT_LABELS, WEIGHTS, type Weight } from './companion-advice.ts';
import {
  type CompanionData,
  type CompanionRow,
  decisionTexts,
  enabledTexts,
  isNew,
  loginTexts,
  peerTexts,
  sinceTexts,
  typeTexts,
  weightCounts,
} from './companion-row.ts';
import { LISTED } from './html.ts';
import { pageHead, SCRIPT } from './html-page.ts';
import { cell, escaped, number, time } from './html-text.ts';

/** The page in chunks, a row each. It says nothing of when it was made: the same facts make the same page. */
export async function* companionHtml(data: CompanionData): AsyncGenerator<string> {
  yield pageHead(`${data.context.application}: companion for reviewers`);
  yield summary(data);
  yield tableTop(data);
  for (const row of data.rows.slice(0, LISTED)) yield rowHtml(row);
  yield `</tbody></table></div></section>\n${facts(data)}\n</main>\n<script>${SCRIPT}</script>\n</body>\n</html>\n`;
}

/** The classes that give rows and badges their colours. */
const CLASSES: Readonly<Record<Weight, string>> = { refuse: 'refuse', look: 'look', none: 'unclear', keep: 'keep' };

const summary = ({ context, reviewer, rows }: CompanionData): string => {
  const { application, round, roster, notes } = context;
  const review = round
    ? `${cell(round.name)}, ${time(round.startsAt)} to ${time(round.endsAt)}`
    : 'For the review that is to come';
  const counts = weightCounts(rows);
  const totals = [
    ['People', rows.length] as const,
    ...WEIGHTS.map((one) => [WEIGHT_LABELS[one], counts[one]] as const),
  ];
  return [
    '<header>',
    '<p class="eyebrow">Companion for reviewers</p>',
    `<h1><bdi>${escaped(application)}</bdi></h1>`,
    `<p class="soft">${review}. For ${reviewer === null ? 'every reviewer' : cell(reviewer)}.</p>`,
    `<p class="soft">By the application's list of ${number(roster.rows)} accounts, collected ${time(roster.collectedAt)}.</p>`,
    '</header>',
    ...notes.map((note) => `<p class="card note">${escaped(note)}</p>`),
    `<dl class="totals">${totals.map(([label, count]) => `<div><dt>${label}</dt><dd>${number(count)}</dd></div>`).join('')}</dl>`,
    rolesHtml(context),
  ].join('\n');
};

/** What changed since the last review, and what roles mean. */
const rolesHtml = ({ last, roles }: CompanionData['context']): string => {
  const lines = roles.map(
    ({ name, description, people }) =>
      `<tr><th scope="row">${cell(name)}</th><td class="number">${number(people)}</td><td>${description === null ? '<span class="soft">Nobody has said what it means.</span>' : `<bdi>${escaped(description)}</bdi>`}</td></tr>`,
  );
  return `<section class="card" aria-labelledby="access"><h2 id="access">The access</h2>
<p>${lastHtml(last)}</p>
<table><thead><tr><th scope="col">Role</th><th scope="col" class="number">People</th><th scope="col">What it means</th></tr></thead>
<tbody>${lines.join('')}</tbody></table></section>`;
};

const lastHtml = (last: CompanionData['context']['last']): string => {
  if (last === null) return 'This is the first review, so that there is none to compare with.';
  const changes =
    last.changes === null
      ? 'the list of accounts of that time is not kept any more, so that nobody can tell what is new'
      : escaped(last.changes);
  return `Since the last review, ${cell(last.name)} of ${last.on}: ${changes}.`;
};

const COLUMNS = [
  'Person',
  'Advice',
  'Roles',
  'Last login in the application',
  'Account',
  'Since the last review',
  'Last decisions',
  'Peers',
] as const;

const tableTop = ({ rows }: CompanionData): string => {
  const part =
    rows.length <= LISTED
      ? ''
      : `<p>Of ${number(rows.length)} people, this page lists the ${number(LISTED)} who deserve a look first. The CSV file beside it lists all.</p>`;
  const options = WEIGHTS.map((one) => `<option value="${CLASSES[one]}">${WEIGHT_LABELS[one]}</option>`);
  return `<section class="card" aria-labelledby="list"><h2 id="list">People</h2>
<p>Those come first who deserve a look first. Decide in the review itself: this page decides nothing.</p>
${part}
<div class="filter" id="filter" data-things="people" role="search" aria-label="People" hidden>
<label>Show <select id="show"><option value="">All</option>${options.join('')}<option value="new">New since the last review</option></select></label>
<label>Find <input id="find" type="search" autocomplete="off" spellcheck="false"></label>
<span id="shown" role="status" class="soft"></span>
</div>
<div class="scroll" role="region" aria-label="Table of people" tabindex="0">
<table id="accounts"><thead><tr>${COLUMNS.map((column) => `<th scope="col">${column}</th>`).join('')}</tr></thead>
<tbody>
`;
};

const rowHtml = ({ person, advice }: CompanionRow): string => {
  const { displayName, userPrincipalName, roles, isEnabled } = person;
  const name = `${cell(displayName)}${userPrincipalName === null ? '' : `<br><span class="soft">${cell(userPrincipalName)}</span>`}${isEnabled === false ? '<br><span class="flag">Disabled</span>' : ''}`;
  const account = `Can be used: ${lines(enabledTexts(person))}<br>Type: ${lines(typeTexts(person))}`;
  const reasons = advice.reasons.map((reason) => `<p><bdi>${escaped(reason)}</bdi></p>`).join('');
  const kind = CLASSES[advice.weight];
  return `<tr class="${kind}"${isNew(person) ? ' data-outcome="new"' : ''}><th scope="row">${name}</th><td class="do ${kind}"><span class="badge">${WEIGHT_LABELS[advice.weight]}</span>${reasons}</td><td>${lines(roles.map((role) => role.name))}</td><td>${lines(loginTexts(person))}</td><td>${account}</td><td>${lines(sinceTexts(person))}</td><td>${lines(decisionTexts(person))}</td><td>${lines(peerTexts(person))}</td></tr>
`;
};

const lines = (texts: readonly string[]): string => texts.map(cell).join('<br>');

/** What it rests on, and what it does not. */
const facts = ({ context: { roster, peersKnown } }: CompanionData): string => {
  const items: (readonly [string, string])[] = [
    [
      'Advice',
      "It rests on the application's own list, on the directory's word on who can sign in, and on earlier decisions; each with its reason. Sign-ins through Microsoft Entra are no evidence: to this application nobody signs in that way. Where nothing is known, there is no advice.",
    ],
    ['Last login', 'As the application knows it; "not known" is not "never".'],
    [
      'Peers',
      peersKnown
        ? 'Of a department, all who can sign in, or have access. Where there is none, those under review who have the same manager, if the managers were read.'
        : 'Not known: this sign-in may not read users.',
    ],
    ['Roster', roster.hash],
  ];
  return `<section class="card" aria-labelledby="rests"><h2 id="rests">What this rests on</h2><dl class="facts">${items.map(([name, text]) => `<dt>${name}</dt><dd>${escaped(text)}</dd>`).join('')}</dl></section>`;
};
