import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { directoryOf } from '../../test/support/directory.ts';
import type { Roster } from '../model/account.ts';
import { noneOfEachKind } from '../model/plan.ts';
import type { Review, ReviewInstance, ReviewOrder } from '../model/review.ts';
import type { Settings } from '../model/settings.ts';
import { Store } from '../store/store.ts';
import { rememberReviewed, rosterOfRound, roundsOf } from './rounds.ts';

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-rounds-'));
  store = await Store.open(folder);
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const review = (id: string, createdAt: string): Review => ({
  id,
  displayName: id,
  status: 'inprogress',
  createdAt,
  servicePrincipalId: 'sp',
  key: `key of ${id}`,
  autoApply: false,
  stageCount: 1,
  recurs: true,
  justificationRequired: true,
});
const instance = (startsAt: string, status: string): ReviewInstance => ({
  id: startsAt,
  status,
  startsAt: `${startsAt}T00:00:00Z`,
  endsAt: `${startsAt}T00:00:00Z`,
});

/** Reviews with their instances, in an order as the directory may have it. */
const reading = (reviews: readonly (readonly [Review, readonly ReviewInstance[]])[]) => ({
  signal: new AbortController().signal,
  connect: async () =>
    directoryOf({
      reviews: async function* () {
        yield reviews.map(([one]) => one);
      },
      reviewInstances: async (id) => reviews.find(([one]) => one.id === id)![1],
    }),
});
const startsOf = (rounds: readonly { readonly instance: ReviewInstance }[]) => rounds.map((one) => one.instance.id);

test('the round that runs stands before the next to come, and those that have ended follow, the newest first', async () => {
  const work = reading([
    [review('old', '2025-12-01'), [instance('2025-12-01', 'Applied')]],
    [
      review('new', '2026-01-01'),
      [
        instance('2026-10-01', 'NotStarted'),
        instance('2026-07-01', 'InProgress'),
        instance('2026-01-01', 'Applied'),
        instance('2026-04-01', 'Completed'),
      ],
    ],
  ]);
  const { current, earlier } = await roundsOf(work, 'SP', 3);
  expect(current?.instance.id).toBe('2026-07-01');
  expect(startsOf(earlier)).toEqual(['2026-04-01', '2026-01-01', '2025-12-01']);
  expect(earlier.map(({ isFirst }) => isFirst)).toEqual([false, true, true]);
  expect(startsOf((await roundsOf(work, 'sp', 1)).earlier)).toEqual(['2026-04-01']);
});

test('where none runs, the next to come is the one; where none is to come, there is none', async () => {
  const next = reading([[review('r', '2026-01-01'), [instance('2026-10-01', 'NotStarted')]]]);
  expect((await roundsOf(next, 'sp', 3)).current?.instance.id).toBe('2026-10-01');
  expect(await roundsOf(reading([]), 'sp', 3)).toEqual({ current: undefined, earlier: [] });
});

const save = (name: string, collectedAt: string): Promise<Roster> => {
  const roster = {
    hash: `sha256:${name}`,
    application: 'app',
    columns: [],
    rows: 0,
    source: '',
    collectedAt,
    notes: [],
  };
  return store.saveRoster('app', [], (async function* () {})(), () => roster);
};

test('a round is about the roster that its review was started on; later rounds about the newest by their beginning', async () => {
  const work = { store, settings: { application: { uniqueName: 'app' } } as Settings };
  await save('a', '2025-12-30T00:00:00.000Z');
  await save('b', '2026-03-30T00:00:00.000Z');
  await save('c', '2026-08-01T00:00:00.000Z');
  const one = review('r', '2026-01-01');
  const round = (startsAt: string, isFirst: boolean) => ({
    review: one,
    instance: instance(startsAt, 'Applied'),
    isFirst,
  });
  const hashOf = async (startsAt: string, isFirst: boolean) =>
    (await rosterOfRound(work, round(startsAt, isFirst)))?.hash;
  expect(await hashOf('2026-01-01', true)).toBe('sha256:a');
  expect(await hashOf('2026-04-01', false)).toBe('sha256:b');
  expect(await hashOf('2025-01-01', true)).toBeUndefined();

  const order = { key: one.key } as ReviewOrder;
  await rememberReviewed(work, {
    header: { roster: 'sha256:c' },
    footer: { counts: { ...noneOfEachKind(), startReview: 1 } },
    records: async function* () {
      yield { action: { n: 1, kind: 'startReview', order } };
    },
  });
  expect(await hashOf('2026-01-01', true)).toBe('sha256:c');
  expect(await hashOf('2026-04-01', false)).toBe('sha256:b');
});
