// Settings of a review for tests: the usual ones, and what a test changes.
import type { ReviewSettings } from '../../src/model/settings.ts';

export const reviewBy = (users: readonly string[], more: Partial<ReviewSettings> = {}): ReviewSettings => ({
  name: null,
  stages: [
    {
      reviewers: users.map((user) => ({ user })),
      fallback: [],
      durationInDays: 14,
      movesOn: ['Approve', 'NotReviewed'],
    },
  ],
  recurrence: 'once',
  startsOn: null,
  ends: null,
  justificationRequired: true,
  notifies: true,
  reminds: true,
  recommends: false,
  default: 'none',
  autoApply: false,
  description: null,
  ...more,
});
