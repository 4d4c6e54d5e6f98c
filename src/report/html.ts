// The report as one web page that needs nothing else: no script to be read, no other file, no network.
import { OUTCOME_KINDS } from '../model/outcome.ts';
import { type Advice, adviceFor, OUTCOME_LABELS } from './advice.ts';
import { pageHead, SCRIPT } from './html-page.ts';
import { factsHtml, guideHtml, summaryHtml } from './html-summary.ts';
import { cell, escaped, number } from './html-text.ts';
import type { ReportData, ReportRow } from './row.ts';
import { candidateText, comparisonText, decidedByText, knownTexts, stateTexts } from './words.ts';

/** A browser shows so many rows with ease. Of more accounts, the page lists those alone that ask for something. */
export const LISTED = 5_000;

/** The page in chunks, a few rows each. */
export async function* htmlReport(data: ReportData, rows: AsyncIterable<ReportRow>): AsyncGenerator<string> {
  yield pageTop(data);
  yield tableTop(data);
  const listsAll = data.counts.rows <= LISTED;
  const keys = data.keyColumns.map((column) => data.columns.indexOf(column));
  let listed = 0;
  let left = 0;
  for await (const row of rows) {
    const advice = adviceFor(row.outcome, row);
    if (!listsAll && advice.severity === 'none') continue;
    if (listed === LISTED) left += 1;
    else {
      listed += 1;
      yield rowHtml(row, advice, keys);
    }
  }
  yield '</tbody></table></div>';
  if (listed === 0) yield '<p>No account to list.</p>';
  if (left > 0)
    yield `<p><strong>${number(left)} more accounts ask for something; the CSV report lists them.</strong></p>`;
  yield `</section>\n${guideHtml(data)}\n${factsHtml(data)}\n</main>\n<script>${SCRIPT}</script>\n</body>\n</html>\n`;
}

const pageTop = (data: ReportData): string => `${pageHead(`${data.application}: Rollcall report`)}${summaryHtml(data)}
`;

const tableTop = (data: ReportData): string => {
  const { rows } = data.counts;
  const part =
    rows <= LISTED
      ? ''
      : `<p>Of ${number(rows)} accounts, this page lists those that ask for something, ${number(LISTED)} at most. The CSV report lists every account.</p>`;
  const kinds = OUTCOME_KINDS.filter((kind) => data.counts[kind] > 0);
  const options = kinds.map((kind) => `<option value="${kind}">${OUTCOME_LABELS[kind]}</option>`);
  const known = data.tellsKnown ? ['In the application'] : [];
  const columns = [...data.keyColumns.map(cell), ...known, 'Outcome', 'User', 'Role', 'What to do'];
  return `<section class="card" aria-labelledby="list"><h2 id="list">Accounts</h2>
${part}
<div class="filter" id="filter" data-things="accounts" role="search" aria-label="Accounts" hidden>
<label>Show <select id="show"><option value="">All</option><option value="person">Those that need a person</option><option value="look">Those worth a look</option>${options.join('')}</select></label>
<label>Find <input id="find" type="search" autocomplete="off" spellcheck="false"></label>
<span id="shown" role="status" class="soft"></span>
</div>
<div class="scroll" role="region" aria-label="Table of accounts" tabindex="0">
<table id="accounts"><thead><tr><th scope="col" class="number">Row</th>${columns.map((column) => `<th scope="col">${column}</th>`).join('')}</tr></thead>
<tbody>
`;
};

const rowHtml = (row: ReportRow, advice: Advice, keys: readonly number[]): string => {
  const { account, outcome, role, known } = row;
  const cells = keys.map((index) => `<td>${cell(account.cells[index] ?? '')}</td>`);
  if (known) cells.push(`<td>${knownTexts(known).map(cell).join('<br>')}</td>`);
  return `<tr class="${advice.severity}" data-outcome="${outcome.kind}"><th scope="row" class="number">${account.n}</th>${cells.join('')}<td class="${advice.severity}"><span class="badge">${OUTCOME_LABELS[outcome.kind]}</span></td><td>${userHtml(row)}</td><td>${cell(role ?? '')}</td><td class="do">${adviceHtml(advice)}${stateHtml(row)}${evidenceHtml(row)}</td></tr>
`;
};

const userHtml = ({ outcome: { user }, newUser }: ReportRow): string => {
  if (!user) return newUser === undefined ? '' : `<span class="soft">${cell(newUser)}<br>new</span>`;
  const disabled = user.accountEnabled === false ? '<br><span class="flag">Disabled</span>' : '';
  return `${cell(user.displayName)}<br><span class="soft">${cell(user.userPrincipalName)}</span>${disabled}`;
};

const FLAGS = { person: 'Needs a person.', look: 'Worth a look.' } as const;

const adviceHtml = ({ severity, text }: Advice): string =>
  severity === 'none'
    ? '<p class="soft">Nothing to do</p>'
    : `<p><span class="flag">${FLAGS[severity]}</span> <bdi>${escaped(text)}</bdi></p>`;

const stateHtml = (row: ReportRow): string => {
  const states = stateTexts(row);
  return states.length === 0 ? '' : `<p class="soft">${escaped(states.join(', '))}</p>`;
};

const evidenceHtml = ({ outcome }: ReportRow): string => {
  const items = [
    ...outcome.comparisons.map(comparisonText),
    ...(outcome.candidates ?? []).map((candidate) => `candidate: ${candidateText(candidate)}`),
    ...(outcome.reason ? [`reason: ${outcome.reason}`] : []),
  ];
  if (items.length === 0) return '';
  const by = decidedByText(outcome);
  const list = items.map((item) => `<li>${cell(item)}</li>`).join('');
  return `<details><summary>${by === '' ? 'What was compared' : `Decided by ${by}`}</summary><ul>${list}</ul></details>`;
};
