// What can be asked about objects of whatever kind: one by id, many by their ids, in which groups one is.
import { checkSelected, type DirectoryObject, readAny, shapedAny, visibleAny } from './directory-objects.ts';
import { badRequest } from './errors.ts';
import { queryOptions, refuseExpand } from './query-options.ts';
import { LISTED, relatedTo } from './relations.ts';
import { type GraphRequest, type GraphResponse, objectBody, type Tenant } from './request.ts';

const MOST_IDS = 1000;
const MOST_GROUPS = 20;

/** `GET /directoryObjects/{id}`. */
export const getAny = (tenant: Tenant, request: GraphRequest, id: string): GraphResponse => {
  const select = selectOf(request);
  const names = select ? `(${select.join(',')})` : '';
  const context = `${request.root}/$metadata#directoryObjects${names}/$entity`;
  return { status: 200, body: { '@odata.context': context, ...shapedAny(readAny(tenant, id), select) } };
};

const selectOf = ({ query, headers }: GraphRequest): readonly string[] | undefined => {
  const { select, expand } = queryOptions(query, headers);
  refuseExpand(expand);
  checkSelected(select);
  return select;
};

/** `POST /directoryObjects/getByIds`: unknown ids are left out, and what is found has no order. */
export const getByIds = (tenant: Tenant, request: GraphRequest): GraphResponse => {
  const select = selectOf(request);
  const body = objectBody(request);
  const ids = new Set(texts(body, 'ids', MOST_IDS).map((id) => id.toLowerCase()));
  const types =
    body['types'] === undefined || body['types'] === null ? [] : texts(body, 'types', Number.POSITIVE_INFINITY);
  const wanted = new Set(types.map((type) => type.toLowerCase()));
  const isWanted = (type: string): boolean =>
    wanted.size === 0 || wanted.has('directoryobject') || wanted.has(type.toLowerCase());
  const value = [...ids].flatMap((id) => {
    const found = visibleAny(tenant, id);
    return found && isWanted(found.type) ? [shapedAny(found, select)] : [];
  });
  const names = select ? `(${select.join(',')})` : '';
  return { status: 200, body: { '@odata.context': `${request.root}/$metadata#directoryObjects${names}`, value } };
};

const texts = (body: Readonly<Record<string, unknown>>, name: string, most: number): readonly string[] => {
  const given = body[name];
  if (!Array.isArray(given) || given.some((text) => typeof text !== 'string'))
    throw badRequest(`Invalid value specified for property '${name}'.`);
  if (given.length > most)
    throw badRequest(`Too many values specified for property '${name}': ${given.length}. Max allowed: ${most}.`);
  return given;
};

/** `POST …/getMemberGroups`: all groups that an object is in, through others too. */
export const getMemberGroups = (tenant: Tenant, request: GraphRequest, { object }: DirectoryObject): GraphResponse => {
  const { securityEnabledOnly } = objectBody(request);
  const isWanted = ({ object: group }: DirectoryObject): boolean =>
    !securityEnabledOnly || group['securityEnabled'] === true;
  return idsAnswer(request, groupsOf(tenant, object.id).filter(isWanted));
};

/** `POST …/checkMemberGroups`: those of the groups named that an object is in. */
export const checkMemberGroups = (
  tenant: Tenant,
  request: GraphRequest,
  { object }: DirectoryObject,
): GraphResponse => {
  const asked = new Set(texts(objectBody(request), 'groupIds', MOST_GROUPS).map((id) => id.toLowerCase()));
  return idsAnswer(
    request,
    groupsOf(tenant, object.id).filter(({ object: { id } }) => asked.has(id)),
  );
};

const groupsOf = (tenant: Tenant, id: string): readonly DirectoryObject[] =>
  [...relatedTo(tenant, LISTED.transitiveMemberOf, id)].map(({ one }) => one);

const idsAnswer = ({ root }: GraphRequest, groups: readonly DirectoryObject[]): GraphResponse => ({
  status: 200,
  body: { '@odata.context': `${root}/$metadata#Collection(Edm.String)`, value: groups.map(({ object }) => object.id) },
});
