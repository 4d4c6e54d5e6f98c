// Which rule answers which address of access reviews.
import type { Key } from '../addresses.ts';
import { badRequest } from '../errors.ts';
import type { GraphRequest, GraphResponse, Tenant } from '../request.ts';
import {
  acceptRecommendations,
  getDecision,
  inInstance,
  inStage,
  listDecisions,
  listOwnDecisions,
  recordDecision,
  recordMany,
  resetDecisions,
  type Spot,
} from './decisions.ts';
import {
  createDefinition,
  deleteDefinition,
  getDefinition,
  listDefinitions,
  listOwnDefinitions,
  replaceDefinition,
  stopDefinition,
} from './definitions.ts';
import { signedIn } from './doer.ts';
import {
  createHistory,
  generateDownloadUri,
  getHistory,
  getHistoryInstance,
  listHistories,
  listHistoryInstances,
} from './history.ts';
import {
  type Addressed,
  addressed,
  applyDecisions,
  getInstance,
  getStage,
  listContacted,
  listInstances,
  listOwnInstances,
  listStages,
  remind,
  stopInstance,
  stopStage,
  updateInstance,
} from './instances.ts';

type Rule = (tenant: Tenant, request: GraphRequest, keys: readonly Key[]) => GraphResponse;
type Rules = Readonly<Record<string, Readonly<Record<string, Rule>>>>;

const ROOT = '/identityGovernance/accessReviews';
const DEFINITION = `${ROOT}/definitions/{id}`;
const INSTANCE = `${DEFINITION}/instances/{id}`;
const OWN = 'filterByCurrentUser/{id}';

/** A rule that goes by the first id of the address. */
const byId =
  (rule: (tenant: Tenant, request: GraphRequest, id: string) => GraphResponse): Rule =>
  (tenant, request, [key]) =>
    rule(tenant, request, key!.value);

/** A rule that goes by the first and the second. */
const byBoth =
  (rule: (tenant: Tenant, request: GraphRequest, first: string, second: string) => GraphResponse): Rule =>
  (tenant, request, [first, second]) =>
    rule(tenant, request, first!.value, second!.value);

/** A rule of an instance; `id` is what the address names below it. */
const ofInstance =
  (rule: (tenant: Tenant, request: GraphRequest, of: Addressed, id: string) => GraphResponse): Rule =>
  (tenant, request, [definition, instance, below]) =>
    rule(tenant, request, addressed(tenant, request, definition!.value, instance!.value), below?.value ?? '');

/** The function that asks for what is the caller's: it has one parameter, with one value. */
const own =
  (rule: Rule): Rule =>
  (tenant, request, keys) => {
    const { property, value } = keys.at(-1)!;
    if (property === 'on' && value === 'reviewer') return rule(tenant, request, keys);
    throw badRequest("The function 'filterByCurrentUser' takes the parameter on='reviewer'.");
  };

const decisions = (
  path: string,
  spotOf: (tenant: Tenant, request: GraphRequest, keys: readonly Key[]) => Spot,
): Rules => ({
  [`${path}/decisions`]: {
    GET: (tenant, request, keys) => listDecisions(tenant, request, spotOf(tenant, request, keys)),
  },
  [`${path}/decisions/${OWN}`]: {
    GET: own((tenant, request, keys) => listOwnDecisions(tenant, request, spotOf(tenant, request, keys))),
  },
  [`${path}/decisions/{id}`]: {
    GET: (tenant, request, keys) => getDecision(tenant, request, spotOf(tenant, request, keys), keys.at(-1)!.value),
    PATCH: (tenant, request, keys) =>
      recordDecision(tenant, request, spotOf(tenant, request, keys), keys.at(-1)!.value),
  },
});

const ofKeys = (tenant: Tenant, request: GraphRequest, [definition, instance]: readonly Key[]): Addressed =>
  addressed(tenant, request, definition!.value, instance!.value);

export const REVIEW_RULES: Rules = {
  [`${ROOT}/definitions`]: { GET: listDefinitions, POST: createDefinition },
  [`${ROOT}/definitions/${OWN}`]: { GET: own(listOwnDefinitions) },
  [DEFINITION]: { GET: byId(getDefinition), PUT: byId(replaceDefinition), DELETE: byId(deleteDefinition) },
  [`${DEFINITION}/stop`]: { POST: byId(stopDefinition) },
  [`${DEFINITION}/instances`]: { GET: byId(listInstances) },
  [`${DEFINITION}/instances/${OWN}`]: { GET: own(byId(listOwnInstances)) },
  [INSTANCE]: { GET: ofInstance(getInstance), PATCH: ofInstance(updateInstance) },
  [`${INSTANCE}/stop`]: { POST: ofInstance(stopInstance) },
  [`${INSTANCE}/sendReminder`]: { POST: ofInstance(remind) },
  [`${INSTANCE}/applyDecisions`]: { POST: ofInstance(applyDecisions) },
  [`${INSTANCE}/resetDecisions`]: { POST: ofInstance(resetDecisions) },
  [`${INSTANCE}/batchRecordDecisions`]: { POST: ofInstance(recordMany) },
  [`${INSTANCE}/acceptRecommendations`]: { POST: ofInstance(acceptRecommendations) },
  [`${INSTANCE}/contactedReviewers`]: { GET: ofInstance(listContacted) },
  ...decisions(INSTANCE, (tenant, request, keys) => inInstance(ofKeys(tenant, request, keys))),
  [`${INSTANCE}/stages`]: { GET: ofInstance((tenant, request, of) => listStages(tenant, request, of)) },
  [`${INSTANCE}/stages/${OWN}`]: {
    GET: own(ofInstance((tenant, request, of) => listStages(tenant, request, of, signedIn(tenant, request).id))),
  },
  [`${INSTANCE}/stages/{id}`]: { GET: ofInstance(getStage) },
  [`${INSTANCE}/stages/{id}/stop`]: { POST: ofInstance(stopStage) },
  ...decisions(`${INSTANCE}/stages/{id}`, (tenant, request, keys) =>
    inStage(tenant, ofKeys(tenant, request, keys), keys[2]!.value),
  ),
  [`${ROOT}/historyDefinitions`]: { GET: listHistories, POST: createHistory },
  [`${ROOT}/historyDefinitions/{id}`]: { GET: byId(getHistory) },
  [`${ROOT}/historyDefinitions/{id}/instances`]: { GET: byId(listHistoryInstances) },
  [`${ROOT}/historyDefinitions/{id}/instances/{id}`]: { GET: byBoth(getHistoryInstance) },
  [`${ROOT}/historyDefinitions/{id}/instances/{id}/generateDownloadUri`]: { POST: byBoth(generateDownloadUri) },
};
