import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Outcome, OutcomeCounter } from '../model/outcome.ts';
import type { Action, PlanProblem } from '../model/plan.ts';
import type { Settings } from '../model/settings.ts';
import { writePlan } from '../plan/file.ts';
import type { SavedResult } from '../store/store.ts';
import { openWork, type Work } from '../work.ts';
import { checkReportFiles, writeReports } from './reports.ts';

const CONFIGURATION = 'sha256:configuration';
const MATCHED_AT = '2026-01-01T02:00:00.000Z';

let folder: string;
let work: Work;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-report-'));
  const settings: Settings = {
    file: join(folder, 'rollcall.yaml'),
    stateFolder: folder,
    application: { displayName: 'App', uniqueName: 'rollcall-app', appId: null },
    directory: { kind: 'local', users: null },
    source: { kind: 'csv', path: join(folder, 'users.csv'), encoding: 'auto', delimiter: 'auto' },
    columns: { drop: [], keep: [] },
    accounts: { enabled: null, lastLogin: null, created: null, ends: null, owner: null, type: null },
    complete: { columns: [], rows: null, sum: null, trailer: null },
    match: {
      rules: [{ column: 'EMail', attribute: 'mail', operator: 'equals', transforms: [] }],
      overrides: [],
      strategy: 'auto',
      roleColumn: 'Role',
    },
    create: { attributes: {} },
    roles: { column: 'Role', map: { USR: 'General' }, default: null },
    roleDescriptions: { byName: {}, column: null },
    review: null,
    removals: { channel: null, dueDays: 14, remindDays: 7, escalateDays: 14 },
    evidence: { key: null },
    guards: {
      maxCreateShare: 1,
      maxAssignShare: 1,
      maxRemoveShare: 0.1,
      maxShrinkShare: 1,
      maxGrowShare: 1,
      floor: 10,
    },
    hash: CONFIGURATION,
  };
  const notAsked = async () => {
    throw new Error('a report asks nothing of a source or a directory');
  };
  work = await openWork({ settings, source: { kind: 'csv', open: notAsked }, connect: notAsked, purpose: 'report' });
});
afterEach(async () => {
  await work.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Each account: its role's cell, and what matching said of it. */
type Known = readonly [role: string, outcome: Partial<Outcome>];

const user = (name: string, accountEnabled = true) => ({
  id: name,
  userPrincipalName: `${name}@contoso.com`,
  displayName: name,
  accountEnabled,
});
const matched = (name: string): Partial<Outcome> => ({ kind: 'matched', by: 1, user: user(name) });

const given = async (accounts: readonly Known[], configuration = CONFIGURATION): Promise<void> => {
  const columns = ['EMail', 'Role'];
  const roster = {
    hash: 'sha256:roster',
    application: 'rollcall-app',
    columns,
    rows: accounts.length,
    source: 'csv users.csv',
    collectedAt: '2026-01-01T01:00:00.000Z',
    notes: [],
  };
  const rows = async function* () {
    for (const [index, [role]] of accounts.entries()) yield { n: index + 1, cells: [`p${index + 1}@x`, role] };
  };
  await work.store.saveRoster('rollcall-app', columns, rows(), () => roster);
  const counter = new OutcomeCounter();
  const outcomes = async function* () {
    for (const [index, [, change]] of accounts.entries()) {
      const outcome: Outcome = { n: index + 1, kind: 'notMatched', comparisons: [], ...change };
      counter.add(outcome);
      yield outcome;
    }
  };
  await work.store.saveMatching('rollcall-app', roster.hash, configuration, outcomes(), () => ({
    digest: 'sha256:outcomes',
    counts: counter.counts(),
    spent: { requests: 1, resourceUnits: 1, seconds: 1 },
    matchedAt: MATCHED_AT,
  }));
};

/** Saves a plan of these records, newest of all, and what became of them. */
const planned = async (
  records: readonly (Action | PlanProblem)[],
  { outcomes = 'sha256:outcomes', results = [] as readonly SavedResult[] } = {},
): Promise<string> => {
  const each = async function* () {
    for (const record of records) yield 'kind' in record ? { action: record } : { problem: record };
  };
  const file = join(folder, 'app.plan.jsonl');
  const none = { applicationId: null, appId: null, servicePrincipalId: null };
  const header = {
    rollcallPlan: 1 as const,
    about: 'access' as const,
    application: { displayName: 'App', uniqueName: 'rollcall-app', ...none },
    createdAt: '2026-01-01T03:00:00.000Z',
    roster: 'sha256:roster',
    configuration: CONFIGURATION,
    directory: { hash: 'h', application: 'none', assignments: 'a', assignmentCount: 0, outcomes },
    tenantId: 't',
  };
  const newUserRows = records.filter((record) => 'kind' in record && record.kind === 'createUser').length;
  const rest = { guards: [], estimate: { requests: 1, writes: 1, minutes: 1 }, newUserRows };
  const { hash } = await writePlan(file, header, each(), () => rest);
  await work.store.rememberPlan('rollcall-app', hash, file, header.createdAt);
  if (results.length > 0) await work.store.saveResults(hash, results);
  return hash;
};

const createUser = (n: number, row: number): Action => ({
  n,
  kind: 'createUser',
  row,
  properties: { userPrincipalName: `new${row}@contoso.com` },
});
const assign = (n: number, row: number, principal: { user: string } | { createdBy: number }): Action => ({
  n,
  kind: 'assign',
  row,
  principal,
  principalName: `new${row}@contoso.com`,
  roleId: 'r',
  roleName: 'General',
});

const told = async (): Promise<Record<string, string>[]> => {
  const [file] = await writeReports(work, [join(folder, 'report.csv')]);
  return parse(readFileSync(file!, 'utf8'), { bom: true, columns: true });
};
const page = async (): Promise<string> => {
  const [file] = await writeReports(work, [join(folder, 'report.html')]);
  return readFileSync(file!, 'utf8');
};

test('every account is told, with nothing planned and nothing applied', async () => {
  await given([
    ['USR', matched('ann')],
    ['TMP', matched('bob')],
    ['USR', {}],
  ]);
  expect(await told()).toMatchObject([
    { row: '1', user: 'ann@contoso.com', role: 'General', needsPerson: 'no', state: '' },
    { row: '2', user: 'bob@contoso.com', role: '', needsPerson: 'yes', state: 'no role to assign' },
    { row: '3', user: '', role: 'General', needsPerson: 'yes', state: '' },
  ]);
});

test('each account is joined with its own actions, problems and results', async () => {
  await given([
    ['USR', matched('ann')],
    ['USR', {}],
    ['USR', {}],
    ['TMP', {}],
    ['USR', matched('eve')],
  ]);
  const no = '403 Denied: no';
  await planned(
    [
      { n: 1, kind: 'requireAssignment' },
      createUser(2, 2),
      { row: 3, code: 'invalidAttribute', message: 'a blank' },
      createUser(3, 4),
      assign(4, 1, { user: 'ann' }),
      assign(5, 2, { createdBy: 2 }),
      { row: 4, code: 'unknownRole', message: '"TMP" is not mapped' },
      assign(6, 5, { user: 'eve' }),
    ],
    {
      results: [
        { n: 1, row: null, kind: 'requireAssignment', status: 'done' },
        { n: 2, row: 2, kind: 'createUser', status: 'refused', reason: no },
        { n: 5, row: 2, kind: 'assign', status: 'notTried', reason: 'the user is not there' },
        { n: 3, row: 4, kind: 'createUser', status: 'done' },
        { n: 4, row: 1, kind: 'assign', status: 'done' },
      ],
    },
  );
  const rows = await told();
  expect(rows).toMatchObject([
    { state: 'role assigned', needsPerson: 'no' },
    { state: 'user refused\nrole not tried', user: 'new2@contoso.com', needsPerson: 'yes' },
    { state: 'user cannot be created', needsPerson: 'yes' },
    { state: 'no role to assign\nuser created', user: 'new4@contoso.com', needsPerson: 'yes' },
    { state: 'role to assign', needsPerson: 'no' },
  ]);
  expect(rows[1]!['whatToDo']).toContain(no);
  expect(rows[2]!['whatToDo']).toContain('a blank');
});

test('thousands of accounts keep their own actions across chunks', async () => {
  const rows = 2_501;
  await given(Array.from({ length: rows }, (_, i) => ['USR', i % 2 ? matched(`u${i}`) : {}] as const));
  const odd = Array.from({ length: rows }, (_, i) => i + 1).filter((row) => row % 2 === 1);
  await planned(odd.map((row, i) => createUser(i + 1, row)));
  const wrong = (await told()).filter(({ row, state }) => state !== (Number(row) % 2 ? 'user to create' : ''));
  expect(wrong).toEqual([]);
});

test('what verification found is told of each account', async () => {
  await given([
    ['USR', matched('ann')],
    ['USR', matched('bob')],
    ['USR', { ...matched('bob'), sharesUserWith: 2 }],
  ]);
  const missing = [
    { row: 2, principalId: 'bob', principalName: 'bob', roleId: 'r', roleName: 'General', reason: 'removed by eve' },
  ];
  const found = { wanted: 2, present: 1, missing, unexpected: 0, unexpectedExamples: [], at: MATCHED_AT };
  await work.store.saveSummary('rollcall-app', 'verify', found);
  const rows = await told();
  expect(rows.map(({ state }) => state)).toEqual(['assignment verified', 'assignment missing', '']);
  expect(rows[1]!['whatToDo']).toContain('removed by eve');
});

test('a verification of earlier outcomes is not told', async () => {
  await given([['USR', matched('ann')]]);
  const before = { wanted: 1, present: 1, missing: [], unexpected: 0, at: '2026-01-01T01:59:59.000Z' };
  await work.store.saveSummary('rollcall-app', 'verify', before);
  expect(await told()).toMatchObject([{ state: '' }]);
});

test('a plan of other outcomes is not told, and the page says so', async () => {
  await given([['USR', {}]]);
  await planned([createUser(1, 1)], { outcomes: 'sha256:before' });
  expect(await told()).toMatchObject([{ state: '' }]);
  expect(await page()).toContain('The newest plan rests on other outcomes');
});

test('a plan that was altered is not told, and the page says so', async () => {
  await given([['USR', {}]]);
  await planned([createUser(1, 1)]);
  const file = join(folder, 'app.plan.jsonl');
  writeFileSync(file, readFileSync(file, 'utf8').replace('new1@', 'new2@'));
  expect(await page()).toContain('the plan cannot be read');
});

test('outcomes of another configuration make no report', async () => {
  await given([['USR', {}]], 'sha256:before');
  const writing = writeReports(work, [join(folder, 'report.csv')]);
  await expect(writing).rejects.toThrow('The configuration has changed since the roster was matched.');
});

test('a name that tells no format is refused', () => {
  expect(() => checkReportFiles(['a.html', 'b.csv'])).not.toThrow();
  expect(() => checkReportFiles(['a.html', 'b.xlsx'])).toThrow('b.xlsx');
});
