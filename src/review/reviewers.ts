// The reviewers that the configuration names, found in the directory, and whether each can do it: before anything starts.
import type { Directory, DirectoryUser, UserLookup } from '../model/directory.ts';
import { DirectoryError } from '../model/errors.ts';
import { fold } from '../model/fold.ts';
import type { Reviewer } from '../model/review.ts';
import type { NamedReviewer, ReviewSettings } from '../model/settings.ts';
import { PLANS, REVIEWING } from './licences.ts';

/** Something that keeps a reviewer from reviewing, or makes the review worth little. */
export interface ReviewerProblem {
  /** As the configuration names the reviewer. */
  readonly reviewer: string;
  readonly problem: string;
  readonly remedy: string;
}

export interface FoundReviewers {
  /** In the order of the stages. */
  readonly stages: readonly { readonly reviewers: readonly Reviewer[]; readonly fallback: readonly Reviewer[] }[];
  readonly problems: readonly ReviewerProblem[];
  /** Ids of the people who review, as far as they are known, in lower case; managers are among them. */
  readonly people: ReadonlySet<string>;
}

export type PeopleReader = Pick<
  Directory,
  'findUsers' | 'limits' | 'findGroups' | 'groupUsers' | 'ownersOf' | 'managersOf'
>;

/** Whose access is reviewed. */
export interface UnderReview {
  readonly servicePrincipalId: string;
  /** Ids of users, in lower case. */
  readonly userIds: ReadonlySet<string>;
}

const ATTRIBUTES = ['id', 'userPrincipalName', 'displayName', 'accountEnabled', 'mail', 'assignedPlans'];
const OBJECT_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const REMEDIES = {
  enable: 'Ask a User Administrator to enable the account, or name another person.',
  mail: 'Ask a User Administrator for a mailbox, or name another: reviews announce themselves by mail.',
  licence: 'Ask whoever buys licences: Please assign Microsoft Entra ID P2 or Governance to this person.',
  another: 'Correct the name under review, or name another person.',
} as const;

/**
 * Finds reviewers and names what is wrong: who is not there, cannot sign in, has no mail, has no licence that covers
 * reviewing (as far as the directory tells), or would review nobody's access but the own. Without `underReview`, which is
 * not known before the application is registered, managers, owners and self-review are left out.
 *
 * Source: https://learn.microsoft.com/entra/id-governance/create-access-review
 */
export const findReviewers = async (
  directory: PeopleReader,
  settings: Pick<ReviewSettings, 'stages'>,
  underReview: UnderReview | null,
  signal: AbortSignal,
): Promise<FoundReviewers> => {
  const named = settings.stages.flatMap(({ reviewers, fallback }) => [...reviewers, ...fallback]);
  const search = new Search(directory, await usersNamed(directory, named, signal), underReview, signal);
  const stages = [];
  for (const { reviewers, fallback } of settings.stages) {
    stages.push({
      reviewers: await search.all(reviewers, fallback.length > 0),
      fallback: await search.all(fallback, true),
    });
  }
  for (const stage of stages) search.selfReview(stage.reviewers);
  return { stages, problems: search.problems(), people: search.people };
};

class Search {
  readonly people = new Set<string>();
  readonly #directory: PeopleReader;
  readonly #users: ReadonlyMap<string, DirectoryUser>;
  readonly #underReview: UnderReview | null;
  readonly #signal: AbortSignal;
  /** By reviewer and problem, so that each is told once however many stages name the reviewer. */
  readonly #problems = new Map<string, ReviewerProblem>();

  constructor(
    directory: PeopleReader,
    users: ReadonlyMap<string, DirectoryUser>,
    underReview: UnderReview | null,
    signal: AbortSignal,
  ) {
    this.#directory = directory;
    this.#users = users;
    this.#underReview = underReview;
    this.#signal = signal;
  }

