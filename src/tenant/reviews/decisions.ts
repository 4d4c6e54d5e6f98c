// Decisions of a review: listed, and recorded one by one or many at once.
// Source: https://learn.microsoft.com/graph/api/resources/accessreviewinstancedecisionitem
import { denied, malformed } from '../errors.ts';
import type { Filter } from '../filter.ts';
import { matches } from '../object-filter.ts';
import { decodeToken, type GraphRequest, type GraphResponse, objectBody, type Tenant } from '../request.ts';
import { auditReview, callerOf, type ReviewActivity, reviewTarget, signedIn } from './doer.ts';
import { type Addressed, checkRunning, stageOf } from './instances.ts';
import {
  type After,
  changeItem,
  type Decision,
  type Item,
  isCommonReviewer,
  itemOf,
  itemsIn,
  itemTargets,
  type Order,
  type Place,
  resourceOf,
  reviewerOf,
  seenItem,
  seenItems,
  shapedItem,
} from './items.ts';
import { DECISIONS, listOptions, oneOf, pageOf } from './lists.ts';
import { type Identity, primaries } from './records.ts';

/** Where an address looks: in an instance, or in one of its stages. */
export interface Spot extends Addressed {
  readonly place: Place;
}

export const inInstance = (of: Addressed): Spot => ({ ...of, place: { instance: of.instance.id } });

export const inStage = (tenant: Tenant, of: Addressed, stageId: string): Spot => {
  const { id } = stageOf(tenant, of, stageId);
  return { ...of, set: `${of.set}/stages('${id}')`, place: { stage: id } };
};

const COLUMNS: Readonly<Record<string, Order['column']>> = {
  decision: 'decision',
  applyResult: 'apply_result',
  recommendation: 'recommendation',
};

/** `GET …/decisions`; `person` sees those that they are to review. */
export const listDecisions = (
  tenant: Tenant,
  request: GraphRequest,
  { place, set, instance }: Spot,
  person?: Identity,
): GraphResponse => {
  const options = listOptions(DECISIONS, request);
  const { filter, orderBy, skipToken } = options;
  const order = orderBy && { column: COLUMNS[orderBy.property]!, descending: orderBy.descending };
  const after = skipToken === undefined ? undefined : placeAfter(skipToken);
  const resource = resourceOf(instance);
  const isTheirs = person && reviewedBy(tenant, person.id);
  const stages = primaries(tenant, 'stage', instance.id).map(({ id }) => id);
  const looked = person && !isCommonReviewer(tenant, stages, person.id) ? { ...place, own: person.id } : place;
  const rows = seenItems(tenant, looked, { order, step: options.size + 1, ...(after && { after }) })
    .filter((item) => (!filter || fits(filter, item)) && (!isTheirs || isTheirs(item)))
    .map((item) => ({
      place: { n: item.n, ...(order && { value: item[order.column] }) },
      shown: shapedItem(item, resource, request.root),
    }));
  return pageOf(request, `${set}/decisions`, rows, options);
};

const placeAfter = (token: string): After => {
  const place = decodeToken(token) as { n?: unknown; value?: unknown } | null;
  if (typeof place?.n !== 'number' || !Number.isSafeInteger(place.n)) throw malformed('The skip token is not valid.');
  return { n: place.n, ...(typeof place.value === 'string' && { value: place.value }) };
};

const fits = (filter: Filter, { decision, recommendation, apply_result }: Item): boolean =>
  matches(filter, { decision, recommendation, applyResult: apply_result });

/** Whether somebody is among the reviewers of a decision, asked once for each stage. */
const reviewedBy = (tenant: Tenant, person: string): ((item: Item) => boolean) => {
  const stages = new Map<string, ReturnType<typeof reviewerOf>>();
  return (item) => {
    const known = stages.get(item.stage) ?? reviewerOf(tenant, item.stage, person);
    stages.set(item.stage, known);
    return known(item);
  };
};

/** `GET …/decisions/filterByCurrentUser(on='reviewer')`. */
export const listOwnDecisions = (tenant: Tenant, request: GraphRequest, spot: Spot): GraphResponse =>
  listDecisions(tenant, request, spot, signedIn(tenant, request));

/** `GET …/decisions/{id}`. */
export const getDecision = (
  tenant: Tenant,
  request: GraphRequest,
  { place, set, instance }: Spot,
  id: string,
): GraphResponse =>
  oneOf(
    DECISIONS,
    request,
    `${set}/decisions`,
    shapedItem(seenItem(tenant, place, id), resourceOf(instance), request.root),
  );

const WORDS: Readonly<Record<Decision, 'Approve' | 'Deny' | "Don't know" | 'Reset'>> = {
  Approve: 'Approve',
  Deny: 'Deny',
  DontKnow: "Don't know",
  NotReviewed: 'Reset',
};

/** A decision as a request says it. Throws Graph's 400. */
const readDecision = (
  body: Readonly<Record<string, unknown>>,
  { instance }: Addressed,
): { readonly decision: Decision; readonly justification: string | null } => {
  const { decision, justification = null } = body;
  if (typeof decision !== 'string' || !Object.hasOwn(WORDS, decision))
    throw malformed("'decision' is 'Approve', 'Deny', 'DontKnow' or 'NotReviewed'.");
  if (justification !== null && typeof justification !== 'string')
    throw malformed("Invalid value specified for property 'justification'.");
  const isNeeded = decision === 'Approve' && instance.own.settings.justificationRequiredOnApproval;
  if (isNeeded && (justification ?? '').trim() === '')
    throw malformed('A justification is required to approve access in this access review.');
  return { decision: decision as Decision, justification };
};

