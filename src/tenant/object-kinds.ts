// What Graph's metadata and its pages say of the kinds of objects of which a tenant has few: properties and filters.
// Sources: https://learn.microsoft.com/graph/api/resources/application, …/serviceprincipal, …/approleassignment,
// …/directoryaudit, and https://learn.microsoft.com/graph/aad-advanced-queries
import { malformed } from './errors.ts';
import { type Comparator, type Filter, isBare, type Literal } from './filter.ts';
import { checkSize, incompatible, operatorRefusal, unsupportedClause } from './filter-limits.ts';

/** How a path can be compared: D in every query, A in advanced ones, P in those that are not; absent: never. */
interface Comparable {
  readonly type: 'text' | 'boolean' | 'guid' | 'date';
  readonly equals?: 'D' | 'A' | 'P';
  readonly startsWith?: 'D' | 'A';
  readonly range?: 'D';
}

export interface ObjectKind {
  readonly name: string;
  readonly edmName: string;
  readonly properties: readonly string[];
  /** Of the properties, those that are lists. */
  readonly lists: readonly string[];
  /** By path; what a lambda compares by the list's path, with the member where its elements are objects. */
  readonly comparables: ReadonlyMap<string, Comparable>;
  readonly orderBy: { readonly default: readonly string[]; readonly advanced: readonly string[] };
  /** What `$search` can name. Default: nothing. */
  readonly searchable?: readonly string[];
  /** What `$top` may be at most, where it is not the usual. */
  readonly maxPage?: number;
  /** Directory objects take 15 alternatives by default; others have no advanced queries. */
  readonly isDirectoryObject: boolean;
}

const text = (equals: 'D' | 'A', startsWith?: 'D' | 'A'): Comparable => ({
  type: 'text',
  equals,
  ...(startsWith && { startsWith }),
});

const words = (list: string): readonly string[] => list.trim().split(/\s+/);

export const APPLICATION: ObjectKind = {
  name: 'Application',
  edmName: 'microsoft.graph.application',
  properties: words(`
    id deletedDateTime addIns api appId applicationTemplateId appRoles authenticationBehaviors certification createdByAppId
    createdDateTime defaultRedirectUri description disabledByMicrosoftStatus displayName groupMembershipClaims
    identifierUris info isDeviceOnlyAuthSupported isFallbackPublicClient keyCredentials notes optionalClaims
    parentalControlSettings passwordCredentials publicClient publisherDomain requiredResourceAccess samlMetadataUrl
    serviceManagementReference servicePrincipalLockConfiguration signInAudience spa tags tokenEncryptionKeyId uniqueName
    verifiedPublisher web`),
  lists: words('addIns appRoles identifierUris keyCredentials passwordCredentials requiredResourceAccess tags'),
  comparables: new Map([
    ['id', text('D')],
    ['appId', text('D')],
    ['displayName', text('D', 'D')],
    ['identifierUris', text('D', 'D')],
    ['tags', text('D', 'D')],
  ]),
  orderBy: { default: [], advanced: ['displayName'] },
  searchable: ['displayName', 'description'],
  isDirectoryObject: true,
};

export const SERVICE_PRINCIPAL: ObjectKind = {
  name: 'ServicePrincipal',
  edmName: 'microsoft.graph.servicePrincipal',
  properties: words(`
    id deletedDateTime accountEnabled addIns alternativeNames appDescription appDisplayName appId applicationTemplateId
    appOwnerOrganizationId appRoleAssignmentRequired appRoles createdByAppId description disabledByMicrosoftStatus displayName
    homepage info keyCredentials loginUrl logoutUrl notes notificationEmailAddresses oauth2PermissionScopes
    passwordCredentials preferredSingleSignOnMode preferredTokenSigningKeyThumbprint replyUrls
    resourceSpecificApplicationPermissions samlSingleSignOnSettings servicePrincipalNames servicePrincipalType
    signInAudience tags tokenEncryptionKeyId verifiedPublisher`),
  lists: words(`
    addIns alternativeNames appRoles keyCredentials notificationEmailAddresses oauth2PermissionScopes passwordCredentials
    replyUrls resourceSpecificApplicationPermissions servicePrincipalNames tags`),
  comparables: new Map<string, Comparable>([
    ['id', text('D')],
    ['appId', text('D')],
    ['displayName', text('D', 'D')],
    ['accountEnabled', { type: 'boolean', equals: 'D' }],
    ['servicePrincipalType', text('D')],
    ['tags', text('D')],
    ['servicePrincipalNames', text('D')],
    ['appRoleAssignmentRequired', { type: 'boolean', equals: 'A' }],
    ['appOwnerOrganizationId', { type: 'guid', equals: 'A' }],
    ['notes', text('A')],
  ]),
  orderBy: { default: [], advanced: ['displayName'] },
  searchable: ['displayName', 'description'],
  isDirectoryObject: true,
};

