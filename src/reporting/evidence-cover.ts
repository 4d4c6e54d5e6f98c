// The cover of a folder of evidence: what a person reads first, as a page and as plain text, from the same lines.
import { createHash } from 'node:crypto';
import type { CoverFacts } from '../evidence/export.ts';
import type { MatchedFact, PlanFact } from '../evidence/summary.ts';
import { OUTCOME_KINDS } from '../model/outcome.ts';
import { escaped, number } from '../report/html-text.ts';

/** A part of the cover: a title, what is said, and a table. */
interface Section {
  readonly title: string;
  readonly texts: readonly string[];
  readonly head?: readonly string[];
  readonly rows?: readonly (readonly string[])[];
}

/** The cover as HTML and as text. */
export const coverOf = (facts: CoverFacts): { readonly html: string; readonly text: string } => {
  const title = `Evidence: ${facts.manifest.application.displayName}`;
  const sections = sectionsOf(facts);
  return { html: page(title, sections), text: plain(title, sections) };
};

const sectionsOf = (facts: CoverFacts): readonly Section[] => [
  about(facts),
  population(facts),
  rosters(facts),
  plans(facts),
  writes(facts),
  configurations(facts),
  kinds(facts),
  lacking(facts),
  verifying(facts),
];

/** `2026-03-31 12:00 UTC`, with what may stand in a record in place of a time. */
const moment = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;

const about = ({ manifest }: CoverFacts): Section => {
  const { period, chain, key, writtenAt, application } = manifest;
  return {
    title: 'What this is',
    texts: [
      `The record of what Rollcall read, decided and wrote for ${application.displayName} (${application.uniqueName}).`,
      key === null
        ? 'It is NOT SIGNED: no key was configured. Whoever could write to this folder could change all of it.'
        : `It is signed with the key ${key}.`,
    ],
    rows: [
      [
        'Period',
        `${period.from === null ? 'from the first record' : moment(period.from)} to ${period.until === null ? 'the newest' : `before ${moment(period.until)}`}`,
      ],
      ['Written', moment(writtenAt)],
      ['Records', `${number(chain.records)}, from ${chain.first.seq} to ${chain.last.seq}`],
      [
        'Follows',
        chain.follows.seq === 0
          ? 'nothing: this is the beginning'
          : `record ${chain.follows.seq}, ${chain.follows.hash}`,
      ],
      ['Last record', chain.last.hash],
      ['Newest record of all', `${chain.head.seq}, ${chain.head.hash}`],
    ],
  };
};

/** Each row collected has one outcome: the two sides of the sum, and whether they agree. */
const population = ({ summary: { matched, collected } }: CoverFacts): Section => ({
  title: 'Population: each account is accounted for',
  texts:
    matched.length === 0
      ? ['No accounts were matched in this period.']
      : ['Rows collected, and the outcomes that they ended in. Each row has exactly one.'],
  head: ['Record', 'Roster', 'Rows collected', 'Outcomes', 'Sum', 'Agrees'],
  rows: matched.map((fact) => {
    const total = OUTCOME_KINDS.reduce((sum, kind) => sum + (fact.counts[kind] ?? 0), 0);
    const rows =
      collected.findLast(({ roster, seq }) => roster === fact.roster && seq < fact.seq)?.rows ?? fact.counts.rows;
    return [
      String(fact.seq),
      short(fact.roster),
      number(rows),
      outcomesText(fact),
      number(total),
      total === rows ? 'yes' : 'NO',
    ];
  }),
});

const outcomesText = ({ counts }: MatchedFact): string =>
  OUTCOME_KINDS.filter((kind) => counts[kind] > 0)
    .map((kind) => `${kind} ${number(counts[kind])}`)
    .join(', ') || 'none';

/** Enough of a hash to find it by. */
const short = (hash: string): string => hash.slice(0, 'sha256:'.length + 12);

const rosters = ({ summary: { collected } }: CoverFacts): Section => ({
  title: 'Rosters',
  texts: collected.length === 0 ? ['No roster was collected in this period.'] : [],
  head: ['Record', 'Collected', 'Roster', 'Rows', 'Source', 'Notes'],
  rows: collected.map(({ seq, at, roster, rows, source, notes }) => [
    String(seq),
    moment(at),
    roster,
    number(rows),
    source,
    notes.join(' ') || 'none',
  ]),
});

const plans = ({ summary }: CoverFacts): Section => {
  const all = [...summary.plans.values()];
  return {
    title: 'Plans, and who approved them',
    texts: all.length === 0 ? ['No plan was made or carried out in this period.'] : [],
    head: ['Plan', 'Made', 'Changes', 'Approved', 'Carried out'],
    rows: all.map((plan) => [
      plan.hash,
      plan.plannedAt === undefined ? 'before the period' : moment(plan.plannedAt),
      plan.counts === undefined ? '' : countsText(plan.counts),
      approvedText(plan),
      appliedText(plan),
    ]),
  };
};

