// The decisions of a review as they are kept: one of each user in each stage.
import { notFound } from '../errors.ts';
import type { Tenant } from '../request.ts';
import { type Identity, type Kept, NOBODY, type Resource } from './records.ts';

export type Decision = 'Approve' | 'Deny' | 'NotReviewed' | 'DontKnow';
export type ApplyResult = 'New' | 'AppliedSuccessfully' | 'AppliedSuccessfullyButObjectNotFound' | 'ApplyNotSupported';

/** What changes of a decision in its life. */
interface Changing {
  readonly decision: Decision;
  readonly justification: string | null;
  /** As JSON; null: nobody. */
  readonly reviewed_by: string | null;
  readonly reviewed_at: string | null;
  readonly apply_result: ApplyResult;
  readonly applied_by: string | null;
  readonly applied_at: string | null;
}

export interface Item extends Changing {
  readonly n: number;
  readonly id: string;
  readonly instance: string;
  readonly stage: string;
  readonly principal: string;
  readonly name: string | null;
  readonly upn: string | null;
  /** Who alone of all reviewers reviews it: the user's manager, or the user. */
  readonly own_reviewer: string | null;
  /** Nobody else is there to review it. */
  readonly needs_fallback: number;
  readonly is_current: number;
  readonly is_reached: number;
  readonly recommendation: 'Approve' | 'Deny' | 'NoInfoAvailable';
}

export type NewItem = Pick<
  Item,
  | 'instance'
  | 'stage'
  | 'principal'
  | 'name'
  | 'upn'
  | 'own_reviewer'
  | 'needs_fallback'
  | 'is_current'
  | 'recommendation'
>;

export const addItem = ({ db, replication }: Tenant, item: NewItem): void => {
  const id = crypto.randomUUID();
  db.run(
    `insert into review_items (id, instance, stage, principal, name, upn, own_reviewer, needs_fallback, is_current,
      is_reached, recommendation, decision, apply_result) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'NotReviewed', 'New')`,
    id,
    item.instance,
    item.stage,
    item.principal,
    item.name,
    item.upn,
    item.own_reviewer,
    item.needs_fallback,
    item.is_current,
    item.is_current,
    item.recommendation,
  );
  replication.wrote(id, undefined);
};

const CHANGING = [
  'decision',
  'justification',
  'reviewed_by',
  'reviewed_at',
  'apply_result',
  'applied_by',
  'applied_at',
] as const satisfies readonly (keyof Changing)[];

const changingOf = (item: Item): string =>
  JSON.stringify(Object.fromEntries(CHANGING.map((name) => [name, item[name]])));

const UPDATE = `update review_items set ${CHANGING.map((name) => `${name} = ?`).join(', ')} where n = ?`;

export const changeItem = ({ db, replication }: Tenant, item: Item, change: Partial<Changing>): void => {
  const after = { ...item, ...change };
  db.run(UPDATE, ...CHANGING.map((name) => after[name]), item.n);
  replication.wrote(item.id, changingOf(item));
};

/** A decision as readers see it; undefined where they do not see it yet. */
const seen = ({ replication }: Tenant, item: Item): Item | undefined => {
  if (replication.isIdle) return item;
  const changing = replication.seen(item.id, changingOf(item));
  return changing === undefined ? undefined : { ...item, ...(JSON.parse(changing) as Changing) };
};

/** Where decisions are looked for: in a stage, or what stands of the whole instance; with `own`, those of one reviewer alone. */
export type Place = ({ readonly instance: string } | { readonly stage: string }) & { readonly own?: string };

/** A plus keeps a column from choosing the index: what is one reviewer's alone is found by that. */
const conditionOf = (place: Place): readonly [sql: string, values: readonly string[]] => {
  const isOwn = place.own !== undefined;
  const [where, id] =
    'stage' in place
      ? [`${isOwn ? '+' : ''}stage = ? and is_reached = 1`, place.stage]
      : [`instance = ? and ${isOwn ? '+' : ''}is_current = 1`, place.instance];
  return place.own === undefined ? [where, [id]] : [`${where} and own_reviewer = ?`, [id, place.own]];
};

/** Sorted by this, and then in the order in which they were made. */
export interface Order {
  readonly column: 'decision' | 'apply_result' | 'recommendation';
  readonly descending: boolean;
}

/** Behind which decision a list goes on. */
export interface After {
  readonly n: number;
  readonly value?: string;
}

const STEP = 500;

