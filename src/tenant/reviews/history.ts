// The history of reviews: ordered, made a while later, and downloaded as CSV without a token.
// Source: https://learn.microsoft.com/graph/api/resources/accessreviewhistorydefinition
import { stringify } from 'csv-stringify/sync';
import type { Database } from '../database.ts';
import { malformed } from '../errors.ts';
import { type GraphRequest, type GraphResponse, objectBody, placeOf, type Tenant } from '../request.ts';
import { callerOf } from './doer.ts';
import { type Item, itemsIn, resourceOf } from './items.ts';
import { HISTORIES, HISTORY_INSTANCES, listOptions, oneOf, pageOf } from './lists.ts';
import {
  addRecord,
  changeRecord,
  type Identity,
  type Kept,
  primaries,
  primary,
  readRecord,
  recordsOf,
  removeRecord,
} from './records.ts';
import { DAY_MS } from './schedule.ts';
import { isPlain, type Plain } from './scopes.ts';

const SET = 'identityGovernance/accessReviews/historyDefinitions';
const STEP_MS = 60_000;
const KEPT_MS = 30 * DAY_MS;
const DOWNLOADABLE_MS = DAY_MS;
/** By what a report knows each decision. */
const DECISIONS: Readonly<Record<string, Item['decision'] | undefined>> = {
  approve: 'Approve',
  deny: 'Deny',
  notReviewed: 'NotReviewed',
  dontKnow: 'DontKnow',
  // Every reviewer is told of a review.
  notNotified: undefined,
};
const PROPERTIES = [
  'displayName',
  'decisions',
  'reviewHistoryPeriodStartDateTime',
  'reviewHistoryPeriodEndDateTime',
  'scopes',
  '@odata.type',
];
const ALL = /^\/identityGovernance\/accessReviews\/definitions$/;
/** Reviews of other things than applications, of which there are none. */
const OTHERS =
  /^\/identityGovernance\/accessReviews\/definitions\?\$filter=contains\(scope\/(?:microsoft\.graph\.accessReviewQueryScope\/)?query, ?'[^']*'\)$/;

/** `POST …/historyDefinitions`. */
export const createHistory = (tenant: Tenant, request: GraphRequest): GraphResponse => {
  const body = objectBody(request);
  const unknown = Object.keys(body).find((name) => !PROPERTIES.includes(name));
  if (unknown === 'scheduleSettings') throw malformed("'scheduleSettings' is not supported.");
  if (unknown !== undefined)
    throw malformed(
      `The property '${unknown}' does not exist on type 'microsoft.graph.accessReviewHistoryDefinition'.`,
    );
  const { displayName, decisions, scopes } = body;
  if (typeof displayName !== 'string' || displayName === '') throw invalid('displayName');
  if (!Array.isArray(decisions) || decisions.length === 0 || decisions.some((one) => !Object.hasOwn(DECISIONS, one)))
    throw invalid('decisions');
  const [start, end] = [
    timeIn(body, 'reviewHistoryPeriodStartDateTime'),
    timeIn(body, 'reviewHistoryPeriodEndDateTime'),
  ];
  if (end <= start) throw invalid('reviewHistoryPeriodEndDateTime');
  if (!Array.isArray(scopes) || scopes.length === 0) throw invalid('scopes');
  for (const scope of scopes) checkScope(scope);
  const now = tenant.now();
  const id = crypto.randomUUID();
  const period = {
    reviewHistoryPeriodStartDateTime: iso(start),
    reviewHistoryPeriodEndDateTime: iso(end),
  };
  const history: Kept<'history'>['body'] = {
    id,
    displayName,
    ...period,
    decisions: decisions as readonly string[],
    status: 'requested',
    createdDateTime: iso(now),
    createdBy: callerOf(tenant, request),
    scopes,
    scheduleSettings: null,
  };
  tenant.db.transaction(() => {
    addRecord(tenant, 'history', { body: history, own: {}, due: now + STEP_MS });
    addRecord(tenant, 'historyInstance', {
      parent: id,
      own: {},
      body: {
        id: crypto.randomUUID(),
        ...period,
        status: 'requested',
        runDateTime: iso(now),
        fulfilledDateTime: null,
        expirationDateTime: iso(now + KEPT_MS),
        downloadUri: null,
      },
    });
  });
  return { status: 201, body: { '@odata.context': `${request.root}/$metadata#${SET}/$entity`, ...shaped(history) } };
};

const iso = (ms: number): string => new Date(ms).toISOString();

