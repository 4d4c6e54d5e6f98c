// Instances of a review and their stages: looked at, changed, stopped, reminded of, applied.
// Source: https://learn.microsoft.com/graph/api/resources/accessreviewinstance
import { malformed } from '../errors.ts';
import type { Filter } from '../filter.ts';
import { matches } from '../object-filter.ts';
import { type GraphRequest, type GraphResponse, objectBody, placeOf, type Tenant } from '../request.ts';
import { checkReviewer, DEFINITIONS_SET, RUNNING } from './definitions.ts';
import { auditReview, callerOf, reviewTarget, signedIn } from './doer.ts';
import { CONTACTED, INSTANCES, listOptions, oneOf, pageOf, STAGES } from './lists.ts';
import { contact, noteReviewers } from './population.ts';
import { endInstance, endStage, startApplying } from './progress.ts';
import { changeRecord, forWrite, type Kept, primaries, readRecord, recordsOf } from './records.ts';
import { readReviewers } from './scopes.ts';

/** An instance with its definition, as an address names them. */
export interface Addressed {
  readonly definition: Kept<'definition'>;
  readonly instance: Kept<'instance'>;
  /** What contexts call what is below the instance. */
  readonly set: string;
}

export const addressed = (
  tenant: Tenant,
  { method }: Pick<GraphRequest, 'method'>,
  definitionId: string,
  instanceId: string,
): Addressed => {
  const read = method === 'GET' ? readRecord : forWrite;
  const definition = read(tenant, 'definition', definitionId);
  const instance = read(tenant, 'instance', instanceId, definition.id);
  return { definition, instance, set: `${instancesSet(definition.id)}('${instance.id}')` };
};

const instancesSet = (definition: string): string => `${DEFINITIONS_SET}('${definition}')/instances`;

const wanted =
  (filter: Filter | undefined) =>
  ({ body }: { readonly body: object }): boolean =>
    !filter || matches(filter, body as Readonly<Record<string, unknown>>);

/** `GET …/instances`. */
export const listInstances = (tenant: Tenant, request: GraphRequest, definitionId: string): GraphResponse =>
  list(tenant, request, definitionId, () => true);

/** `GET …/instances/filterByCurrentUser(on='reviewer')`: those that the signed-in user has been asked to review. */
export const listOwnInstances = (tenant: Tenant, request: GraphRequest, definitionId: string): GraphResponse => {
  const { id } = signedIn(tenant, request);
  return list(tenant, request, definitionId, (instance) => isAsked(tenant, instance, id));
};

/** Whether somebody has been asked to review an instance. */
export const isAsked = ({ db }: Tenant, instance: string, person: string): boolean =>
  db.one('select 1 from review_contacted where instance = ? and reviewer = ?', instance, person) !== undefined;

const list = (
  tenant: Tenant,
  request: GraphRequest,
  definitionId: string,
  isWanted: (id: string) => boolean,
): GraphResponse => {
  const { id } = readRecord(tenant, 'definition', definitionId);
  const options = listOptions(INSTANCES, request);
  const { filter, skipToken } = options;
  const rows = recordsOf(tenant, 'instance', id, skipToken === undefined ? 0 : placeOf(skipToken))
    .filter(wanted(filter))
    .filter((instance) => isWanted(instance.id))
    .map(({ n, body }) => ({ place: n, shown: { ...body } }));
  return pageOf(request, instancesSet(id), rows, options);
};

/** `GET …/instances/{id}`. */
export const getInstance = (
  _tenant: Tenant,
  request: GraphRequest,
  { definition, instance }: Addressed,
): GraphResponse => oneOf(INSTANCES, request, instancesSet(definition.id), { ...instance.body });

/** `PATCH …/instances/{id}`: other persons review, from now on. */
export const updateInstance = (
  tenant: Tenant,
  request: GraphRequest,
  { definition, instance }: Addressed,
): GraphResponse => {
  const body = objectBody(request);
  const [first] = primaries(tenant, 'stage', instance.id);
  if (!first?.own.isOnly) throw malformed('The reviewers of an access review with stages belong to its stages.');
  if (instance.body.status !== 'NotStarted') checkRunning(instance);
  const changes: { reviewers?: readonly unknown[]; fallbackReviewers?: readonly unknown[] } = {};
  for (const [name, value] of Object.entries(body)) {
    if (name === '@odata.type') continue;
    if (name !== 'reviewers' && name !== 'fallbackReviewers')
      throw malformed(`Property '${name}' of resource 'AccessReviewInstance' cannot be changed.`);
    const [before, after] = [readReviewers(instance.body[name], name), readReviewers(value, name)];
    if ([...before, ...after].some(({ kind }) => kind !== 'user') || (before.length === 0) !== (after.length === 0))
      throw malformed(`Of the '${name}' of an access review only individual users can be changed.`);
    for (const reviewer of after) checkReviewer(tenant, reviewer);
    changes[name] = value as readonly unknown[];
  }
  tenant.db.transaction(() => {
    changeRecord(tenant, 'instance', instance.id, { body: changes });
    changeRecord(tenant, 'stage', first.id, { body: changes });
    if (instance.body.status === 'InProgress') {
      for (const [name, isFallback] of [
        ['reviewers', false],
        ['fallbackReviewers', true],
      ] as const) {
        const people =
          changes[name] && readReviewers(changes[name], name).flatMap((one) => ('id' in one ? [one.id] : []));
        if (people) noteReviewers(tenant, first.id, isFallback, people);
      }
      contact(tenant, instance.id, first.id);
    }
    auditReview(tenant, request, 'Update access review', [reviewTarget(definition.body)]);
  });
  return { status: 204 };
};