/** The decisions of a place as they are kept, read `step` at a time. */
export function* itemsIn(
  { db }: Pick<Tenant, 'db'>,
  place: Place,
  { after: from, order, step = STEP }: { after?: After; order?: Order | undefined; step?: number } = {},
): Generator<Item> {
  const [condition, values] = conditionOf(place);
  const [ahead, way] = order?.descending ? ['<', 'desc'] : ['>', 'asc'];
  const sorted = order ? `${order.column} ${way}, n ${way}` : 'n';
  const read = (rest: string, limit: number, ...more: (string | number)[]): Item[] =>
    db.all(
      `select * from review_items where ${condition} ${rest} order by ${sorted} limit ?`,
      ...values,
      ...more,
      limit,
    );
  const behind = ({ n, value = '' }: After): Item[] => {
    if (!order) return read('and n > ?', step, n);
    // First those that are equal, then the rest: so that each part is one stretch of the index.
    const equal = read(`and ${order.column} = ? and n ${ahead} ?`, step, value, n);
    return [...equal, ...read(`and ${order.column} ${ahead} ?`, step - equal.length, value)];
  };
  for (let after = from; ; ) {
    const rows = after ? behind(after) : read('', step);
    yield* rows;
    const last = rows.at(-1);
    if (rows.length < step || !last) return;
    after = { n: last.n, ...(order && { value: last[order.column] }) };
  }
}

/** The same as readers see them. */
export function* seenItems(tenant: Tenant, place: Place, options: Parameters<typeof itemsIn>[2]): Generator<Item> {
  for (const item of itemsIn(tenant, place, options)) {
    const shown = seen(tenant, item);
    if (shown) yield shown;
  }
}

/** One decision of a place as it is kept. Throws Graph's 404. */
export const itemOf = (tenant: Tenant, place: Place, id: string): Item => {
  const [condition, values] = conditionOf(place);
  const item = tenant.db.one<Item>(
    `select * from review_items where id = ? and ${condition}`,
    id.toLowerCase(),
    ...values,
  );
  if (item) return item;
  throw notFound(id);
};

/** The same as readers see it. */
export const seenItem = (tenant: Tenant, place: Place, id: string): Item => {
  const item = seen(tenant, itemOf(tenant, place, id));
  if (item) return item;
  throw notFound(id);
};

/** Whether somebody is among the reviewers of decisions of a stage; asked once for a stage, then for each. */
export const reviewerOf = (
  { db }: Pick<Tenant, 'db'>,
  stage: string,
  person: string,
): ((item: Pick<Item, 'own_reviewer' | 'needs_fallback'>) => boolean) => {
  const sql = 'select is_fallback as fallback from review_reviewers where stage = ? and reviewer = ?';
  const rows = db.all<{ fallback: number }>(sql, stage, person);
  const isReviewer = rows.some(({ fallback }) => fallback === 0);
  const isFallback = rows.some(({ fallback }) => fallback === 1);
  return (item) => isReviewer || item.own_reviewer === person || (isFallback && item.needs_fallback === 1);
};

/** Whether somebody reviews more than what is theirs alone, in one of an instance's stages. */
export const isCommonReviewer = ({ db }: Pick<Tenant, 'db'>, stages: readonly string[], person: string): boolean =>
  stages.some(
    (stage) => db.one('select 1 from review_reviewers where stage = ? and reviewer = ?', stage, person) !== undefined,
  );

const identity = (json: string | null, otherwise: Identity): unknown => ({
  '@odata.type': '#microsoft.graph.userIdentity',
  ...(json === null ? otherwise : (JSON.parse(json) as Identity)),
});

/** A decision as Graph shows it. Source: https://learn.microsoft.com/graph/api/resources/accessreviewinstancedecisionitem */
export const shapedItem = (item: Item, resource: Resource, root: string): Record<string, unknown> => ({
  id: item.id,
  accessReviewId: item.instance,
  reviewedDateTime: item.reviewed_at,
  decision: item.decision,
  justification: item.justification,
  appliedDateTime: item.applied_at,
  applyResult: item.apply_result,
  recommendation: item.recommendation,
  principalLink: `${root}/users/${item.principal}`,
  resourceLink: `${root}/servicePrincipals/${resource.id}`,
  reviewedBy: identity(item.reviewed_by, NOBODY),
  appliedBy: identity(item.applied_by, NOBODY),
  principal: {
    '@odata.type': '#microsoft.graph.userIdentity',
    id: item.principal,
    displayName: item.name,
    userPrincipalName: item.upn,
  },
  resource: {
    '@odata.type': '#microsoft.graph.accessReviewInstanceDecisionItemServicePrincipalResource',
    id: resource.id,
    displayName: resource.displayName,
    type: 'ServicePrincipal',
    appId: resource.appId,
  },
});

/** How a decision is named in the audit log: the user whose access it is about, and the application. */
export const itemTargets = (item: Item, resource: Resource) => [
  { id: item.principal, type: 'User', displayName: item.name, userPrincipalName: item.upn },
  { id: resource.id, type: 'ServicePrincipal', displayName: resource.displayName },
];

/** The resource of an instance that has begun. Before, there are no decisions to tell it of. */
export const resourceOf = (instance: Kept<'instance'>): Resource =>
  instance.own.resource ?? { id: '', displayName: '', appId: '' };
