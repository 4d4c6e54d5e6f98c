// Access reviews: read as they stand, and told what to be. Sources: https://learn.microsoft.com/graph/api/resources/accessreviewsv2-overview
import type { ApplyResult, DecisionKind } from '../../model/decision.ts';
import type {
  ContactedReviewer,
  PersonRef,
  Review,
  ReviewDecision,
  Reviewer,
  ReviewInstance,
  ReviewOrder,
} from '../../model/review.ts';
import { isRecord } from '../call.ts';
import { textOf, textOrNull } from '../fields.ts';
import type { Graph } from '../graph.ts';
import { type Item, pages, readList } from '../pages.ts';

const ROOT = '/identityGovernance/accessReviews/definitions';

export const definitionPath = (reviewId: string): string => `${ROOT}/${encodeURIComponent(reviewId)}`;
export const instancePath = (reviewId: string, instanceId: string): string =>
  `${definitionPath(reviewId)}/instances/${encodeURIComponent(instanceId)}`;

/** How an address of a review is named, without values. */
export const REVIEW_TEMPLATES = {
  definitions: ROOT,
  definition: `${ROOT}/{id}`,
  instances: `${ROOT}/{id}/instances`,
  instance: `${ROOT}/{id}/instances/{id}`,
} as const;

/** All reviews of the tenant: those of one application cannot be asked for. Source: https://learn.microsoft.com/graph/api/accessreviewset-list-definitions */
export async function* reviews({ client }: Graph, signal?: AbortSignal): AsyncGenerator<readonly Review[]> {
  const call = { method: 'GET', path: `${ROOT}?$top=100`, template: REVIEW_TEMPLATES.definitions } as const;
  for await (const page of pages(client, call, signal)) yield page.map(reviewOf);
}

export const reviewInstances = async (
  { client }: Graph,
  reviewId: string,
  signal?: AbortSignal,
): Promise<readonly ReviewInstance[]> => {
  const path = `${definitionPath(reviewId)}/instances`;
  const list = await readList(client, { method: 'GET', path, template: REVIEW_TEMPLATES.instances }, signal);
  return list.map(roundOf);
};

export const reviewStages = async (
  { client }: Graph,
  reviewId: string,
  instanceId: string,
  signal?: AbortSignal,
): Promise<readonly ReviewInstance[]> => {
  const path = `${instancePath(reviewId, instanceId)}/stages`;
  const list = await readList(client, { method: 'GET', path, template: `${REVIEW_TEMPLATES.instance}/stages` }, signal);
  return list.map(roundOf);
};

/** The decisions of an instance, or of one of its stages. */
export const reviewDecisions = (
  graph: Graph,
  reviewId: string,
  instanceId: string,
  stageId: string | null,
  signal?: AbortSignal,
): AsyncGenerator<readonly ReviewDecision[]> => decisionPages(graph, reviewId, instanceId, stageId, '', signal);

