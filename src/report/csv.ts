// The report as CSV: every account with all its columns, for a spreadsheet or a script.
import { stringify } from 'csv-stringify/sync';
import { harmlessCell, LINE_BREAK } from '../model/cells.ts';
import { adviceFor, type Severity } from './advice.ts';
import type { ReportData, ReportRow } from './row.ts';
import { candidateText, comparisonText, decidedByText, stateTexts } from './words.ts';

const AFTER = [
  'outcome',
  'needsPerson',
  'whatToDo',
  'user',
  'displayName',
  'enabled',
  'userId',
  'role',
  'decidedBy',
  'compared',
  'candidates',
  'reason',
  'state',
] as const;

/** Of the newest record of the evidence. It stands in every row, so that it goes wherever a row is taken. */
const HEAD = 'evidence' as const;

/** What the application knows of its accounts, where it does. */
const KNOWN = ['accountEnabled', 'accountType', 'lastLogin', 'created', 'ends', 'owner'] as const;

const NEEDS: Readonly<Record<Severity, string>> = { person: 'yes', look: 'look', none: 'no' };

/**
 * The report's text in chunks: UTF-8 with a byte order mark, so that Excel takes it for UTF-8, lines ended as Windows
 * ends them, and cells that a spreadsheet would run as a formula made harmless.
 */
export async function* csvReport(data: ReportData, rows: AsyncIterable<ReportRow>): AsyncGenerator<string> {
  let lines: (readonly (string | number)[])[] = [header(data)];
  yield '\ufeff';
  for await (const row of rows) {
    lines.push([...record(row), data.evidenceHead]);
    if (lines.length < CHUNK) continue;
    yield stringify(lines, CSV_FORMAT);
    lines = [];
  }
  yield stringify(lines, CSV_FORMAT);
}

const CHUNK = 500;

/** How every report is written: lines ended as Windows ends them, no cell that a spreadsheet would run. */
export const CSV_FORMAT = {
  record_delimiter: 'windows',
  quoted_match: LINE_BREAK,
  cast: { string: harmlessCell },
} as const;

/** Our columns give way to a roster's of the same name. */
const header = ({ columns, tellsKnown }: ReportData): string[] => {
  const taken = new Set(columns);
  const free = (name: string): string => (taken.has(name) ? free(`rollcall ${name}`) : name);
  return [free('row'), ...columns, ...AFTER.map(free), ...(tellsKnown ? KNOWN.map(free) : []), free(HEAD)];
};

const record = (row: ReportRow): (string | number)[] => {
  const { account, outcome, role, newUser, known } = row;
  const { user, comparisons, candidates, reason } = outcome;
  const advice = adviceFor(outcome, row);
  return [
    account.n,
    ...account.cells.map((cell) => cell ?? ''),
    outcome.kind,
    NEEDS[advice.severity],
    advice.text,
    user?.userPrincipalName ?? newUser ?? '',
    user?.displayName ?? '',
    yesNo(user?.accountEnabled),
    user?.id ?? '',
    role ?? '',
    decidedByText(outcome),
    comparisons.map(comparisonText).join('\n'),
    (candidates ?? []).map(candidateText).join('\n'),
    reason ?? '',
    stateTexts(row).join('\n'),
    ...(known
      ? [
          yesNo(known.enabled),
          known.type ?? '',
          known.lastLogin ?? '',
          known.created ?? '',
          known.ends ?? '',
          known.owner ?? '',
        ]
      : []),
  ];
};

const yesNo = (value: boolean | null | undefined): string => (value == null ? '' : value ? 'yes' : 'no');
