// The reviewers that the configuration names: whether each can review.
import type { Directory } from '../model/directory.ts';
import type { ReviewSettings } from '../model/settings.ts';
import { findReviewers } from '../review/reviewers.ts';
import { count, type Found } from './check.ts';

/** Source: https://learn.microsoft.com/entra/id-governance/create-access-review */
export const reviewersFound = async (
  directory: Directory,
  settings: ReviewSettings,
  signal: AbortSignal,
): Promise<Found> => {
  const reviewers = namedIn(settings);
  const { problems } = await findReviewers(directory, settings, null, signal);
  const details = {
    reviewers,
    problems: problems.map(({ reviewer, problem, remedy }) => ({ user: reviewer, problem, remedy })),
  };
  if (problems.length === 0)
    return {
      status: 'ok',
      found: `${reviewers.length === 1 ? `${reviewers[0]} exists, is` : `${count(reviewers.length)} exist, are`} enabled and can be written to`,
      details,
    };
  return {
    status: 'warning',
    found: problems.map(({ reviewer, problem }) => `${reviewer} ${problem}`).join('; '),
    remedy: problems.map(({ reviewer, remedy }) => `${reviewer}: ${remedy}`).join('\n'),
    details,
  };
};

/** Those who are named, each once; managers and owners are known when a review is started. */
export const namedIn = ({ stages }: Pick<ReviewSettings, 'stages'>): readonly string[] => {
  const names = stages.flatMap(({ reviewers, fallback }) =>
    [...reviewers, ...fallback].map((one) => {
      if ('user' in one) return one.user.trim();
      if ('group' in one) return one.group.trim();
      return 'manager' in one ? 'the managers' : 'the owners of the application';
    }),
  );
  return [...new Set(names)];
};
