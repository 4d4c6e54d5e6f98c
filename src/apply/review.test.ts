import { expect, test } from 'vitest';
import { applyInput, directoryOf, done, scriptedWriter } from '../../test/support/directory.ts';
import type { Review } from '../model/review.ts';
import { ReviewSteps } from './review.ts';

const series = (status: string): Review => ({
  id: 'r',
  displayName: 'CORPDB1',
  status,
  createdAt: '2026-12-01T00:00:00Z',
  servicePrincipalId: 'sp',
  key: null,
  autoApply: false,
  stageCount: 1,
  recurs: true,
  justificationRequired: false,
});
const round = (status: string) => ({
  id: 'i',
  status,
  startsAt: '2026-12-01T00:00:00Z',
  endsAt: '2026-12-08T00:00:00Z',
});

test.each([
  ['between two rounds, of which none is shown', 'inprogress', 'completed', 'done'],
  ['whose next round is shown', 'completed', 'notstarted', 'done'],
  ['that has ended', 'completed', 'applied', 'alreadySo'],
] as const)('a series %s is stopped if it goes on: %s, %s', async (_what, ofSeries, ofRound, status) => {
  const writer = scriptedWriter(() => done(''));
  const directory = directoryOf({
    reviews: async function* () {
      yield [series(ofSeries)];
    },
    reviewInstances: async () => [round(ofRound)],
  });
  const steps = new ReviewSteps(applyInput({ writer, directory }));
  const result = await steps.carryOut({ n: 1, kind: 'stopSeries', reviewId: 'r', name: 'CORPDB1' });
  expect(result).toMatchObject({ n: 1, status });
  expect(writer.calls).toHaveLength(status === 'done' ? 1 : 0);
});