const countsText = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${kind} ${number(count)}`)
    .join(', ') || 'none';

const approvedText = ({ answers }: PlanFact): string =>
  answers
    .map(
      ({ at, question, answer, how, operator }) =>
        `${moment(at)}: ${operator} answered "${answer}" to "${question}" (${how})`,
    )
    .join('; ') || 'nobody was asked';

const appliedText = ({ applied }: PlanFact): string =>
  applied
    .map(({ at, operator, directorySession, allowed, results }) => {
      const guards = allowed.length === 0 ? '' : `, guards allowed: ${allowed.join(', ')}`;
      const ended = results ? countsText(results) : 'it did not come to its end';
      return `${moment(at)} by ${operator}, signed in as ${directorySession}${guards}: ${ended}`;
    })
    .join('; ') || 'no';

const writes = ({ summary: { writes: all } }: CoverFacts): Section => ({
  title: 'Writes to the directory',
  texts: [
    `Answers recorded: ${countsText(all)}. Each stands in chain.ndjson under "written", with its HTTP status and request-id; what was about to be sent stands before it under "intended".`,
  ],
});

const configurations = ({ summary: { configurations: read, keys } }: CoverFacts): Section => ({
  title: 'Rules, overrides and keys in force',
  texts: [
    'The configuration stands in the records "configurationRead", in chain.ndjson or, if it is older, in earlier.ndjson. It holds no secret.',
  ],
  head: ['Record', 'When', 'What', 'Hash'],
  rows: [
    ...read.map(({ seq, at, configuration }) => [String(seq), moment(at), 'configuration read', configuration]),
    ...keys.map(({ seq, at, fingerprint }) => [String(seq), moment(at), 'key announced', fingerprint]),
  ],
});

const KIND_WORDS: Readonly<Record<string, string>> = {
  answered: 'questions that a person answered',
  applyBegan: 'plans begun to be carried out',
  applyEnded: 'plans carried out to the end',
  collected: 'rosters collected',
  companionWritten: 'companions written for reviewers',
  configurationRead: 'configurations read',
  evidenceExported: 'folders of evidence written',
  decisions: 'decisions of reviewers',
  decisionsTaken: 'reviews whose refusals were made removals',
  headSigned: 'signatures over the newest record',
  intended: 'writes about to be sent',
  keyAnnounced: 'keys announced',
  matched: 'rosters matched with users',
  ordersIntended: 'orders of removals about to be placed',
  planned: 'plans made',
  recordBegunAnew: 'the record was begun anew: its file had been moved away',
  removalChanged: 'removals: orders, confirmations, exceptions, reminders',
  removalFound: 'removals found',
  reviewEnded: 'reviews ended',
  removalsFollowed: 'removals followed up with a roster',
  tornRecordRemoved: 'a record that a crash cut off was taken away',
  verified: 'comparisons of directory and roster',
  written: 'answers of the directory to writes',
};

const kinds = ({ summary: { kinds: all } }: CoverFacts): Section => ({
  title: 'Records by kind',
  texts: [],
  head: ['Kind', 'Records', 'First', 'Last', 'What'],
  rows: [...all]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, { count, first, last }]) => [
      kind,
      number(count),
      moment(first),
      moment(last),
      KIND_WORDS[kind] ?? '',
    ]),
});

const lacking = ({ manifest: { notHeld } }: CoverFacts): Section => ({
  title: 'What is not here',
  texts:
    notHeld.length === 0
      ? [
          'All rosters and plans that the records name are here, as a whole. Outcomes account by account are here of the newest matching.',
        ]
      : ['These are named by the records, and could not be put into the folder.'],
  rows: notHeld.map(({ kind, hash, why }) => [kind, hash, why]),
});

const verifying = ({ manifest: { key } }: CoverFacts): Section => ({
  title: 'How to verify it',
  texts: [
    key === null
      ? 'rollcall evidence verify FOLDER --allow-unsigned finds what was altered by accident.'
      : 'rollcall evidence verify FOLDER --public-key FILE needs this folder and the public key, and nothing else.',
    'It can be done by any other program as well: docs/evidence.md of Rollcall describes each file to the byte.',
    'It is tamper-evident, not tamper-proof: compare the hash of the newest record with those that stand on earlier reports.',
  ],
});

const STYLE =
  'body{font:14px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color-scheme:light dark}table{border-collapse:collapse;width:100%}td,th{border:1px solid #8888;padding:.25rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}';

const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'`;

const page = (title: string, sections: readonly Section[]): string =>
  [
    '<!doctype html>',
    '<html lang="en">',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width">',
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<main><h1>${escaped(title)}</h1>`,
    ...sections.map(sectionHtml),
    '</main></html>',
    '',
  ].join('\n');

const sectionHtml = ({ title, texts, head, rows = [] }: Section): string => {
  const parts = [`<h2>${escaped(title)}</h2>`, ...texts.map((text) => `<p>${escaped(text)}</p>`)];
  if (rows.length > 0) {
    const heads = head?.map((one) => `<th scope="col">${escaped(one)}</th>`).join('');
    parts.push('<table>');
    if (heads) parts.push(`<thead><tr>${heads}</tr></thead>`);
    parts.push('<tbody>', ...rows.map(rowHtml), '</tbody></table>');
  }
  return parts.join('\n');
};

const rowHtml = ([first, ...others]: readonly string[]): string =>
  `<tr><th scope="row">${isolated(first!)}</th>${others.map((text) => `<td>${isolated(text)}</td>`).join('')}</tr>`;

/** Letters that run from right to left do not reorder what stands beside them. */
const isolated = (text: string): string => `<bdi>${escaped(text)}</bdi>`;

const plain = (title: string, sections: readonly Section[]): string =>
  [title, '='.repeat(title.length), ...sections.map(sectionText), ''].join('\n\n');

const sectionText = ({ title, texts, head, rows = [] }: Section): string =>
  [
    title,
    '-'.repeat(title.length),
    ...texts.map(harmless),
    ...rows.map((row) =>
      head
        ? row.map((text, i) => `${i === 0 ? '-' : ' '} ${head[i]}: ${harmless(text)}`).join('\n')
        : `- ${row.map(harmless).join(': ')}`,
    ),
  ].join('\n');

/** On a terminal control characters do things, and line ends would make lines of their own. */
const harmless = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '\ufffd');
