// Whose access an instance reviews, and who reviews it: read once, when the instance begins.
import { linksOf, reachedBy } from '../links.ts';
import { primaryObject } from '../objects.ts';
import type { Tenant } from '../request.ts';
import { type User, userNamed } from '../users.ts';
import { addItem, type Item } from './items.ts';
import type { Kept, Resource } from './records.ts';
import type { Settings } from './rules.ts';
import { DAY_MS } from './schedule.ts';
import { durationDays, readReviewers, type Scope } from './scopes.ts';

const DEFAULT_LOOK_BACK_DAYS = 30;

/** Who has a role of an application: those assigned to it themselves, then the members of the groups that are. */
export const principalsOf = (tenant: Tenant, resource: string): ReadonlySet<string> => {
  const direct = tenant.db.all<{ principal: string }>(
    "select principal from assignments where resource = ? and principal_type = 'User' and gone = 0 order by n",
    resource,
  );
  return new Set([...direct.map(({ principal }) => principal), ...throughGroups(tenant, resource)]);
};

/** Who has a role through a group. Members of groups in groups have none. */
export const throughGroups = (tenant: Tenant, resource: string): ReadonlySet<string> => {
  const groups = tenant.db.all<{ principal: string }>(
    "select distinct principal from assignments where resource = ? and principal_type = 'Group' and gone = 0",
    resource,
  );
  return new Set(
    groups.flatMap(({ principal }) => [...linksOf(tenant, 'members', 'source', principal)].map(({ target }) => target)),
  );
};

/** When somebody last signed in to the tenant. Milliseconds; undefined: never. */
const lastSignIn = (user: User): number | undefined => {
  const activity = user['signInActivity'] as Readonly<Record<string, unknown>> | undefined;
  const times = ['lastSignInDateTime', 'lastNonInteractiveSignInDateTime'].flatMap((name) => {
    const at = Date.parse(String(activity?.[name]));
    return Number.isNaN(at) ? [] : [at];
  });
  return times.length === 0 ? undefined : Math.max(...times);
};

const isIn = (user: User, { isGuestsOnly, inactiveDays }: Scope, now: number): boolean =>
  (!isGuestsOnly || user['userType'] === 'Guest') &&
  (inactiveDays === undefined || (lastSignIn(user) ?? 0) < now - inactiveDays * DAY_MS);

/** What an insight looks at, of the settings as they are. */
export const recommender = (
  {
    recommendationsEnabled,
    recommendationInsightSettings,
    recommendationLookBackDuration,
  }: Pick<Settings, 'recommendationsEnabled' | 'recommendationInsightSettings' | 'recommendationLookBackDuration'>,
  now: number,
): ((user: User) => Item['recommendation']) => {
  const [insight] = recommendationInsightSettings;
  const duration = insight?.['recommendationLookBackDuration'] ?? recommendationLookBackDuration;
  const since = now - (durationDays(duration) ?? DEFAULT_LOOK_BACK_DAYS) * DAY_MS;
  const isOfTenant = insight?.['signInScope'] === 'tenant';
  return (user) => {
    if (!recommendationsEnabled) return 'NoInfoAvailable';
    // Nobody signs in to the application through this directory: that is why its users are governed by reviews.
    return isOfTenant && (lastSignIn(user) ?? 0) >= since ? 'Approve' : 'Deny';
  };
};

/** Who reviews what comes to a stage. */
interface Reviewers {
  readonly common: readonly string[];
  readonly fallback: readonly string[];
  readonly isByManager: boolean;
  readonly isBySelf: boolean;
}

const reviewersOf = (tenant: Tenant, { body }: Kept<'stage'>): Reviewers => {
  const reviewers = readReviewers(body.reviewers, 'reviewers');
  const fallback = readReviewers(body.fallbackReviewers, 'fallbackReviewers');
  const people = (list: typeof reviewers): string[] => [
    ...new Set(
      list
        .flatMap((one) => {
          if (one.kind === 'manager') return [];
          if (one.kind === 'user') return [one.id];
          if (one.kind === 'members') return reachedBy(tenant, 'source', one.id);
          return [...linksOf(tenant, 'owners', 'source', one.id)].map(({ target }) => target);
        })
        .filter((id) => userNamed(tenant.db, id) !== undefined),
    ),
  ];
  return {
    common: people(reviewers),
    fallback: people(fallback),
    isByManager: reviewers.some(({ kind }) => kind === 'manager'),
    isBySelf: reviewers.length === 0,
  };
};

