import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OutcomeCounter } from '../model/outcome.ts';
import { LISTED } from './html.ts';
import { formatOf, type ReportFormat, writeReport } from './report.ts';
import type { ReportData, ReportRow } from './row.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-report-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const matched = (n: number, cells: readonly string[]): ReportRow => ({
  account: { n, cells },
  outcome: {
    n,
    kind: 'matched',
    by: 1,
    user: { id: `id${n}`, userPrincipalName: `p${n}@contoso.com`, displayName: `Person ${n}`, accountEnabled: true },
    comparisons: [{ rule: 1, test: 'mail equals', value: cells[1]!, found: 1 }],
  },
  role: 'General',
});
const orphan = (n: number, cells: readonly string[]): ReportRow => ({
  account: { n, cells },
  outcome: { n, kind: 'notMatched', comparisons: [{ rule: 1, test: 'mail equals', value: cells[1]!, found: 0 }] },
});

const dataOf = (rows: readonly ReportRow[], change: Partial<ReportData> = {}): ReportData => {
  const counter = new OutcomeCounter();
  for (const { outcome } of rows) counter.add(outcome);
  return {
    application: 'CORPDB1',
    writtenAt: '2026-01-02T03:04:05.000Z',
    roster: { hash: 'sha256:aa', source: 'csv users.csv', collectedAt: '2026-01-02T00:00:00.000Z' },
    columns: ['Login', 'EMail'],
    keyColumns: ['EMail'],
    tellsKnown: false,
    counts: counter.counts(),
    matching: { at: '2026-01-02T01:00:00.000Z', requests: 3, seconds: 0.2 },
    attention: [],
    notes: [],
    evidenceHead: 'sha256:bb',
    ...change,
  };
};

const written = async (format: ReportFormat, rows: readonly ReportRow[], change?: Partial<ReportData>) => {
  const path = join(folder, 'deep', `report.${format}`);
  const each = async function* () {
    yield* rows;
  };
  await writeReport({ format, path, data: dataOf(rows, change), rows: each() });
  return readFileSync(path, 'utf8');
};
const records = (csv: string): Record<string, string>[] => parse(csv, { bom: true, columns: true });

test('the CSV holds every account with all its columns, for Excel', async () => {
  const csv = await written('csv', [matched(1, ['ann', 'ann@contoso.com']), orphan(2, ['bo"b', 'x,y\nz'])]);
  expect(csv.startsWith('\ufeffrow,Login,EMail,outcome,')).toBe(true);
  expect(csv.split('\r\n')[0]).toMatch(/,evidence$/);
  expect(csv.replaceAll('"x,y\nz"', '').split('\r\n')).toHaveLength(4);
  const [first, second] = records(csv);
  expect(first).toMatchObject({ row: '1', Login: 'ann', outcome: 'matched', needsPerson: 'no', role: 'General' });
  expect(first).toMatchObject({ user: 'p1@contoso.com', enabled: 'yes', decidedBy: 'rule 1' });
  expect(second).toMatchObject({ row: '2', Login: 'bo"b', EMail: 'x,y\nz', needsPerson: 'yes', user: '' });
  expect([first, second]).toMatchObject([{ evidence: 'sha256:bb' }, { evidence: 'sha256:bb' }]);
  expect(second!['whatToDo']).toMatch(/^Find out whose account/);
});

test.each(['\n', '\r', '\r\n'])('a line break %j inside a cell does not end the row of the CSV', async (lineBreak) => {
  const name = `Lee Ann${lineBreak}Parker`;
  const row = orphan(1, [name, 'lee@contoso.com']);
  const candidates = [1, 2].map((i) => ({
    id: `${i}`,
    userPrincipalName: `lee${i}@contoso.com`,
    displayName: 'Lee',
    accountEnabled: true,
  }));
  const csv = await written('csv', [{ ...row, outcome: { ...row.outcome, kind: 'ambiguous', candidates } }]);
  expect(csv).toContain(`"${name}"`);
  expect(csv).toContain('"Lee <lee1@contoso.com>\nLee <lee2@contoso.com>"');
});

test('no cell of the CSV is run as a formula, headers included', async () => {
  const formula = '=HYPERLINK("https://example.com")';
  const columns = [formula, 'EMail'];
  const csv = await written('csv', [orphan(1, ['  @x', '－1'])], { columns });
  expect(records(csv)[0]).toMatchObject({ [`'${formula}`]: "'  @x", EMail: "'－1" });
  expect(csv).toContain('rule 1: mail equals ""－1""');
});

test('a column of the application keeps its name where the report has one like it', async () => {
  const csv = await written('csv', [orphan(1, ['mine', 'x'])], { columns: ['outcome', 'row'], keyColumns: ['row'] });
  expect(records(csv)[0]).toMatchObject({ outcome: 'mine', row: 'x', 'rollcall outcome': 'notMatched' });
});

test('a CSV of no accounts has its header', async () => {
  expect(await written('csv', [])).toMatch(/^\ufeffrow,[^\r\n]+\r\n$/);
});

test('thousands of accounts are in the CSV once each, in row order', async () => {
  const rows = Array.from({ length: 1_777 }, (_, i) => matched(i + 1, ['a', `p${i}@contoso.com`]));
  expect(records(await written('csv', rows)).map(({ row }) => Number(row))).toEqual(
    rows.map(({ account }) => account.n),
  );
});

