// Groups: created, changed, deleted. Source: https://learn.microsoft.com/graph/api/resources/group
import type { Key } from './addresses.ts';
import { created } from './applications.ts';
import { audit } from './audit.ts';
import type { DirectoryObject } from './directory-objects.ts';
import { badRequest, conflict, notFound } from './errors.ts';
import type { Relation } from './links.ts';
import { insertObject, primaryObject, removeObject, replaceObject, type Stored } from './objects.ts';
import { refuseBeyondQuota } from './quota.ts';
import { link, referenced } from './relations.ts';
import { type GraphRequest, type GraphResponse, objectBody, type Tenant } from './request.ts';
import { erase } from './soft-delete.ts';
import { missing } from './user-rules.ts';

type Body = Readonly<Record<string, unknown>>;

const REQUIRED = ['displayName', 'mailEnabled', 'mailNickname', 'securityEnabled'];
const NICKNAME_REFUSED = /[\s@()\\[\]";:<>,]|[^\x20-\x7e]/;
const VISIBILITIES = ['Public', 'Private', 'HiddenMembership'];
/** Linked in the request that makes or changes the group. */
const BOUND: Readonly<Record<string, Relation>> = { 'members@odata.bind': 'members', 'owners@odata.bind': 'owners' };
const MOST_BOUND = 20;

/** Whether a value may be given to a property. What is not here cannot be set. */
const CHECKS: Readonly<Record<string, (value: unknown) => boolean>> = {
  displayName: (value) => isText(value, 256) && value !== '',
  description: (value) => value === null || isText(value, 1024),
  mailNickname: (value) => isText(value, 64) && value !== '' && !NICKNAME_REFUSED.test(String(value)),
  mailEnabled: (value) => typeof value === 'boolean',
  securityEnabled: (value) => typeof value === 'boolean',
  groupTypes: (value) => Array.isArray(value) && value.every((type) => type === 'Unified'),
  visibility: (value) => VISIBILITIES.includes(String(value)),
  uniqueName: (value) => isText(value, 128) && value !== '',
};
const ONLY_AT_CREATION = new Set(['groupTypes', 'mailEnabled']);

const isText = (value: unknown, longest: number): boolean => typeof value === 'string' && value.length <= longest;

const isUnified = (group: Body): boolean => ((group['groupTypes'] ?? []) as readonly string[]).includes('Unified');

/** `POST /groups`, and an upsert by unique name that finds nothing. */
export const createGroup = (tenant: Tenant, request: GraphRequest, uniqueName?: string): GraphResponse => {
  const body: Body = { ...objectBody(request), ...(uniqueName !== undefined && { uniqueName }) };
  for (const property of REQUIRED) if ((body[property] ?? null) === null) throw missing(property, 'Group');
  const properties = checkedProperties(body, undefined);
  checkKind(properties);
  checkUnique(tenant, properties, undefined);
  refuseBeyondQuota(tenant);
  const id = crypto.randomUUID();
  const createdDateTime = `${new Date(tenant.now()).toISOString().slice(0, 19)}Z`;
  const mail = isUnified(properties) ? `${properties['mailNickname']}@${tenant.domains[0]}` : null;
  const group: Stored = {
    deletedDateTime: null,
    classification: null,
    createdDateTime,
    description: null,
    groupTypes: [],
    mail,
    membershipRule: null,
    onPremisesSyncEnabled: null,
    proxyAddresses: mail === null ? [] : [`SMTP:${mail}`],
    renewedDateTime: createdDateTime,
    securityIdentifier: securityIdentifier(id),
    uniqueName: null,
    visibility: mail === null ? null : 'Public',
    ...properties,
    id,
  };
  tenant.db.transaction(() => {
    insertObject(tenant, 'group', group);
    auditGroup(tenant, request, 'Add group', 'Add', group);
    bind(tenant, request, group, body);
  });
  return created(request, 'group', group);
};

/** `PATCH`; by the unique name and with `Prefer: create-if-missing` it creates what is not there. */
export const updateGroup = (tenant: Tenant, request: GraphRequest, key: Key): GraphResponse => {
  const before = primaryObject(tenant, 'group', key);
  if (!before) {
    const mayCreate = request.headers['prefer']?.toLowerCase().includes('create-if-missing') === true;
    if (key.property === 'uniqueName' && mayCreate) return createGroup(tenant, request, key.value);
    throw notFound(key.value);
  }
  const body = objectBody(request);
  const group: Stored = { ...before, ...checkedProperties(body, before) };
  checkKind(group);
  checkUnique(tenant, group, before);
  tenant.db.transaction(() => {
    replaceObject(tenant, group);
    auditGroup(tenant, request, 'Update group', 'Update', group);
    bind(tenant, request, group, body);
  });
  return { status: 204 };
};

/** `DELETE`: a Microsoft 365 group is kept for 30 days, a security group is gone for good. */
export const deleteGroup = (tenant: Tenant, request: GraphRequest, key: Key): GraphResponse => {
  const group = primaryObject(tenant, 'group', key);
  if (!group) throw notFound(key.value);
  tenant.db.transaction(() => {
    removeObject(tenant, 'group', group);
    if (!isUnified(group)) erase(tenant, group.id);
    auditGroup(tenant, request, 'Delete group', 'Delete', group);
  });
  return { status: 204 };
};

const checkedProperties = (body: Body, before: Stored | undefined): Record<string, unknown> => {
  const properties: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    if (name in BOUND || name === '@odata.type') continue;
    const isFixed =
      before && ((ONLY_AT_CREATION.has(name) && before[name] !== value) || isChangedName(before, name, value));
    if (!CHECKS[name] || isFixed) {
      throw badRequest(
        `Property '${name}' does not exist as a declared property, or cannot be set, on resource 'Group'.`,
      );
    }
    if (!CHECKS[name](value)) throw badRequest(`Invalid value specified for property '${name}' of resource 'Group'.`);
    properties[name] = value;
  }
  return properties;
};