const managerOf = (tenant: Tenant, id: string): string | undefined => {
  const [link] = linksOf(tenant, 'manager', 'source', id);
  return link?.target;
};

/** The application, as it is called when the instance begins; null where it is gone. */
export const readResource = (tenant: Tenant, scope: Scope): Resource | null => {
  const found = primaryObject(tenant, 'servicePrincipal', { property: 'id', value: scope.servicePrincipal });
  return found ? { id: found.id, displayName: String(found['displayName']), appId: String(found['appId']) } : null;
};

/** Notes the reviewers of a stage, those of its fallback apart. */
export const noteReviewers = ({ db }: Tenant, stage: string, fallback: boolean, people: readonly string[]): void => {
  db.run('delete from review_reviewers where stage = ? and is_fallback = ?', stage, Number(fallback));
  const sql = 'insert or ignore into review_reviewers (stage, is_fallback, reviewer) values (?, ?, ?)';
  for (const person of people) db.run(sql, stage, Number(fallback), person);
};

export interface Population {
  readonly instance: string;
  readonly scope: Scope;
  /** With what each looks at to recommend. */
  readonly stages: readonly {
    readonly stage: Kept<'stage'>;
    readonly recommend: (user: User) => Item['recommendation'];
  }[];
}

/** Makes the decisions of all stages, those of the first current; answers how many users are reviewed. */
export const populate = (tenant: Tenant, { instance, scope, stages }: Population): number => {
  const staffed = stages.map((one) => ({ ...one, by: reviewersOf(tenant, one.stage) }));
  for (const { stage, by } of staffed) {
    noteReviewers(tenant, stage.id, false, by.common);
    noteReviewers(tenant, stage.id, true, by.fallback);
  }
  let count = 0;
  for (const principal of principalsOf(tenant, scope.servicePrincipal)) {
    const user = userNamed(tenant.db, principal);
    if (!user || !isIn(user, scope, tenant.now())) continue;
    count += 1;
    for (const { stage, by, recommend } of staffed) {
      const own = by.isBySelf ? principal : by.isByManager ? managerOf(tenant, principal) : undefined;
      addItem(tenant, {
        instance,
        stage: stage.id,
        principal,
        name: user['displayName'] === undefined ? null : String(user['displayName']),
        upn: String(user['userPrincipalName']),
        own_reviewer: own ?? null,
        needs_fallback: Number(own === undefined && by.common.length === 0),
        is_current: Number(stage.own.number === 1),
        recommendation: recommend(user),
      });
    }
  }
  return count;
};

/** Notes whom the review was brought to, once each, in a stage that begins. */
export const contact = (tenant: Tenant, instance: string, stage: string): void => {
  const { db } = tenant;
  const people = db.all<{ id: string }>(
    `select reviewer as id from review_reviewers where stage = ?1 and is_fallback = 0
     union select own_reviewer from review_items where stage = ?1 and is_reached = 1 and own_reviewer is not null
     union select reviewer from review_reviewers where stage = ?1 and is_fallback = 1
       and exists (select 1 from review_items where stage = ?1 and is_reached = 1 and needs_fallback = 1)`,
    stage,
  );
  const created = new Date(tenant.now()).toISOString();
  for (const { id } of people) {
    const user = userNamed(db, id);
    if (!user) continue;
    db.run(
      'insert or ignore into review_contacted (instance, reviewer, name, upn, created) values (?, ?, ?, ?, ?)',
      instance,
      id,
      user['displayName'] === undefined ? null : String(user['displayName']),
      String(user['userPrincipalName']),
      created,
    );
  }
};
