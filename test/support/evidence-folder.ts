// A small folder of evidence with all kinds of files in it, as the program writes it, and the folder in memory.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Exported, type ExportInput, exportEvidence } from '../../src/evidence/export.ts';
import { type Folder, folderAt } from '../../src/evidence/folder.ts';
import { newPrivateKey, type Signer } from '../../src/evidence/keys.ts';
import { openEvidence } from '../../src/evidence/log.ts';
import { keySigner } from '../../src/evidence/signer.ts';
import { announceFirst, announceNext, signHead, Told } from '../../src/evidence/told.ts';
import type { Account } from '../../src/model/account.ts';
import { decidingHash } from '../../src/model/deciding.ts';
import { SequenceDigest } from '../../src/model/hash.ts';
import { type Outcome, OutcomeCounter, outcomeEssence } from '../../src/model/outcome.ts';
import { noneOfEachKind } from '../../src/model/plan.ts';
import { writePlan } from '../../src/plan/file.ts';

export const COLUMNS = ['Login', 'EMail'];
export const ACCOUNTS: readonly Account[] = [
  { n: 1, line: 2, cells: ['ana', 'ana@contoso.com'] },
  { n: 2, line: 3, cells: ['björn "b"', null] },
  { n: 3, line: 4, cells: ['', '\u2028'] },
];
const USER = { id: 'u1', userPrincipalName: 'ana@contoso.com', displayName: 'Ana', accountEnabled: true };
const OUTCOMES: readonly Outcome[] = [
  { n: 1, kind: 'matched', by: 1, user: USER, comparisons: [] },
  { n: 2, kind: 'notQueried', comparisons: [] },
  { n: 3, kind: 'notMatched', comparisons: [] },
];

export const rosterHashOf = (columns: readonly string[], accounts: readonly Account[]): string => {
  const text = [columns, ...accounts.map(({ cells }) => cells)].map((row) => `${JSON.stringify(row)}\n`).join('');
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
};

export const signer = (): Signer => keySigner(newPrivateKey(), 'the test');

export interface Story {
  readonly chainFile: string;
  readonly roster: string;
  readonly plan: string;
  readonly outcomes: string;
  readonly planFile: string;
  /** The hash of the record that each day ended with. */
  readonly heads: readonly string[];
}

/** Two days of work: on the first the key is announced and a roster matched, on the second a plan is carried out. */
export const tellStory = async (folder: string, keys: readonly Signer[]): Promise<Story> => {
  const chainFile = join(folder, 'chain', 'app.ndjson');
  const roster = rosterHashOf(COLUMNS, ACCOUNTS);
  const digest = new SequenceDigest();
  const counter = new OutcomeCounter();
  for (const outcome of OUTCOMES) {
    digest.add(outcomeEssence(outcome));
    counter.add(outcome);
  }
  const outcomes = digest.text();
  const deciding = { rules: [{ column: 'EMail' }], overrides: [] };
  const configuration = decidingHash(deciding);
  const told = new Told();
  const day = (n: number) => ({ now: () => Date.UTC(2026, 0, n, 12), onRecord: told.see });
  const heads: string[] = [];
  let key = keys[0];

  const first = await openEvidence(chainFile, day(1));
  if (key) announceFirst(first, told, key);
  first.append(
    { kind: 'configurationRead', data: { configuration, hash: configuration, deciding, others: {} } },
    { kind: 'collected', data: { roster, rows: 3, columns: COLUMNS, source: 'csv users.csv', notes: [] } },
    { kind: 'matched', data: { roster, configuration, outcomes, counts: counter.counts() } },
  );
  if (key) await signHead(first, told, key);
  heads.push(first.head());
  first.close();

  const planFile = join(folder, 'app.plan.jsonl');
  const plan = await writeOnePlan(planFile, roster, configuration, outcomes);
  const second = await openEvidence(chainFile, { ...day(2), onRecord: () => undefined });
  for (const next of keys.slice(1)) {
    await announceNext(second, told, key!, next);
    key = next;
  }
  const results = { done: 1, alreadySo: 0, refused: 0, notTried: 0 };
  second.append(
    { kind: 'planned', data: { plan, roster, counts: { ...noneOfEachKind(), requireAssignment: 1 } } },
    { kind: 'answered', data: { plan, question: 'Write?', answer: 'yes', how: 'terminal', operator: 'ana' } },
    { kind: 'applyBegan', data: { plan, roster, actions: 1, allowed: [], directorySession: 's', operator: 'ana' } },
    { kind: 'intended', data: { plan, actions: [{ n: 1 }] } },
    { kind: 'written', data: { plan, results: [{ n: 1, status: 'done', httpStatus: 204, requestId: 'r1' }] } },
    { kind: 'applyEnded', data: { plan, results } },
    { kind: 'ticketClosed', data: { whatever: ['a kind', { of: 'later' }] } },
  );
  if (key) await signHead(second, told, key);
  heads.push(second.head());
  second.close();
  return { chainFile, roster, plan, outcomes, planFile, heads };
};

const writeOnePlan = async (file: string, roster: string, configuration: string, outcomes: string): Promise<string> => {
  const application = {
    displayName: 'App',
    uniqueName: 'app',
    applicationId: null,
    appId: null,
    servicePrincipalId: null,
  };
  const directory = { hash: 'none', application: 'none', assignments: 'none', assignmentCount: 0, outcomes };
  const createdAt = '2026-01-02T00:00:00.000Z';
  const header = {
    rollcallPlan: 1,
    about: 'access',
    application,
    createdAt,
    roster,
    configuration,
    directory,
    tenantId: 't',
  } as const;
  const records = async function* () {
    yield { action: { n: 1, kind: 'requireAssignment' } } as const;
    yield { problem: { row: 2, code: 'unknownRole', message: 'no role' } };
  };
  const ending = { newUserRows: 0, guards: [], estimate: { requests: 1, writes: 1, minutes: 0 } };
  return (await writePlan(file, header, records(), () => ending)).hash;
};

/** Exports a story. `more` takes the place of what is usual. */
export const exportStory = (
  folder: string,
  story: Story,
  key: Signer | undefined,
  more: Partial<ExportInput> = {},
): Promise<Exported> =>
  exportEvidence({
    chainFile: story.chainFile,
    to: join(folder, 'out'),
    period: { from: null, until: null },
    application: { displayName: 'App', uniqueName: 'app' },
    writtenAt: '2026-01-03T00:00:00.000Z',
    holdings: {
      roster: async (hash) =>
        hash === story.roster ? { columns: COLUMNS, accounts: each(ACCOUNTS) } : 'it is not in the store',
      plan: async (hash) => (hash === story.plan ? { file: story.planFile } : 'it was not made here'),
      outcomes: async (digest) => (digest === story.outcomes ? each(OUTCOMES) : 'others took their place'),
    },
    cover: () => ({ html: '<p>cover</p>\n', text: 'cover\n' }),
    signer: key,
    ...more,
  });

export async function* each<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

export type Files = ReadonlyMap<string, Buffer>;

/** A folder's files, read once. */
export const filesIn = async (folder: string): Promise<Files> =>
  new Map(
    (await folderAt(folder).list()).map(({ path }) => [path, readFileSync(join(folder, ...path.split('/')))] as const),
  );

export const folderOf = (files: Files): Folder => ({
  list: async () => [...files.keys()].map((path) => ({ path, isFile: true })),
  read: async function* (path) {
    yield files.get(path)!;
  },
});

export const writeFiles = (folder: string, files: Files): void => {
  for (const [path, bytes] of files) {
    const file = join(folder, ...path.split('/'));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
};