const invalid = (name: string) =>
  malformed(`Invalid value specified for property '${name}' of resource 'AccessReviewHistoryDefinition'.`);

const timeIn = (body: Plain, name: string): number => {
  const value = body[name];
  const time = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) throw invalid(name);
  return time;
};

const checkScope = (scope: unknown): void => {
  const { '@odata.type': type, queryType, query } = isPlain(scope) ? scope : {};
  const isKnown = ALL.test(String(query)) || OTHERS.test(String(query));
  if (type !== '#microsoft.graph.accessReviewQueryScope' || queryType !== 'MicrosoftGraph' || !isKnown)
    throw invalid('scopes');
};

const shaped = (body: Kept<'history'>['body']): Plain => ({
  ...body,
  createdBy: { '@odata.type': '#microsoft.graph.userIdentity', ...body.createdBy },
});

/** `GET …/historyDefinitions`. */
export const listHistories = (tenant: Tenant, request: GraphRequest): GraphResponse => {
  const options = listOptions(HISTORIES, request);
  const { skipToken } = options;
  const rows = recordsOf(tenant, 'history', '', skipToken === undefined ? 0 : placeOf(skipToken)).map(
    ({ n, body }) => ({
      place: n,
      shown: shaped(body),
    }),
  );
  return pageOf(request, SET, rows, options);
};

/** `GET …/historyDefinitions/{id}`. */
export const getHistory = (tenant: Tenant, request: GraphRequest, id: string): GraphResponse =>
  oneOf(HISTORIES, request, SET, shaped(readRecord(tenant, 'history', id).body));

const instancesSet = (history: string): string => `${SET}('${history}')/instances`;

/** `GET …/historyDefinitions/{id}/instances`. */
export const listHistoryInstances = (tenant: Tenant, request: GraphRequest, historyId: string): GraphResponse => {
  const { id } = readRecord(tenant, 'history', historyId);
  const rows = recordsOf(tenant, 'historyInstance', id).map(({ n, body }) => ({ place: n, shown: { ...body } }));
  return pageOf(request, instancesSet(id), rows, listOptions(HISTORY_INSTANCES, request));
};

const historyInstance = (tenant: Tenant, historyId: string, id: string): Kept<'historyInstance'> =>
  readRecord(tenant, 'historyInstance', id, readRecord(tenant, 'history', historyId).id);

/** `GET …/historyDefinitions/{id}/instances/{id}`. */
export const getHistoryInstance = (
  tenant: Tenant,
  request: GraphRequest,
  historyId: string,
  id: string,
): GraphResponse => {
  const { parent, body } = historyInstance(tenant, historyId, id);
  return oneOf(HISTORY_INSTANCES, request, instancesSet(parent), { ...body });
};

/** Where reports are downloaded, below the server's own address. */
export const DOWNLOADS = '/accessReviewHistory/';

/** `POST …/generateDownloadUri`: an address that is good for a day. */
export const generateDownloadUri = (
  tenant: Tenant,
  request: GraphRequest,
  historyId: string,
  id: string,
): GraphResponse => {
  const instance = historyInstance(tenant, historyId, id);
  if (instance.body.status !== 'done')
    throw malformed(`The history '${historyId}' cannot be downloaded: its status is '${instance.body.status}'.`);
  const token = crypto.randomUUID();
  const downloadUri = `${new URL(request.root).origin}${DOWNLOADS}${token}`;
  tenant.db.transaction(() => {
    tenant.db.run(
      'update review_reports set token = ?, expires = ? where history = ?',
      token,
      tenant.now() + DOWNLOADABLE_MS,
      instance.parent,
    );
    changeRecord(tenant, 'historyInstance', instance.id, { body: { downloadUri } });
  });
  return oneOf(HISTORY_INSTANCES, request, instancesSet(instance.parent), { ...instance.body, downloadUri });
};

/** The report at an address of {@link DOWNLOADS}; undefined where there is none, or none any more. */
export const downloadReport = (db: Database, path: string, now: number): string | undefined =>
  db.one<{ csv: string }>(
    'select csv from review_reports where token = ? and expires > ?',
    path.slice(DOWNLOADS.length),
    now,
  )?.csv;

