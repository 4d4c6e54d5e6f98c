// Series of access reviews: created, listed, replaced, stopped, deleted.
// Source: https://learn.microsoft.com/graph/api/resources/accessreviewscheduledefinition
import { readAny } from '../directory-objects.ts';
import { GraphError, malformed } from '../errors.ts';
import { matches } from '../object-filter.ts';
import { readObject } from '../objects.ts';
import { hasLicence } from '../organization.ts';
import { type GraphRequest, type GraphResponse, objectBody, placeOf, type Tenant } from '../request.ts';
import { auditReview, callerOf, reviewTarget, signedIn } from './doer.ts';
import { DEFINITIONS, listOptions, oneOf, pageOf } from './lists.ts';
import { endInstance, scheduleFirst, showStatus } from './progress.ts';
import {
  addRecord,
  changeRecord,
  countRecords,
  forWrite,
  type Kept,
  newest,
  primaries,
  readRecord,
  recordsOf,
  removeRecord,
} from './records.ts';
import { type Checked, checkDefinition, checkReplacement } from './rules.ts';
import { DAY_MS, firstFrom } from './schedule.ts';
import { type Plain, readReviewers, type Scope } from './scopes.ts';

export const DEFINITIONS_SET = 'identityGovernance/accessReviews/definitions';

/** Marks an application as one of the enterprise's, which alone can be reviewed. */
const INTEGRATED = 'WindowsAzureActiveDirectoryIntegratedApp';

/** `POST …/definitions`. */
export const createDefinition = (tenant: Tenant, request: GraphRequest): GraphResponse => {
  if (!hasLicence(tenant)) throw unlicensed();
  const { checked, scope } = checkDefinition(objectBody(request), true);
  checkApplication(tenant, scope);
  checkPeople(tenant, checked);
  const now = new Date(tenant.now()).toISOString();
  const body: Kept<'definition'>['body'] = {
    id: crypto.randomUUID(),
    status: 'NotStarted',
    createdBy: callerOf(tenant, request),
    createdDateTime: now,
    lastModifiedDateTime: now,
    ...checked,
  };
  tenant.db.transaction(() => {
    addRecord(tenant, 'definition', { body, own: { isStopped: false } });
    const definition = { n: 0, id: body.id, parent: '', body, own: { isStopped: false } };
    if (!scheduleFirst(tenant, definition, tenant.now())) throw noneToCome();
    auditReview(tenant, request, 'Create access review', [reviewTarget(body)]);
  });
  return {
    status: 201,
    body: { '@odata.context': `${request.root}/$metadata#${DEFINITIONS_SET}/$entity`, ...shaped(body) },
  };
};

/** Source: https://learn.microsoft.com/entra/id-governance/licensing-fundamentals */
const unlicensed = (): GraphError =>
  new GraphError(
    403,
    'Forbidden',
    'The tenant needs a Microsoft Entra ID P2 or Microsoft Entra ID Governance license.',
  );

const noneToCome = (): GraphError =>
  malformed('The recurrence of the access review has no occurrence that is still to come.');

/** An application can be reviewed only where users must be assigned to it, and where it is one of the enterprise's. */
const checkApplication = (tenant: Tenant, { servicePrincipal }: Scope): void => {
  const found = readObject(tenant, 'servicePrincipal', { property: 'id', value: servicePrincipal });
  if (found['appRoleAssignmentRequired'] !== true)
    throw malformed(`The application '${servicePrincipal}' cannot be reviewed: it does not require user assignment.`);
  if (!(found['tags'] as readonly string[] | undefined)?.includes(INTEGRATED))
    throw malformed(`The application '${servicePrincipal}' cannot be reviewed: it lacks the tag ${INTEGRATED}.`);
};

/** Reviewers, and the groups that they come from, are in the directory. */
const checkPeople = (tenant: Tenant, { reviewers, fallbackReviewers, stageSettings }: Checked): void => {
  const scopes = [
    reviewers,
    fallbackReviewers,
    ...stageSettings.flatMap((stage) => [stage.reviewers, stage.fallbackReviewers]),
  ];
  for (const one of scopes.flatMap((list) => readReviewers(list, 'reviewers'))) checkReviewer(tenant, one);
};

export const checkReviewer = (tenant: Tenant, reviewer: ReturnType<typeof readReviewers>[number]): void => {
  if (reviewer.kind === 'manager') return;
  const { type } = readAny(tenant, reviewer.id);
  if (type !== (reviewer.kind === 'user' ? 'user' : 'group'))
    throw malformed(`The reviewer '${reviewer.id}' is a ${type}, and not what its query says.`);
};

const shaped = (body: Kept<'definition'>['body']): Plain => ({
  ...body,
  createdBy: { '@odata.type': '#microsoft.graph.userIdentity', ...body.createdBy },
});

/** `GET …/definitions`. */
export const listDefinitions = (tenant: Tenant, request: GraphRequest): GraphResponse =>
  list(tenant, request, () => true);

