// The reviewers that the configuration names: whether each exists, can sign in, and can be written to.
import type { Directory, DirectoryUser, UserLookup } from '../model/directory.ts';
import { DirectoryError } from '../model/errors.ts';
import { fold } from '../model/fold.ts';
import type { ReviewSettings } from '../model/settings.ts';
import { count, type Found } from './check.ts';

const ATTRIBUTES = ['id', 'userPrincipalName', 'accountEnabled', 'mail'];
const OBJECT_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Source: https://learn.microsoft.com/entra/id-governance/create-access-review */
export const reviewersFound = async (
  directory: Pick<Directory, 'findUsers' | 'limits'>,
  { reviewers }: ReviewSettings,
  signal: AbortSignal,
): Promise<Found> => {
  const names = [...new Set(reviewers.map(({ user }) => user.trim()))];
  const users = await usersNamed(directory, names, signal);
  const problems = names.flatMap((name) => problemOf(name, users.get(fold(name))));
  const details = { reviewers: names, problems };
  if (problems.length === 0)
    return {
      status: 'ok',
      found: `${names.length === 1 ? `${names[0]} exists, is` : `${count(names.length)} exist, are`} enabled and can be written to`,
      details,
    };
  return {
    status: 'warning',
    found: problems.map(({ user, problem }) => `${user} ${problem}`).join('; '),
    remedy: problems.map(({ user, remedy }) => `${user}: ${remedy}`).join('\n'),
    details,
  };
};

interface ReviewerProblem {
  readonly user: string;
  readonly problem: string;
  readonly remedy: string;
}

const problemOf = (name: string, user: DirectoryUser | undefined): readonly ReviewerProblem[] => {
  const told = (problem: string, remedy: string) => [{ user: name, problem, remedy }];
  if (user === undefined)
    return told('is not in the directory', 'Correct the name under review.reviewers, or name another person.');
  if (user['accountEnabled'] === false)
    return told('cannot sign in', 'Ask a User Administrator to enable the account, or name another person.');
  if (!user['mail'])
    return told(
      'has no mail',
      'Ask a User Administrator for a mailbox, or name another: reviews announce themselves by mail.',
    );
  return [];
};

const usersNamed = async (
  directory: Pick<Directory, 'findUsers' | 'limits'>,
  names: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, DirectoryUser>> => {
  const size = directory.limits.valuesPerLookup;
  const lookups = function* (): Generator<UserLookup> {
    for (const attribute of ['id', 'userPrincipalName']) {
      const asked = names.filter((name) => OBJECT_ID.test(name) === (attribute === 'id'));
      for (let from = 0; from < asked.length; from += size)
        yield { attribute, operator: 'equals', values: asked.slice(from, from + size) };
    }
  };
  const found = new Map<string, DirectoryUser>();
  for await (const answer of directory.findUsers(lookups(), ATTRIBUTES, signal)) {
    if ('failure' in answer) throw new DirectoryError(answer.failure);
    for (const user of answer.users) {
      found.set(fold(user.id), user);
      found.set(fold(String(user['userPrincipalName'] ?? '')), user);
    }
  }
  return found;
};
