// $expand: what an object is related to, shown with it. Source: https://learn.microsoft.com/graph/query-parameters#expand

import { picked } from './applications.ts';
import { firstAssignments } from './assignments.ts';
import { authorise } from './authorise.ts';
import { checkSelected, shapedAny } from './directory-objects.ts';
import { badRequest, malformed, unsupportedQuery } from './errors.ts';
import { ASSIGNED } from './object-kinds.ts';
import { unknownProperty } from './query-options.ts';
import { LISTED, managerIn, relatedTo } from './relations.ts';
import { type GraphRequest, type GraphResponse, nextLink, type Tenant } from './request.ts';

type Plain = Readonly<Record<string, unknown>>;

/** An expanded list shows no more than these; the rest is read from the relation's own address. */
const MOST_SHOWN = 20;

/** The relations of a set's objects that can be expanded. */
const EXPANDABLE: Readonly<Record<string, readonly string[]>> = {
  users: ['manager', 'directReports', 'memberOf', 'transitiveMemberOf', 'ownedObjects', 'appRoleAssignments'],
  groups: ['members', 'transitiveMembers', 'owners', 'memberOf', 'transitiveMemberOf', 'appRoleAssignments'],
  applications: ['owners'],
  servicePrincipals: [
    'owners',
    'ownedObjects',
    'memberOf',
    'transitiveMemberOf',
    'appRoleAssignedTo',
    'appRoleAssignments',
  ],
};

interface Expansion {
  readonly relation: string;
  readonly select: readonly string[] | undefined;
}

type Rule<Rest extends readonly unknown[]> = (tenant: Tenant, request: GraphRequest, ...rest: Rest) => GraphResponse;

/** A rule that answers with objects of a set, and what one relation of each holds if the request asks for it. */
export const expanding =
  <Rest extends readonly unknown[]>(set: string, rule: Rule<Rest>): Rule<Rest> =>
  (tenant, request, ...rest) => {
    const parts = request.query.split('&').filter((part) => part !== '');
    const asked = parts.find((part) => isOption(part, 'expand'));
    if (asked === undefined) return rule(tenant, request, ...rest);
    const expansion = expansionOf(set, optionValue(asked));
    if (request.headers['consistencylevel']?.toLowerCase() === 'eventual')
      throw unsupportedQuery('$expand is not supported in advanced queries.');
    // Whoever sees a relation here could read it at its own address.
    authorise(tenant, request, { name: `GET /${set}/{id}/${expansion.relation}`, keys: [] });
    const selected = parts.find((part) => isOption(part, 'select'));
    const select = selected === undefined ? undefined : namesIn(optionValue(selected));
    // The object's id is needed to find what it is related to, whether it is shown or not.
    const inner = parts
      .filter((part) => part !== asked)
      .map((part) => (part === selected ? `$select=${[...new Set([...select!, 'id'])].join(',')}` : part));
    const response = rule(tenant, { ...request, query: inner.join('&') }, ...rest);
    return { ...response, body: expanded(tenant, request, set, expansion, select, response.body as Plain) };
  };

const isOption = (part: string, name: string): boolean => new RegExp(`^(?:\\$|%24)${name}=`, 'i').test(part);

const optionValue = (part: string): string => {
  try {
    return decodeURIComponent(part.slice(part.indexOf('=') + 1).replaceAll('+', ' '));
  } catch {
    throw badRequest('The request URI is malformed: it contains an invalid percent-encoding.');
  }
};

const namesIn = (list: string): readonly string[] =>
  list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

/** `manager`, or `manager($select=id,displayName)`. */
const EXPANSION = /^\s*(\w+)\s*(?:\(\s*\$select\s*=\s*([\w\s,]+)\))?\s*$/;

const expansionOf = (set: string, text: string): Expansion => {
  const [, relation, list] = EXPANSION.exec(text) ?? [];
  if (relation === undefined)
    throw malformed(`Parsing OData Select and Expand failed: '${text.slice(0, 100)}' cannot be expanded.`);
  if (!EXPANDABLE[set]!.includes(relation)) throw unknownProperty(relation, `microsoft.graph.${set.replace(/s$/, '')}`);
  const select = list === undefined ? undefined : namesIn(list);
  if (!isAssignments(relation)) checkSelected(select);
  const unknown = isAssignments(relation) ? select?.find((name) => !ASSIGNED.properties.includes(name)) : undefined;
  if (unknown !== undefined) throw unknownProperty(unknown, ASSIGNED.edmName);
  return { relation, select };
};

const isAssignments = (relation: string): boolean =>
  relation === 'appRoleAssignments' || relation === 'appRoleAssignedTo';

const expanded = (
  tenant: Tenant,
  request: GraphRequest,
  set: string,
  expansion: Expansion,
  select: readonly string[] | undefined,
  body: Plain,
): Plain => {
  const { relation } = expansion;
  const complete = ({ id, ...object }: Plain): Plain => ({
    ...((!select || select.includes('id')) && { id }),
    ...object,
    ...valueFor(tenant, expansion, String(id)),
  });
  const list = body['value'];
  const { '@odata.context': _context, '@odata.nextLink': link, value: _value, ...rest } = body;
  const names = [...(select ?? []), `${relation}(${expansion.select?.join(',') ?? ''})`].join(',');
  const context = {
    '@odata.context': `${request.root}/$metadata#${set}(${names})${Array.isArray(list) ? '' : '/$entity'}`,
  };
  if (!Array.isArray(list)) return { ...context, ...complete(rest) };
  const token = typeof link === 'string' ? /\$skiptoken=([^&]+)$/.exec(link)?.[1] : undefined;
  return {
    ...context,
    ...rest,
    ...(token !== undefined && { '@odata.nextLink': nextLink(request, token) }),
    value: list.map(complete),
  };
};

/** The expanded property; absent where a user has no manager. */
const valueFor = (tenant: Tenant, { relation, select }: Expansion, id: string): Plain => {
  if (relation === 'manager') {
    const manager = managerIn(tenant, id);
    return manager ? { manager: shapedAny(manager, select) } : {};
  }
  if (isAssignments(relation)) {
    const side = relation === 'appRoleAssignedTo' ? 'resource' : 'principal';
    const rows = firstAssignments(tenant, { kind: side, id, set: relation }, MOST_SHOWN);
    return { [relation]: rows.map((row) => picked(row, ASSIGNED, select)) };
  }
  const shown: Plain[] = [];
  for (const { one } of relatedTo(tenant, LISTED[relation as keyof typeof LISTED], id)) {
    shown.push(shapedAny(one, select));
    if (shown.length === MOST_SHOWN) break;
  }
  return { [relation]: shown };
};