/** `GET …/definitions/filterByCurrentUser(on='reviewer')`: those that the signed-in user has been asked to review. */
export const listOwnDefinitions = (tenant: Tenant, request: GraphRequest): GraphResponse => {
  const { id } = signedIn(tenant, request);
  const asked = tenant.db.all<{ parent: string }>(
    'select distinct parent from review_objects where id in (select instance from review_contacted where reviewer = ?)',
    id,
  );
  const ids = new Set(asked.map(({ parent }) => parent));
  return list(tenant, request, (definition) => ids.has(definition));
};

const list = (tenant: Tenant, request: GraphRequest, isWanted: (id: string) => boolean): GraphResponse => {
  const options = listOptions(DEFINITIONS, request);
  const { filter, skipToken } = options;
  const rows = recordsOf(tenant, 'definition', '', skipToken === undefined ? 0 : placeOf(skipToken))
    .filter(({ id, body }) => isWanted(id) && (!filter || matches(filter, { ...body })))
    .map(({ n, body }) => ({ place: n, shown: shaped(body) }));
  return pageOf(request, DEFINITIONS_SET, rows, options);
};

/** `GET …/definitions/{id}`. */
export const getDefinition = (tenant: Tenant, request: GraphRequest, id: string): GraphResponse =>
  oneOf(DEFINITIONS, request, DEFINITIONS_SET, shaped(readRecord(tenant, 'definition', id).body));

/** `PUT …/definitions/{id}`: the whole, and what is left out is gone. It counts for instances that have not begun. */
export const replaceDefinition = (tenant: Tenant, request: GraphRequest, id: string): GraphResponse => {
  const before = forWrite(tenant, 'definition', id);
  const { checked } = checkDefinition(objectBody(request), false);
  checkReplacement(before.body, checked);
  checkPeople(tenant, checked);
  tenant.db.transaction(() => {
    const body = { ...before.body, ...checked, lastModifiedDateTime: new Date(tenant.now()).toISOString() };
    changeRecord(tenant, 'definition', before.id, { body });
    reschedule(tenant, { ...before, body });
    auditReview(tenant, request, 'Update access review', [reviewTarget(body)]);
  });
  return { status: 204 };
};

/** Plans the instance that is to come anew, if one is. */
const reschedule = (tenant: Tenant, definition: Kept<'definition'>): void => {
  const coming = dropComing(tenant, definition);
  const { recurrence } = definition.body.settings;
  const isOver = !coming && (!recurrence || firstFrom(recurrence, tenant.now()) === undefined);
  if (definition.own.isStopped || isOver) return;
  const isFirst = countRecords(tenant, 'instance', definition.id) === 0;
  // What has begun on a day does not begin again on it.
  const from = isFirst ? tenant.now() : Math.max(tenant.now(), lastStart(tenant, definition) + DAY_MS);
  const isPlanned = (recurrence || isFirst) && scheduleFirst(tenant, definition, from, coming);
  if (isFirst && !isPlanned) throw noneToCome();
  showStatus(tenant, definition.id);
};

const lastStart = (tenant: Tenant, { id }: Kept<'definition'>): number =>
  Date.parse(newest(tenant, 'instance', id)!.body.startDateTime);

/** Takes the instance away that has not begun; answers its id where there was one. */
const dropComing = (tenant: Tenant, { id }: Kept<'definition'>): string | undefined => {
  const last = newest(tenant, 'instance', id);
  if (last?.body.status !== 'NotStarted') return undefined;
  removeInstance(tenant, last.id);
  return last.id;
};

const removeInstance = (tenant: Tenant, id: string): void => {
  for (const stage of primaries(tenant, 'stage', id)) {
    tenant.db.run('delete from review_reviewers where stage = ?', stage.id);
    removeRecord(tenant, stage.id);
  }
  tenant.db.run('delete from review_items where instance = ?', id);
  tenant.db.run('delete from review_contacted where instance = ?', id);
  removeRecord(tenant, id);
};

/** `DELETE …/definitions/{id}`, with all its instances and decisions. */
export const deleteDefinition = (tenant: Tenant, request: GraphRequest, id: string): GraphResponse => {
  const definition = forWrite(tenant, 'definition', id);
  tenant.db.transaction(() => {
    for (const instance of primaries(tenant, 'instance', definition.id)) removeInstance(tenant, instance.id);
    removeRecord(tenant, definition.id);
    auditReview(tenant, request, 'Delete access review', [reviewTarget(definition.body)]);
  });
  return { status: 204 };
};

/** `POST …/definitions/{id}/stop`: no further instance, and what is under way ends. */
export const stopDefinition = (tenant: Tenant, request: GraphRequest, id: string): GraphResponse => {
  const definition = forWrite(tenant, 'definition', id);
  tenant.db.transaction(() => {
    changeRecord(tenant, 'definition', definition.id, { own: { isStopped: true } });
    dropComing(tenant, definition);
    for (const instance of primaries(tenant, 'instance', definition.id))
      if (RUNNING.includes(instance.body.status)) endInstance(tenant, instance, definition);
    showStatus(tenant, definition.id);
    auditReview(tenant, request, 'Update access review', [reviewTarget(definition.body)]);
  });
  return { status: 204 };
};

/** While an instance can be stopped. */
export const RUNNING: readonly string[] = ['Initializing', 'InProgress'];