  problems(): readonly ReviewerProblem[] {
    return [...this.#problems.values()];
  }

  async all(named: readonly NamedReviewer[], hasFallback: boolean): Promise<readonly Reviewer[]> {
    const found: Reviewer[] = [];
    for (const one of named) found.push(...(await this.#one(one, hasFallback)));
    // A person who is named twice is asked once.
    return [...new Map(found.map((one) => ['id' in one ? one.id : one.kind, one])).values()];
  }

  async #one(named: NamedReviewer, hasFallback: boolean): Promise<readonly Reviewer[]> {
    if ('user' in named) return this.#user(named.user);
    if ('group' in named) return this.#group(named.group);
    if ('owners' in named) return this.#owners();
    await this.#managers(hasFallback);
    return [{ kind: 'manager' }];
  }

  #user(name: string): readonly Reviewer[] {
    const user = this.#users.get(fold(name.trim()));
    if (!user) {
      this.#tell(name, 'is not in the directory', REMEDIES.another);
      return [];
    }
    this.#check(name, user);
    return [asReviewer(user)];
  }

  async #group(name: string): Promise<readonly Reviewer[]> {
    const groups = await this.#directory.findGroups(name, this.#signal);
    const [group] = groups;
    if (!group) {
      this.#tell(name, 'is no group of the directory', 'Correct the name under review, or name another group.');
      return [];
    }
    if (groups.length > 1) {
      const ids = groups.map(({ id }) => id).join(', ');
      this.#tell(name, `is the name of ${groups.length} groups`, `Name the group by its id, one of ${ids}.`);
      return [];
    }
    let able = 0;
    for await (const members of this.#directory.groupUsers(group.id, ATTRIBUTES, this.#signal)) {
      for (const member of members) {
        this.people.add(member.id.toLowerCase());
        if (member['accountEnabled'] !== false && member['mail']) able += 1;
      }
    }
    const remedy = 'Have people put into the group, or name another.';
    if (able === 0) this.#tell(name, 'has no member who can sign in and be written to', remedy);
    return [{ kind: 'group', id: group.id, name: group.displayName }];
  }

  /** They are named to the directory one by one: reviews do not look owners of an application up by themselves. */
  async #owners(): Promise<readonly Reviewer[]> {
    if (!this.#underReview) return [];
    const owners = await this.#directory.ownersOf(this.#underReview.servicePrincipalId, ATTRIBUTES, this.#signal);
    if (owners.length === 0)
      this.#tell(
        'the owners of the application',
        'are not there: it has none',
        'Have an owner set in the admin center, or name the people.',
      );
    for (const owner of owners) this.#check(nameOf(owner), owner);
    return owners.map(asReviewer);
  }

  async #managers(hasFallback: boolean): Promise<void> {
    if (!this.#underReview) return;
    const { userIds } = this.#underReview;
    let have = 0;
    const managers = new Map<string, DirectoryUser>();
    for await (const found of this.#directory.managersOf(userIds, ATTRIBUTES, this.#signal)) {
      have += found.length;
      for (const { manager } of found) managers.set(manager.id, manager);
    }
    const without = userIds.size - have;
    if (without > 0 && !hasFallback)
      this.#tell(
        'the managers',
        `are missing for ${without === 1 ? 'one person' : `${without} people`} under review, and nobody stands in`,
        'Name who reviews instead under review.fallback.',
      );
    for (const manager of managers.values()) this.#check(nameOf(manager), manager);
  }

  /** Where one person alone reviews, and has access himself, nobody else looks at that. */
  selfReview(reviewers: readonly Reviewer[]): void {
    const [only] = reviewers;
    const { userIds } = this.#underReview ?? {};
    if (reviewers.length !== 1 || only?.kind !== 'user' || !userIds?.has(only.id.toLowerCase())) return;
    const remedy = 'Name a second reviewer, so that nobody decides about himself alone.';
    this.#tell(only.name, 'would be alone in reviewing the own access', remedy);
  }

  #check(name: string, user: DirectoryUser): void {
    this.people.add(user.id.toLowerCase());
    if (user['accountEnabled'] === false) this.#tell(name, 'cannot sign in', REMEDIES.enable);
    if (!user['mail']) this.#tell(name, 'has no mail', REMEDIES.mail);
    if (isKnownUnlicensed(user)) this.#tell(name, 'has no licence that covers reviewing', REMEDIES.licence);
  }

  #tell(reviewer: string, problem: string, remedy: string): void {
    this.#problems.set(`${reviewer}\n${problem}`, { reviewer, problem, remedy });
  }
}

const REVIEWING_PLANS: ReadonlySet<string> = new Set(REVIEWING.map((plan) => PLANS[plan].id));

/** Whoever has plans, and none that covers reviewing; of somebody without any plan the directory may just not tell. */
const isKnownUnlicensed = (user: DirectoryUser): boolean => {
  const plans = user['assignedPlans'];
  if (!Array.isArray(plans) || plans.length === 0) return false;
  return !plans.some(
    ({ servicePlanId, capabilityStatus }: Readonly<Record<string, unknown>>) =>
      REVIEWING_PLANS.has(String(servicePlanId).toLowerCase()) && capabilityStatus !== 'Deleted',
  );
};

const nameOf = (user: DirectoryUser): string => String(user['userPrincipalName'] ?? user.id);

const asReviewer = (user: DirectoryUser): Reviewer => ({ kind: 'user', id: user.id, name: nameOf(user) });

const usersNamed = async (
  directory: Pick<Directory, 'findUsers' | 'limits'>,
  named: readonly NamedReviewer[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, DirectoryUser>> => {
  const names = [...new Set(named.flatMap((one) => ('user' in one ? [one.user.trim()] : [])))];
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