const stamped = (tenant: Tenant, decision: Decision, by: Identity) =>
  decision === 'NotReviewed'
    ? { reviewed_by: null, reviewed_at: null }
    : { reviewed_by: JSON.stringify(by), reviewed_at: new Date(tenant.now()).toISOString() };

/** The stage that is under way: what others hold stands. */
const currentStage = (tenant: Tenant, { instance }: Addressed): string =>
  primaries(tenant, 'stage', instance.id)[instance.own.stage - 1]!.id;

/** `PATCH …/decisions/{id}`: by one of its reviewers in person. The last one who decides is right. */
export const recordDecision = (tenant: Tenant, request: GraphRequest, spot: Spot, id: string): GraphResponse => {
  const by = signedIn(tenant, request);
  const item = itemOf(tenant, spot.place, id);
  if (!reviewerOf(tenant, item.stage, by.id)(item)) throw denied();
  checkRunning(spot.instance);
  const body = objectBody(request);
  const other = Object.keys(body).find((name) => !['decision', 'justification', '@odata.type'].includes(name));
  if (other !== undefined)
    throw malformed(`Property '${other}' of resource 'AccessReviewInstanceDecisionItem' cannot be changed.`);
  const { decision, justification } = readDecision(body, spot);
  if (item.stage !== currentStage(tenant, spot)) throw malformed('The stage of this decision is over.');
  tenant.db.transaction(() => {
    changeItem(tenant, item, { decision, justification, ...stamped(tenant, decision, by) });
    auditReview(tenant, request, `${WORDS[decision]} decision`, itemTargets(item, resourceOf(spot.instance)));
  });
  return { status: 204 };
};

/** `POST …/batchRecordDecisions`: of the whole instance, or of one principal or resource. */
export const recordMany = (tenant: Tenant, request: GraphRequest, of: Addressed): GraphResponse => {
  checkRunning(of.instance);
  const body = objectBody(request);
  const other = Object.keys(body).find((name) => !BATCH_PARAMETERS.includes(name));
  if (other !== undefined) throw malformed(`The parameter '${other}' is not one of the action 'batchRecordDecisions'.`);
  const { principalId, resourceId } = body;
  const said = readDecision(body, of);
  const isWanted = (item: Item): boolean =>
    (!isGiven(principalId) || item.principal === String(principalId).toLowerCase()) &&
    (!isGiven(resourceId) || resourceOf(of.instance).id === String(resourceId).toLowerCase());
  const changed = changeMany(tenant, request, of, (item) => (isWanted(item) ? said : undefined));
  if (changed === 0) throw malformed('The access review instance has no decision of this principal and resource.');
  auditReview(tenant, request, `Bulk ${WORDS[said.decision]} decisions`, [reviewTarget(of.definition.body)]);
  return { status: 204 };
};

const BATCH_PARAMETERS = ['decision', 'justification', 'principalId', 'resourceId'];

const isGiven = (id: unknown): boolean => id !== undefined && id !== null && id !== '';

/** `POST …/acceptRecommendations`: of what the signed-in user is to review and nobody has decided. */
export const acceptRecommendations = (tenant: Tenant, request: GraphRequest, of: Addressed): GraphResponse => {
  signedIn(tenant, request);
  checkRunning(of.instance);
  const changed = changeMany(tenant, request, of, ({ decision, recommendation }) =>
    decision === 'NotReviewed' && recommendation !== 'NoInfoAvailable'
      ? { decision: recommendation, justification: null }
      : undefined,
  );
  if (changed > 0) auditReview(tenant, request, 'Bulk Approve decisions', [reviewTarget(of.definition.body)]);
  return { status: 204 };
};

type Said = { readonly decision: Decision; readonly justification: string | null };

/** Records what is said of each decision of the stage that is under way: a person's own, an application's all. */
const changeMany = (
  tenant: Tenant,
  request: GraphRequest,
  of: Addressed,
  say: (item: Item) => Said | undefined,
): number => {
  const by = callerOf(tenant, request);
  const stage = currentStage(tenant, of);
  const isTheirs = request.claims.scp === undefined ? () => true : reviewerOf(tenant, stage, by.id);
  let theirs = 0;
  let changed = 0;
  tenant.db.transaction(() => {
    for (const item of itemsIn(tenant, { stage })) {
      if (!isTheirs(item)) continue;
      theirs += 1;
      const said = say(item);
      if (!said) continue;
      changed += 1;
      changeItem(tenant, item, { ...said, ...stamped(tenant, said.decision, by) });
    }
  });
  if (theirs === 0) throw denied();
  return changed;
};

/** `POST …/resetDecisions`: as if nobody had decided. */
export const resetDecisions = (tenant: Tenant, request: GraphRequest, of: Addressed): GraphResponse => {
  checkRunning(of.instance);
  const nothing = { decision: 'NotReviewed', justification: null, reviewed_by: null, reviewed_at: null } as const;
  tenant.db.transaction(() => {
    for (const item of itemsIn(tenant, { stage: currentStage(tenant, of) }))
      if (item.decision !== 'NotReviewed') changeItem(tenant, item, nothing);
    const activity: ReviewActivity = 'Bulk Reset decisions';
    auditReview(tenant, request, activity, [reviewTarget(of.definition.body)]);
  });
  return { status: 204 };
};