async function* decisionPages(
  { client }: Graph,
  reviewId: string,
  instanceId: string,
  stageId: string | null,
  narrowed: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly ReviewDecision[]> {
  const stage = stageId === null ? '' : `/stages/${encodeURIComponent(stageId)}`;
  const path = `${instancePath(reviewId, instanceId)}${stage}/decisions${narrowed}`;
  const template = `${REVIEW_TEMPLATES.instance}${stageId === null ? '' : '/stages/{id}'}/decisions${narrowed}`;
  for await (const page of pages(client, { method: 'GET', path, template }, signal)) yield page.map(decisionOf);
}

export const contactedReviewers = async (
  { client }: Graph,
  reviewId: string,
  instanceId: string,
  signal?: AbortSignal,
): Promise<readonly ContactedReviewer[]> => {
  const path = `${instancePath(reviewId, instanceId)}/contactedReviewers`;
  const template = `${REVIEW_TEMPLATES.instance}/contactedReviewers`;
  const list = await readList(client, { method: 'GET', path, template }, signal);
  return list.map((item) => ({
    id: textOf(item['id']),
    displayName: textOf(item['displayName']),
    userPrincipalName: textOf(item['userPrincipalName']),
  }));
};

/** Narrows a list to what the signed-in person reviews. Source: https://learn.microsoft.com/graph/api/accessreviewscheduledefinition-filterbycurrentuser */
const OWN = "filterByCurrentUser(on='reviewer')";

export async function* reviewsToDecide({ client }: Graph, signal?: AbortSignal): AsyncGenerator<readonly Review[]> {
  const call = { method: 'GET', path: `${ROOT}/${OWN}`, template: `${REVIEW_TEMPLATES.definitions}/${OWN}` } as const;
  for await (const page of pages(client, call, signal)) yield page.map(reviewOf);
}

export const instancesToDecide = async (
  { client }: Graph,
  reviewId: string,
  signal?: AbortSignal,
): Promise<readonly ReviewInstance[]> => {
  const path = `${definitionPath(reviewId)}/instances/${OWN}`;
  const template = `${REVIEW_TEMPLATES.instances}/${OWN}`;
  return (await readList(client, { method: 'GET', path, template }, signal)).map(roundOf);
};

export const stagesToDecide = async (
  { client }: Graph,
  reviewId: string,
  instanceId: string,
  signal?: AbortSignal,
): Promise<readonly ReviewInstance[]> => {
  const path = `${instancePath(reviewId, instanceId)}/stages/${OWN}`;
  const template = `${REVIEW_TEMPLATES.instance}/stages/${OWN}`;
  return (await readList(client, { method: 'GET', path, template }, signal)).map(roundOf);
};

export const decisionsToDecide = (
  graph: Graph,
  reviewId: string,
  instanceId: string,
  stageId: string | null,
  signal?: AbortSignal,
): AsyncGenerator<readonly ReviewDecision[]> => decisionPages(graph, reviewId, instanceId, stageId, `/${OWN}`, signal);

/** Marks a review that Rollcall started, in the description that administrators see. */
const KEY = /\[rollcall ([0-9a-f]{32})\]\s*$/;

const SERVICE_PRINCIPAL = /^\/?(?:v1\.0\/)?servicePrincipals\/([0-9a-f-]{36})/i;

const reviewOf = (item: Item): Review => {
  const settings = isRecord(item['settings']) ? item['settings'] : {};
  const stages = item['stageSettings'];
  return {
    id: textOf(item['id']),
    displayName: textOf(item['displayName']),
    status: textOf(item['status']).toLowerCase(),
    createdAt: textOf(item['createdDateTime']),
    servicePrincipalId: servicePrincipalOf(item['scope']),
    key: KEY.exec(textOf(item['descriptionForAdmins']))?.[1] ?? null,
    autoApply: settings['autoApplyDecisionsEnabled'] === true,
    stageCount: Array.isArray(stages) && stages.length > 0 ? stages.length : 1,
    recurs: recurs(settings['recurrence']),
    justificationRequired: settings['justificationRequiredOnApproval'] === true,
  };
};

/** One that happens once has no recurrence, or one with a single occurrence. */
const recurs = (recurrence: unknown): boolean => {
  if (!isRecord(recurrence)) return false;
  const range = isRecord(recurrence['range']) ? recurrence['range'] : {};
  return !(range['type'] === 'numbered' && range['numberOfOccurrences'] === 1);
};

const servicePrincipalOf = (scope: unknown): string | null => {
  if (!isRecord(scope) || !Array.isArray(scope['resourceScopes'])) return null;
  for (const one of scope['resourceScopes']) {
    const id = SERVICE_PRINCIPAL.exec(isRecord(one) ? textOf(one['query']) : '')?.[1];
    if (id !== undefined) return id.toLowerCase();
  }
  return null;
};

const roundOf = (item: Item): ReviewInstance => ({
  id: textOf(item['id']),
  status: textOf(item['status']).toLowerCase(),
  startsAt: textOf(item['startDateTime']),
  endsAt: textOf(item['endDateTime']),
});

const NOBODY = '00000000-0000-0000-0000-000000000000';

const personOf = (value: unknown): PersonRef | null => {
  if (!isRecord(value)) return null;
  const id = textOf(value['id']);
  if (id === '' || id === NOBODY) return null;
  return { id, displayName: textOf(value['displayName']), userPrincipalName: textOrNull(value['userPrincipalName']) };
};

const UNKNOWN: PersonRef = { id: '', displayName: '', userPrincipalName: null };

const decisionOf = (item: Item): ReviewDecision => ({
  id: textOf(item['id']),
  instanceId: textOf(item['accessReviewId']),
  decision: textOf(item['decision']) as DecisionKind,
  recommendation: textOf(item['recommendation']),
  justification: textOf(item['justification']),
  principal: personOf(item['principal']) ?? UNKNOWN,
  reviewedBy: personOf(item['reviewedBy']),
  reviewedAt: textOrNull(item['reviewedDateTime']),
  appliedAt: textOrNull(item['appliedDateTime']),
  applyResult: textOf(item['applyResult']) as ApplyResult,
});

/**
 * A review's definition as the directory takes it.
 *
 * Source: https://learn.microsoft.com/graph/api/accessreviewset-post-definitions
 */
export const definitionBody = (order: ReviewOrder): unknown => {
  const [first, ...more] = order.stages;
  return {
    displayName: order.displayName,
    descriptionForAdmins: `${order.forAdministrators} [rollcall ${order.key}]`,
    descriptionForReviewers: order.forReviewers,
    scope: {
      '@odata.type': '#microsoft.graph.principalResourceMembershipsScope',
      principalScopes: [query('/users', '#microsoft.graph.accessReviewQueryScope')],
      resourceScopes: [
        query(`/servicePrincipals/${order.servicePrincipalId}`, '#microsoft.graph.accessReviewQueryScope'),
      ],
    },
    ...(more.length === 0
      ? { reviewers: first!.reviewers.map(reviewerBody), fallbackReviewers: first!.fallback.map(reviewerBody) }
      : { stageSettings: order.stages.map((stage, index) => stageBody(order, stage, index)) }),
    settings: {
      mailNotificationsEnabled: order.notifies,
      reminderNotificationsEnabled: order.reminds,
      justificationRequiredOnApproval: order.justificationRequired,
      recommendationsEnabled: order.recommends,
      defaultDecisionEnabled: order.default !== 'none',
      defaultDecision: DEFAULTS[order.default],
      autoApplyDecisionsEnabled: order.autoApply,
      instanceDurationInDays: order.stages.reduce((sum, { durationInDays }) => sum + durationInDays, 0),
      recurrence: recurrenceBody(order),
    },
  };
};

const DEFAULTS = { none: 'None', approve: 'Approve', deny: 'Deny', recommendation: 'Recommendation' } as const;

const query = (path: string, type?: string) => ({
  ...(type !== undefined && { '@odata.type': type }),
  query: path,
  queryType: 'MicrosoftGraph',
});

/** Source: https://learn.microsoft.com/graph/accessreviews-reviewers-concept */
const reviewerBody = (reviewer: Reviewer) => {
  switch (reviewer.kind) {
    case 'user':
      return query(`/users/${reviewer.id}`);
    case 'group':
      return query(`/groups/${reviewer.id}/transitiveMembers`);
    case 'manager':
      return { ...query('./manager'), queryRoot: 'decisions' };
    default:
      return reviewer satisfies never;
  }
};

const stageBody = (order: ReviewOrder, stage: ReviewOrder['stages'][number], index: number) => ({
  stageId: String(index + 1),
  dependsOn: index === 0 ? [] : [String(index)],
  durationInDays: stage.durationInDays,
  recommendationsEnabled: order.recommends,
  reviewers: stage.reviewers.map(reviewerBody),
  fallbackReviewers: stage.fallback.map(reviewerBody),
  ...(index < order.stages.length - 1 && { decisionsThatWillMoveToNextStage: stage.movesOn }),
});

const MONTHS = { monthly: 1, quarterly: 3, halfYearly: 6, yearly: 12 } as const;

/** Weekly or every so many months is all that reviews take. A review of one occurrence is one that happens once. */
const recurrenceBody = ({ recurrence, startsOn, ends }: ReviewOrder) => {
  const startDate = startsOn;
  if (recurrence === 'once')
    return {
      pattern: { type: 'weekly', interval: 1 },
      range: { type: 'numbered', numberOfOccurrences: 1, startDate },
    };
  const pattern =
    recurrence === 'weekly'
      ? { type: 'weekly', interval: 1 }
      : { type: 'absoluteMonthly', interval: MONTHS[recurrence], dayOfMonth: Number(startsOn.slice(8)) };
  if (ends === null) return { pattern, range: { type: 'noEnd', startDate } };
  const range =
    'on' in ends ? { type: 'endDate', endDate: ends.on } : { type: 'numbered', numberOfOccurrences: ends.after };
  return { pattern, range: { ...range, startDate } };
};