/** The next thing that happens to a history by itself. */
export const settleHistory = (tenant: Tenant, id: string): void => {
  const history = primary(tenant, 'history', id)!;
  const [instance] = primaries(tenant, 'historyInstance', id);
  const { db } = tenant;
  const now = tenant.now();
  switch (history.body.status) {
    case 'requested':
      changeRecord(tenant, 'history', id, { body: { status: 'inprogress' }, due: now + STEP_MS });
      changeRecord(tenant, 'historyInstance', instance!.id, { body: { status: 'inprogress' } });
      return;
    case 'inprogress':
      db.run('insert into review_reports (history, csv) values (?, ?)', id, reportOf(tenant, history.body));
      changeRecord(tenant, 'history', id, { body: { status: 'done' }, due: now + KEPT_MS });
      changeRecord(tenant, 'historyInstance', instance!.id, {
        body: { status: 'done', fulfilledDateTime: iso(now), expirationDateTime: iso(now + KEPT_MS) },
      });
      return;
    default:
      db.run('delete from review_reports where history = ?', id);
      removeRecord(tenant, instance!.id);
      removeRecord(tenant, id);
  }
};

/** One line for each decision of an instance that ran in the period. */
const reportOf = (tenant: Tenant, history: Kept<'history'>['body']): string => {
  const wanted = new Set(history.decisions.map((name) => DECISIONS[name]));
  const isAll = history.scopes.some((scope) => ALL.test(String((scope as Plain)['query'])));
  const lines: Plain[] = [];
  for (const definition of isAll ? primaries(tenant, 'definition', '') : []) {
    for (const instance of primaries(tenant, 'instance', definition.id)) {
      const { startDateTime, endDateTime } = instance.body;
      if (startDateTime > history.reviewHistoryPeriodEndDateTime) continue;
      if (endDateTime < history.reviewHistoryPeriodStartDateTime) continue;
      for (const item of itemsIn(tenant, { instance: instance.id }))
        if (wanted.has(item.decision)) lines.push(lineOf(definition, instance, item));
    }
  }
  return stringify(lines, { header: true, columns: [...COLUMNS], bom: true });
};

const COLUMNS = [
  'AccessReviewId',
  'AccessReviewSeriesId',
  'ReviewType',
  'ResourceDisplayName',
  'ResourceId',
  'ReviewName',
  'CreatedDateTime',
  'ReviewStartDate',
  'ReviewEndDate',
  'ReviewStatus',
  'OwnerId',
  'OwnerName',
  'OwnerUPN',
  'PrincipalId',
  'PrincipalName',
  'PrincipalUPN',
  'PrincipalType',
  'ReviewDate',
  'ReviewResult',
  'Justification',
  'ReviewerId',
  'ReviewerName',
  'ReviewerUPN',
  'ReviewerEmailAddress',
  'AppliedByName',
  'AppliedByUPN',
  'AppliedByEmailAddress',
  'AppliedDate',
  'AccessRecommendation',
  'SubmissionResult',
] as const;

const lineOf = (
  { body: definition }: Kept<'definition'>,
  instance: Kept<'instance'>,
  item: Item,
): Readonly<Record<(typeof COLUMNS)[number], string | null>> => {
  const resource = resourceOf(instance);
  const [reviewer, applier] = [item.reviewed_by, item.applied_by].map(
    (json): Partial<Identity> => (json === null ? {} : JSON.parse(json)),
  ) as [Partial<Identity>, Partial<Identity>];
  const { createdBy } = definition;
  return {
    AccessReviewId: instance.id,
    AccessReviewSeriesId: definition.id,
    ReviewType: 'ServicePrincipal',
    ResourceDisplayName: resource.displayName,
    ResourceId: resource.id,
    ReviewName: definition.displayName,
    CreatedDateTime: definition.createdDateTime,
    ReviewStartDate: instance.body.startDateTime,
    ReviewEndDate: instance.body.endDateTime,
    ReviewStatus: instance.body.status,
    OwnerId: createdBy.id,
    OwnerName: createdBy.displayName,
    OwnerUPN: createdBy.userPrincipalName,
    PrincipalId: item.principal,
    PrincipalName: item.name,
    PrincipalUPN: item.upn,
    PrincipalType: 'User',
    ReviewDate: item.reviewed_at,
    ReviewResult: item.decision,
    Justification: item.justification,
    ReviewerId: reviewer.id ?? null,
    ReviewerName: reviewer.displayName ?? null,
    ReviewerUPN: reviewer.userPrincipalName ?? null,
    ReviewerEmailAddress: reviewer.userPrincipalName ?? null,
    AppliedByName: applier.displayName ?? null,
    AppliedByUPN: applier.userPrincipalName ?? null,
    AppliedByEmailAddress: applier.userPrincipalName ?? null,
    AppliedDate: item.applied_at,
    AccessRecommendation: item.recommendation,
    SubmissionResult: item.apply_result,
  };
};