export const GROUP: ObjectKind = {
  name: 'Group',
  edmName: 'microsoft.graph.group',
  properties: words(`
    id deletedDateTime classification createdDateTime description displayName expirationDateTime groupTypes
    hasMembersWithLicenseErrors
    isAssignableToRole isManagementRestricted mail mailEnabled mailNickname membershipRule membershipRuleProcessingState
    onPremisesDomainName onPremisesLastSyncDateTime onPremisesNetBiosName onPremisesSamAccountName
    onPremisesSecurityIdentifier onPremisesSyncEnabled preferredDataLocation preferredLanguage proxyAddresses
    renewedDateTime resourceBehaviorOptions resourceProvisioningOptions securityEnabled securityIdentifier theme
    uniqueName visibility`),
  lists: words('groupTypes proxyAddresses resourceBehaviorOptions resourceProvisioningOptions'),
  comparables: new Map<string, Comparable>([
    ['id', text('D')],
    ['displayName', text('D', 'D')],
    ['mail', text('D', 'D')],
    ['mailNickname', text('D', 'D')],
    ['mailEnabled', { type: 'boolean', equals: 'D' }],
    ['securityEnabled', { type: 'boolean', equals: 'D' }],
    ['groupTypes', text('D')],
    ['proxyAddresses', text('D', 'D')],
    ['description', text('A', 'A')],
    // Source: microsoft-graph-docs-contrib#9437
    ['hasMembersWithLicenseErrors', { type: 'boolean', equals: 'P' }],
  ]),
  orderBy: { default: ['displayName'], advanced: ['displayName'] },
  searchable: ['displayName', 'description'],
  isDirectoryObject: true,
};

/** What lists of mixed kinds can be asked for: a filter takes an advanced query. */
export const DIRECTORY_OBJECT: ObjectKind = {
  name: 'DirectoryObject',
  edmName: 'microsoft.graph.directoryObject',
  properties: words('id deletedDateTime displayName'),
  lists: [],
  comparables: new Map<string, Comparable>([
    ['id', text('A')],
    ['displayName', text('A', 'A')],
  ]),
  orderBy: { default: [], advanced: [] },
  searchable: ['displayName', 'description'],
  isDirectoryObject: true,
};

/** Those that are kept as objects, by their type's name. */
export const OBJECT_KINDS = { application: APPLICATION, servicePrincipal: SERVICE_PRINCIPAL, group: GROUP } as const;

const assignment = (resource: readonly (readonly [string, Comparable])[]): ObjectKind => ({
  name: 'AppRoleAssignment',
  edmName: 'microsoft.graph.appRoleAssignment',
  properties: words(`
    id deletedDateTime appRoleId createdDateTime principalDisplayName principalId principalType resourceDisplayName
    resourceId`),
  lists: [],
  comparables: new Map([['principalDisplayName', text('D', 'D')], ...resource]),
  orderBy: { default: [], advanced: [] },
  isDirectoryObject: true,
});

/** As a service principal lists who is assigned to it. */
export const ASSIGNED_TO = assignment([]);
/** As a principal lists what it is assigned to: there, a filter can name the resource. */
export const ASSIGNED = assignment([['resourceId', { type: 'guid', equals: 'D' }]]);

export const DIRECTORY_AUDIT: ObjectKind = {
  name: 'DirectoryAudit',
  edmName: 'microsoft.graph.directoryAudit',
  properties: words(`
    id activityDateTime activityDisplayName additionalDetails category correlationId initiatedBy loggedByService
    operationType result resultReason targetResources`),
  lists: words('additionalDetails targetResources'),
  comparables: new Map<string, Comparable>([
    ['activityDateTime', { type: 'date', equals: 'D', range: 'D' }],
    ['activityDisplayName', text('D', 'D')],
    ['category', text('D')],
    ['loggedByService', text('D')],
    ['correlationId', text('D')],
    ['initiatedBy/user/id', text('D')],
    ['initiatedBy/user/displayName', text('D')],
    ['initiatedBy/user/userPrincipalName', text('D', 'D')],
    ['initiatedBy/app/appId', text('D')],
    ['initiatedBy/app/displayName', text('D')],
    ['targetResources/id', text('D')],
    ['targetResources/displayName', text('D', 'D')],
  ]),
  orderBy: { default: ['activityDateTime'], advanced: ['activityDateTime'] },
  maxPage: 1000,
  isDirectoryObject: false,
};