/** Throws Graph's 400 where an instance is not open to its reviewers. */
export const checkRunning = ({ id, body }: Kept<'instance'>): void => {
  if (body.status === 'InProgress') return;
  throw malformed(`The access review instance '${id}' is not in progress: its status is '${body.status}'.`);
};

/** `POST …/stop`: it ends now, and cannot be begun again. */
export const stopInstance = (
  tenant: Tenant,
  request: GraphRequest,
  { definition, instance }: Addressed,
): GraphResponse => {
  if (!RUNNING.includes(instance.body.status)) checkRunning(instance);
  tenant.db.transaction(() => {
    endInstance(tenant, instance, definition);
    auditReview(tenant, request, 'Update access review', [reviewTarget(definition.body)]);
  });
  return { status: 204 };
};

/** `POST …/sendReminder`. There is no mail here that could be seen. */
export const remind = (_tenant: Tenant, _request: GraphRequest, { instance }: Addressed): GraphResponse => {
  checkRunning(instance);
  return { status: 204 };
};

/** `POST …/applyDecisions`: once it has ended, and not by itself. */
export const applyDecisions = (tenant: Tenant, request: GraphRequest, { instance }: Addressed): GraphResponse => {
  const { status } = instance.body;
  if (status !== 'Completed' && status !== 'AutoReviewed')
    throw malformed(
      `The decisions of the access review instance '${instance.id}' cannot be applied: its status is '${status}'.`,
    );
  tenant.db.transaction(() => {
    changeRecord(tenant, 'instance', instance.id, { own: { appliedBy: callerOf(tenant, request) } });
    startApplying(tenant, instance);
  });
  return { status: 204 };
};

interface Contacted {
  readonly n: number;
  readonly reviewer: string;
  readonly name: string | null;
  readonly upn: string | null;
  readonly created: string;
}

const shapedReviewer = ({ reviewer, name, upn, created }: Contacted) => ({
  id: reviewer,
  displayName: name,
  userPrincipalName: upn,
  createdDateTime: created,
});

/** `GET …/contactedReviewers`. */
export const listContacted = (tenant: Tenant, request: GraphRequest, { instance, set }: Addressed): GraphResponse => {
  const options = listOptions(CONTACTED, request);
  const { skipToken, size } = options;
  const rows = tenant.db.all<Contacted>(
    'select * from review_contacted where instance = ? and n > ? order by n limit ?',
    instance.id,
    skipToken === undefined ? 0 : placeOf(skipToken),
    size + 1,
  );
  const shown = rows.map((row) => ({ place: row.n, shown: shapedReviewer(row) }));
  return pageOf(request, `${set}/contactedReviewers`, shown, options);
};

/** The stages that a review shows: one without stages shows none. */
export const stageOf = (tenant: Tenant, { instance }: Addressed, id: string): Kept<'stage'> => {
  const stage = readRecord(tenant, 'stage', id, instance.id);
  return stage.own.isOnly ? readRecord(tenant, 'stage', id, 'none') : stage;
};

/** `GET …/stages`; `person` sees those that they are to review. */
export const listStages = (
  tenant: Tenant,
  request: GraphRequest,
  { instance, set }: Addressed,
  person?: string,
): GraphResponse => {
  const options = listOptions(STAGES, request);
  const rows = recordsOf(tenant, 'stage', instance.id)
    .filter(wanted(options.filter))
    .filter(({ id, own }) => !own.isOnly && (person === undefined || isReviewing(tenant, id, person)))
    .map(({ n, body }) => ({ place: n, shown: { ...body } }));
  return pageOf(request, `${set}/stages`, rows, options);
};

const isReviewing = ({ db }: Tenant, stage: string, person: string): boolean =>
  db.one('select 1 from review_reviewers where stage = ? and reviewer = ?', stage, person) !== undefined ||
  db.one('select 1 from review_items where stage = ? and is_reached = 1 and own_reviewer = ?', stage, person) !==
    undefined;

/** `GET …/stages/{id}`. */
export const getStage = (tenant: Tenant, request: GraphRequest, of: Addressed, id: string): GraphResponse =>
  oneOf(STAGES, request, `${of.set}/stages`, { ...stageOf(tenant, of, id).body });

/** `POST …/stages/{id}/stop`: the next begins. */
export const stopStage = (tenant: Tenant, request: GraphRequest, of: Addressed, id: string): GraphResponse => {
  const { body } = forWrite(tenant, 'stage', stageOf(tenant, of, id).id, of.instance.id);
  if (body.status !== 'InProgress')
    throw malformed(`The stage '${id}' is not in progress: its status is '${body.status}'.`);
  tenant.db.transaction(() => {
    endStage(tenant, of.instance, of.definition);
    auditReview(tenant, request, 'Update access review', [reviewTarget(of.definition.body)]);
  });
  return { status: 204 };
};