test('whatever an account or the directory says, it stays text on the page', async () => {
  const evil = `</script><script>alert(1)</script><img src=x onerror=alert(1)>"'&\u0000`;
  const row = orphan(1, [evil, evil]);
  const user = { id: '1', userPrincipalName: evil, displayName: evil, accountEnabled: false };
  const outcome = { ...row.outcome, reason: evil, candidates: [user], user };
  const page = await written(
    'html',
    [{ ...row, outcome, role: evil, problem: { code: 'x', message: evil }, newUser: evil }],
    {
      application: evil,
      columns: ['Login', evil],
      keyColumns: [evil],
      notes: [evil],
      attention: [{ count: 1, text: evil }],
    },
  );
  expect(page).not.toContain('<img');
  expect(page).not.toContain('alert(1)</script>');
  expect(page).not.toContain('\u0000');
  expect(page.match(/<script>/g)).toHaveLength(1);
  expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;␀');
});

test('the page loads nothing and lets nothing else run', async () => {
  const page = await written('html', [matched(1, ['ann', 'ann@contoso.com'])]);
  expect(page).toContain('default-src &#39;none&#39;');
  expect(page).not.toMatch(/\b(?:src|href|action)=/);
  expect(page).not.toMatch(/url\(|@import|\son\w+=|\sstyle=/);
});

test('the page tells each account by the columns that matching compares', async () => {
  const page = await written('html', [
    matched(1, ['login-unseen', 'ann@contoso.com']),
    orphan(2, ['x', 'bob@contoso.com']),
  ]);
  expect(page).toContain('ann@<wbr>contoso.com');
  expect(page).not.toContain('login-unseen');
  expect(page).toContain('Needs a person.');
  expect(page.match(/<tr class="(?:none|person)"/g)).toHaveLength(2);
});

test('a cell of 10,000 letters does not fill the page, and says how long it is', async () => {
  const page = await written('html', [orphan(1, ['x', 'y'.repeat(10_000)])]);
  expect(page).toContain('(10,000 characters)');
  expect(page).not.toContain('y'.repeat(301));
});

test('of many accounts the page lists those that ask for something, and points at the CSV', async () => {
  const rows = Array.from({ length: LISTED + 1 }, (_, i) =>
    i % 1000 === 0 ? orphan(i + 1, ['x', `orphan${i}`]) : matched(i + 1, ['x', `p${i}@contoso.com`]),
  );
  const page = await written('html', rows);
  expect(page.match(/data-outcome=/g)).toHaveLength(6);
  expect(page).toContain('Of 5,001 accounts, this page lists those that ask for something');
  expect(page).toContain('The CSV report lists every account');
});

test('a page never grows beyond its limit, and says how many it leaves out', async () => {
  const page = await written(
    'html',
    Array.from({ length: LISTED + 7 }, (_, i) => orphan(i + 1, ['x', `o${i}`])),
  );
  expect(page.match(/data-outcome=/g)).toHaveLength(LISTED);
  expect(page).toContain('7 more accounts ask for something');
});

test('a report that fails on its way leaves the one before as it was, and no litter', async () => {
  const path = join(folder, 'report.csv');
  writeFileSync(path, 'before');
  const broken = async function* () {
    yield matched(1, ['a', 'b']);
    throw new Error('row 2 has no outcome');
  };
  await expect(writeReport({ format: 'csv', path, data: dataOf([]), rows: broken() })).rejects.toThrow('row 2');
  expect(readFileSync(path, 'utf8')).toBe('before');
  expect(readdirSync(folder)).toEqual(['report.csv']);
});

test('a report that cannot be written says which, and what to do', async () => {
  const path = join(folder, 'file');
  writeFileSync(path, '');
  const rows = (async function* () {})();
  const writing = writeReport({ format: 'csv', path: join(path, 'report.csv'), data: dataOf([]), rows });
  await expect(writing).rejects.toMatchObject({ name: 'RollcallError', remedy: expect.stringContaining('--to') });
});

test.each([
  ['a.html', 'html'],
  ['a.HTM', 'html'],
  ['a.b/c.CSV', 'csv'],
  ['a.xlsx', undefined],
  ['csv', undefined],
])('the name %s asks for %s', (path, format) => {
  expect(formatOf(path)).toBe(format);
});

test('what the application knows of its accounts stands in both, where it knows any of it', async () => {
  const known = {
    enabled: false,
    lastLogin: '2025-12-31',
    created: null,
    ends: null,
    owner: 'Bo Li',
    type: 'service',
  } as const;
  const rows = [{ ...matched(1, ['ann', 'ann@contoso.com']), known }];
  const [record] = records(await written('csv', rows, { tellsKnown: true }));
  expect(record).toMatchObject({
    accountEnabled: 'no',
    accountType: 'service',
    lastLogin: '2025-12-31',
    created: '',
    owner: 'Bo Li',
  });
  const html = await written('html', rows, { tellsKnown: true });
  expect(html).toContain('>In the application</th>');
  expect(html).toMatch(/cannot be used.*service account.*last login 2025-12-31.*owner Bo Li/);
  expect(await written('csv', [matched(1, ['ann', 'x'])])).not.toContain('lastLogin');
});