const isChangedName = (before: Stored, name: string, value: unknown): boolean =>
  name === 'uniqueName' && before['uniqueName'] !== null && before['uniqueName'] !== value;

/** Through Graph a group is a security group, a Microsoft 365 group, or both; no other group gets mail. */
const checkKind = (group: Body): void => {
  if (group['mailEnabled'] === isUnified(group) && (group['mailEnabled'] || group['securityEnabled'])) return;
  throw badRequest(
    'The service does not currently support writes of mail-enabled groups. Please ensure that the mail-enablement property is unset and the security-enablement property is set.',
  );
};

const checkUnique = (tenant: Tenant, group: Body, before: Stored | undefined): void => {
  const { uniqueName, mailNickname } = group;
  const named =
    typeof uniqueName === 'string' && primaryObject(tenant, 'group', { property: 'uniqueName', value: uniqueName });
  if (named && named.id !== before?.id) throw conflict('uniqueName');
  if (!isUnified(group)) return;
  const taken = tenant.db.one(
    `select 1 from objects where kind = 'group' and id <> ? and lower(json_extract(body, '$.mailNickname')) = lower(?)
      and json_extract(body, '$.mailEnabled')`,
    before?.id ?? '',
    String(mailNickname),
  );
  if (taken) throw conflict('mailNickname');
};

const bind = (tenant: Tenant, request: GraphRequest, object: Stored, body: Body): void => {
  const group: DirectoryObject = { type: 'group', object };
  for (const [name, relation] of Object.entries(BOUND)) {
    const addresses = body[name];
    if (addresses === undefined) continue;
    if (!Array.isArray(addresses) || addresses.length > MOST_BOUND)
      throw badRequest(`Invalid value specified for property '${relation}' of resource 'Group'.`);
    link(
      tenant,
      request,
      group,
      relation,
      addresses.map((address) => referenced(tenant, address)),
    );
  }
};

/** A group's SID: its GUID as four numbers, each of four bytes in little-endian order. */
const securityIdentifier = (id: string): string => {
  const [a = '', b = '', c = '', ...rest] = id.split('-');
  const bytes = Buffer.concat([
    Buffer.from(a, 'hex').reverse(),
    Buffer.from(b, 'hex').reverse(),
    Buffer.from(c, 'hex').reverse(),
    Buffer.from(rest.join(''), 'hex'),
  ]);
  return ['S-1-12-1', ...[0, 4, 8, 12].map((at) => bytes.readUInt32LE(at))].join('-');
};

const auditGroup = (
  tenant: Tenant,
  request: GraphRequest,
  activity: string,
  operation: 'Add' | 'Update' | 'Delete',
  { id, displayName }: Stored,
): void => {
  const targets = [{ id, type: 'Group', displayName: String(displayName) }];
  audit(tenant, request, { activity, category: 'GroupManagement', operation, targets });
};