/** Throws as Graph does where a filter compares what cannot be compared so. */
export const checkFilter = (kind: ObjectKind, filter: Filter, isAdvanced: boolean): void => {
  if (kind.isDirectoryObject && !isAdvanced) checkSize(filter);
  checkPart({ kind, isAdvanced }, filter, '');
};

interface Context {
  readonly kind: ObjectKind;
  readonly isAdvanced: boolean;
}

/** `list` is the path of the list whose elements a lambda compares; empty outside of one. */
const checkPart = (context: Context, filter: Filter, list: string, variable = ''): void => {
  switch (filter.kind) {
    case 'and':
    case 'or':
      checkPart(context, filter.left, list, variable);
      checkPart(context, filter.right, list, variable);
      return;
    case 'not':
      if (!canNegate(context)) throw operatorRefusal('NotMatch');
      checkPart(context, filter.of, list, variable);
      return;
    case 'compare':
      checkComparison(context, filter.operator, pathOf(context, filter.path, list, variable), filter.value);
      return;
    case 'in': {
      const path = pathOf(context, filter.path, list, variable);
      if (!context.kind.isDirectoryObject) throw unsupported(context, path);
      for (const value of filter.values) checkComparison(context, 'eq', path, value);
      return;
    }
    case 'text': {
      const path = pathOf(context, filter.path, list, variable);
      if (filter.function !== 'startsWith') throw unsupported(context, path);
      checkLevel(context, path, comparableAt(context, path).startsWith);
      return;
    }
    case 'any':
      if (!filter.of || !context.kind.lists.includes(filter.path)) throw unsupported(context, filter.path);
      checkPart(context, filter.of, filter.path, filter.variable);
      return;
    case 'all':
    case 'count':
      throw unsupported(context, filter.path);
    default:
      filter satisfies never;
  }
};

/** What is no directory object has no advanced queries, and lists what equals alone. */
const canNegate = ({ kind, isAdvanced }: Context): boolean => isAdvanced && kind.isDirectoryObject;

const pathOf = (context: Context, path: string, list: string, variable: string): string => {
  const [first = '', ...rest] = path.split('/');
  if (list !== '') {
    if (first !== variable) throw unknown(context, first);
    return [list, ...rest].join('/');
  }
  if (!context.kind.properties.includes(first)) throw unknown(context, first);
  // A list is compared through a lambda alone.
  if (context.kind.lists.includes(first)) throw unsupported(context, first);
  return path;
};

const comparableAt = (context: Context, path: string): Comparable => {
  const found = context.kind.comparables.get(path);
  if (!found) throw unsupported(context, path);
  return found;
};

const checkComparison = (context: Context, operator: Comparator, path: string, value: Literal): void => {
  const comparable = comparableAt(context, path);
  if (operator === 'ne' && !canNegate(context)) throw operatorRefusal('NotEqualsMatch');
  if (operator === 'gt' || operator === 'lt' || value === null) throw unsupported(context, path);
  checkLevel(context, path, operator === 'ge' || operator === 'le' ? comparable.range : comparable.equals);
  if (!fits(comparable.type, value)) throw incompatible(comparable.type, value, operator, path);
};

const fits = (type: Comparable['type'], value: Literal): boolean => {
  if (type === 'text') return typeof value === 'string';
  if (type === 'boolean') return typeof value === 'boolean';
  return isBare(value) && (type === 'guid' || !Number.isNaN(Date.parse(value.bare)));
};

const checkLevel = (context: Context, path: string, level: 'D' | 'A' | 'P' | undefined): void => {
  if (level === undefined || level === (context.isAdvanced ? 'P' : 'A')) throw unsupported(context, path);
};

const unsupported = ({ kind }: Context, path: string) => unsupportedClause(path, kind.name);

const unknown = ({ kind }: Context, name: string) =>
  malformed(`Invalid filter clause: Could not find a property named '${name}' on type '${kind.edmName}'.`);
