// Which permissions each route takes: Graph's table of least privilege, with the permissions that include them.
import type { DirectoryRole } from './directory-roles.ts';
import { REVIEW_PERMISSIONS } from './reviews/permissions.ts';

/** All of these are needed, one permission of each list. */
export type Needed = readonly (readonly string[])[];

/** Source: the "Permissions" part of each operation's page, such as https://learn.microsoft.com/graph/api/user-list#permissions */
export interface Permission {
  /** To be held by the application for the signed-in user: the token's `scp`. */
  readonly delegated: Needed;
  /** To be held by the application itself: the token's `roles`. */
  readonly application: Needed;
  /** What does as well where a user asks for the own object. */
  readonly self?: readonly string[];
  /** What the change of one property takes, in place of the above. */
  readonly properties?: Readonly<Record<string, Needed>>;
  /** What does as well where an application owns the object that the address names. */
  readonly asOwner?: readonly string[];
  /** A signed-in user holds one of these roles besides, or, where `asOwner` is told, owns that object. */
  readonly roles?: readonly DirectoryRole[];
  /** Guests are refused, whatever the application holds. */
  readonly membersOnly?: boolean;
}

const both = (...needed: Needed) => ({ delegated: needed, application: needed });

export const READ_USERS = ['User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'];
export const READ_BASIC = ['User.ReadBasic.All', ...READ_USERS];
const WRITE_USERS = ['User.ReadWrite.All', 'Directory.ReadWrite.All'];
const READ_DIRECTORY = ['Directory.Read.All', 'Directory.ReadWrite.All'];
const READ_APPLICATIONS = ['Application.Read.All', 'Application.ReadWrite.All', ...READ_DIRECTORY];
export const WRITE_APPLICATIONS: readonly string[] = ['Application.ReadWrite.All', 'Directory.ReadWrite.All'];
/** Does for what the application itself created, and what it was made an owner of. */
export const OWNED = 'Application.ReadWrite.OwnedBy';
const ASSIGN = ['AppRoleAssignment.ReadWrite.All'];
const READ_GROUPS = ['Group.Read.All', 'Group.ReadWrite.All', ...READ_DIRECTORY];
const READ_MEMBERS = ['GroupMember.Read.All', 'GroupMember.ReadWrite.All', ...READ_GROUPS];
const READ_LICENCES = [
  'LicenseAssignment.Read.All',
  'Organization.Read.All',
  'Organization.ReadWrite.All',
  ...READ_DIRECTORY,
];
const WRITE_GROUPS = ['Group.ReadWrite.All', 'Directory.ReadWrite.All'];

const USER_ADMINISTRATORS: readonly DirectoryRole[] = ['User Administrator'];
const APPLICATION_ADMINISTRATORS: readonly DirectoryRole[] = [
  'Application Administrator',
  'Cloud Application Administrator',
];
const GROUP_ADMINISTRATORS: readonly DirectoryRole[] = ['Groups Administrator', 'User Administrator'];
/** Source: https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto#permissions */
const ASSIGNERS: readonly DirectoryRole[] = [
  'Directory Writers',
  'Hybrid Identity Administrator',
  'Identity Governance Administrator',
  'Privileged Role Administrator',
  'User Administrator',
  'Application Administrator',
  'Cloud Application Administrator',
  'Directory Synchronization Accounts',
];
const AUDIT_READERS: readonly DirectoryRole[] = [
  'Reports Reader',
  'Security Reader',
  'Security Administrator',
  'Global Reader',
];

const readBasic: Permission = { ...both(READ_BASIC), membersOnly: true };
const readUser: Permission = { ...both(READ_BASIC), self: ['User.Read', 'User.ReadWrite'] };
const readUsers: Permission = { ...both(READ_USERS), membersOnly: true };
const writeUser: Permission = { ...both(WRITE_USERS), roles: USER_ADMINISTRATORS };
const deleteUser: Permission = {
  ...both(['User.DeleteRestore.All', ...WRITE_USERS]),
  roles: USER_ADMINISTRATORS,
};
const updateUser: Permission = {
  ...writeUser,
  properties: {
    accountEnabled: [['User.EnableDisableAccount.All', ...WRITE_USERS], READ_USERS],
    passwordProfile: [['User-PasswordProfile.ReadWrite.All']],
    mail: [['User-Mail.ReadWrite.All', ...WRITE_USERS]],
    otherMails: [['User-Mail.ReadWrite.All', ...WRITE_USERS]],
  },
};
const readApplication: Permission = { delegated: [READ_APPLICATIONS], application: [[OWNED, ...READ_APPLICATIONS]] };
const createApplication: Permission = {
  delegated: [['AppRegistration.Create', ...WRITE_APPLICATIONS]],
  application: [['AppRegistration.Create', OWNED, ...WRITE_APPLICATIONS]],
  roles: [...APPLICATION_ADMINISTRATORS, 'Application Developer'],
};
const createPrincipal: Permission = {
  delegated: [WRITE_APPLICATIONS],
  application: [[OWNED, ...WRITE_APPLICATIONS]],
  roles: [...APPLICATION_ADMINISTRATORS, 'Application Developer'],
};
const writeApplication: Permission = {
  ...both(WRITE_APPLICATIONS),
  asOwner: [OWNED],
  roles: APPLICATION_ADMINISTRATORS,
};
const readAssignments = both([...ASSIGN, ...READ_DIRECTORY]);
const writeAssignment: Permission = { ...both(ASSIGN), roles: ASSIGNERS };
/** The application is read and the assignment written, and each takes its own permission. */
const writeAssignmentOfApplication: Permission = {
  ...both(ASSIGN, READ_APPLICATIONS),
  asOwner: [],
  roles: ASSIGNERS,
};
/** The principal is an application here, and whoever owns it owns nothing of the resource. */
const writeAssignmentOfPrincipal: Permission = { ...both(ASSIGN, READ_APPLICATIONS), roles: ASSIGNERS };
const removeAssignmentOfApplication: Permission = { ...writeAssignment, asOwner: [] };
const readMembers = both(READ_MEMBERS);
const writeGroup: Permission = { ...both(WRITE_GROUPS), roles: GROUP_ADMINISTRATORS };
const writeMembers: Permission = {
  ...both(['GroupMember.ReadWrite.All', ...WRITE_GROUPS]),
  roles: GROUP_ADMINISTRATORS,
};

const writeDeleted: Permission = both([
  'User.DeleteRestore.All',
  ...WRITE_USERS,
  ...WRITE_GROUPS,
  ...WRITE_APPLICATIONS,
]);

/** A relation's list, its count, and its objects of one type take the same. */
const related = (path: string, permission: Permission): Readonly<Record<string, Permission>> =>
  Object.fromEntries(
    ['', '/$count', ...['user', 'group', 'servicePrincipal'].map((type) => `/microsoft.graph.${type}`)].map((tail) => [
      `GET ${path}${tail}`,
      permission,
    ]),
  );
/** Which groups an object is in is asked by POST. */
const asksMemberships = (path: string): Readonly<Record<string, Permission>> => ({
  [`POST ${path}/getMemberGroups`]: both(READ_DIRECTORY),
  [`POST ${path}/checkMemberGroups`]: both(READ_DIRECTORY),
});

/** Method and address, a key written as `{id}`. A route that is not here is not served. */
export const PERMISSIONS: Readonly<Record<string, Permission>> = {
  'GET /users': readBasic,
  'GET /users/$count': readBasic,
  'GET /users/delta': readUsers,
  'POST /users': writeUser,
  'GET /users/{id}': readUser,
  'PATCH /users/{id}': updateUser,
  'DELETE /users/{id}': deleteUser,
  'GET /users/{id}/manager': both(READ_USERS),
  'GET /users/{id}/manager/$ref': both(READ_USERS),
  'PUT /users/{id}/manager/$ref': writeUser,
  'DELETE /users/{id}/manager/$ref': writeUser,
  'POST /users/{id}/restore': deleteUser,
  ...related('/users/{id}/directReports', both(READ_USERS)),
  ...related('/users/{id}/ownedObjects', both(READ_DIRECTORY)),
  ...related('/users/{id}/memberOf', both(READ_DIRECTORY)),
  ...related('/users/{id}/transitiveMemberOf', both(READ_DIRECTORY)),
  ...asksMemberships('/users/{id}'),
  'GET /users/{id}/appRoleAssignments': readAssignments,
  'GET /users/{id}/appRoleAssignments/{id}': readAssignments,
  'POST /users/{id}/appRoleAssignments': writeAssignment,
  'PATCH /users/{id}/appRoleAssignments/{id}': writeAssignment,
  'DELETE /users/{id}/appRoleAssignments/{id}': writeAssignment,

  // The rule asks again once it knows what kind of object it is.
  'GET /directory/deletedItems/{id}': both([...READ_USERS, ...READ_GROUPS, ...READ_APPLICATIONS]),
  'GET /directory/deletedItems/microsoft.graph.user': both(READ_USERS),
  'GET /directory/deletedItems/microsoft.graph.group': both(READ_GROUPS),
  'GET /directory/deletedItems/microsoft.graph.application': both(READ_APPLICATIONS),
  'GET /directory/deletedItems/microsoft.graph.servicePrincipal': both(READ_APPLICATIONS),
  'POST /directory/deletedItems/{id}/restore': writeDeleted,
  'DELETE /directory/deletedItems/{id}': writeDeleted,
  'POST /directoryObjects/getByIds': both(READ_DIRECTORY),
  'POST /directoryObjects/microsoft.graph.getByIds': both(READ_DIRECTORY),
  'GET /directoryObjects/{id}': both(READ_DIRECTORY),
  ...asksMemberships('/directoryObjects/{id}'),
  'POST /invitations': { ...both(['User.Invite.All', ...WRITE_USERS]), roles: USER_ADMINISTRATORS },

  'GET /applications': readApplication,
  'GET /applications/$count': readApplication,
  'POST /applications': createApplication,
  'GET /applications/{id}': readApplication,
  'PATCH /applications/{id}': writeApplication,
  'DELETE /applications/{id}': writeApplication,
  ...related('/applications/{id}/owners', readApplication),
  'POST /applications/{id}/owners/$ref': writeApplication,
  'DELETE /applications/{id}/owners/{id}/$ref': writeApplication,

  // Refused by their rules, whoever asks: assignments are the service principal's.
  'GET /applications/{id}/appRoleAssignedTo': both(READ_APPLICATIONS),
  'POST /applications/{id}/appRoleAssignedTo': writeAssignmentOfApplication,
  'PATCH /applications/{id}/appRoleAssignedTo': writeAssignment,
  'DELETE /applications/{id}/appRoleAssignedTo': writeAssignment,
  'GET /applications/{id}/appRoleAssignments': both(READ_APPLICATIONS),
  'POST /applications/{id}/appRoleAssignments': writeAssignmentOfApplication,
  'PATCH /applications/{id}/appRoleAssignments': writeAssignment,
  'DELETE /applications/{id}/appRoleAssignments': writeAssignment,

  'GET /servicePrincipals': readApplication,
  'GET /servicePrincipals/$count': readApplication,
  'POST /servicePrincipals': createPrincipal,
  'GET /servicePrincipals/{id}': readApplication,
  'PATCH /servicePrincipals/{id}': writeApplication,
  'DELETE /servicePrincipals/{id}': writeApplication,
  ...related('/servicePrincipals/{id}/owners', readApplication),
  ...related('/servicePrincipals/{id}/ownedObjects', readApplication),
  ...related('/servicePrincipals/{id}/memberOf', readApplication),
  ...related('/servicePrincipals/{id}/transitiveMemberOf', readApplication),
  ...asksMemberships('/servicePrincipals/{id}'),
  'POST /servicePrincipals/{id}/owners/$ref': writeApplication,
  'DELETE /servicePrincipals/{id}/owners/{id}/$ref': writeApplication,
  'GET /servicePrincipals/{id}/appRoleAssignedTo': both(READ_APPLICATIONS),
  'GET /servicePrincipals/{id}/appRoleAssignedTo/{id}': both(READ_APPLICATIONS),
  'POST /servicePrincipals/{id}/appRoleAssignedTo': writeAssignmentOfApplication,
  'PATCH /servicePrincipals/{id}/appRoleAssignedTo/{id}': writeAssignment,
  'DELETE /servicePrincipals/{id}/appRoleAssignedTo/{id}': removeAssignmentOfApplication,
  'GET /servicePrincipals/{id}/appRoleAssignments': both(READ_APPLICATIONS),
  'GET /servicePrincipals/{id}/appRoleAssignments/{id}': both(READ_APPLICATIONS),
  'POST /servicePrincipals/{id}/appRoleAssignments': writeAssignmentOfPrincipal,
  'PATCH /servicePrincipals/{id}/appRoleAssignments/{id}': writeAssignment,
  'DELETE /servicePrincipals/{id}/appRoleAssignments/{id}': writeAssignment,

  'GET /groups': readMembers,
  'GET /groups/$count': readMembers,
  'GET /groups/delta': readMembers,
  'POST /groups': {
    delegated: [WRITE_GROUPS],
    application: [['Group.Create', ...WRITE_GROUPS]],
    roles: GROUP_ADMINISTRATORS,
  },
  'GET /groups/{id}': readMembers,
  'PATCH /groups/{id}': writeGroup,
  'DELETE /groups/{id}': writeGroup,
  ...related('/groups/{id}/members', readMembers),
  ...related('/groups/{id}/transitiveMembers', readMembers),
  ...related('/groups/{id}/owners', readMembers),
  ...related('/groups/{id}/memberOf', readMembers),
  ...related('/groups/{id}/transitiveMemberOf', readMembers),
  ...asksMemberships('/groups/{id}'),
  'POST /groups/{id}/members/$ref': writeMembers,
  'DELETE /groups/{id}/members/{id}/$ref': writeMembers,
  'POST /groups/{id}/owners/$ref': writeGroup,
  'DELETE /groups/{id}/owners/{id}/$ref': writeGroup,
  'GET /groups/{id}/appRoleAssignments': readAssignments,
  'GET /groups/{id}/appRoleAssignments/{id}': readAssignments,
  'POST /groups/{id}/appRoleAssignments': writeAssignment,
  'PATCH /groups/{id}/appRoleAssignments/{id}': writeAssignment,
  'DELETE /groups/{id}/appRoleAssignments/{id}': writeAssignment,

  ...REVIEW_PERMISSIONS,

  'GET /auditLogs/directoryAudits': { ...both(['AuditLog.Read.All', ...READ_DIRECTORY]), roles: AUDIT_READERS },
  'GET /auditLogs/directoryAudits/{id}': { ...both(['AuditLog.Read.All', ...READ_DIRECTORY]), roles: AUDIT_READERS },
  'GET /organization': {
    delegated: [['User.Read', 'Organization.Read.All', 'Organization.ReadWrite.All', ...READ_DIRECTORY]],
    application: [['Organization.Read.All', 'Organization.ReadWrite.All', ...READ_DIRECTORY]],
  },
  'GET /organization/{id}': {
    delegated: [['User.Read', 'Organization.Read.All', 'Organization.ReadWrite.All', ...READ_DIRECTORY]],
    application: [['Organization.Read.All', 'Organization.ReadWrite.All', ...READ_DIRECTORY]],
  },
  'GET /domains': both(['Domain.Read.All', 'Domain.ReadWrite.All', ...READ_DIRECTORY]),
  'GET /domains/{id}': both(['Domain.Read.All', 'Domain.ReadWrite.All', ...READ_DIRECTORY]),
  'GET /subscribedSkus': both(READ_LICENCES),
  'GET /subscribedSkus/{id}': both(READ_LICENCES),
};

/** Permissions that a client can be granted though no route here takes them. */
const OTHERS = ['EntitlementManagement.Read.All', 'EntitlementManagement.ReadWrite.All'];

/** Delegated alone, or of applications alone; all others are both. */
const DELEGATED_ONLY: readonly string[] = ['User.Read', 'User.ReadWrite'];
const APPLICATION_ONLY: readonly string[] = ['Application.ReadWrite.OwnedBy', 'Group.Create'];

/** Every permission that can be granted. */
export const KNOWN_PERMISSIONS: ReadonlySet<string> = new Set([
  ...OTHERS,
  ...Object.values(PERMISSIONS).flatMap(({ delegated, application, self, properties }) => [
    ...delegated.flat(),
    ...application.flat(),
    ...(self ?? []),
    ...Object.values(properties ?? {}).flat(2),
  ]),
]);

const without = (names: readonly string[]): ReadonlySet<string> =>
  new Set([...KNOWN_PERMISSIONS].filter((name) => !names.includes(name)));

export const DELEGATED_PERMISSIONS = without(APPLICATION_ONLY);
export const APPLICATION_PERMISSIONS = without(DELEGATED_ONLY);

/** What the product needs for all that it does, which the tenant's client holds unless told otherwise. */
export const DEFAULT_GRANT: readonly string[] = [
  'User.ReadWrite.All',
  'User.DeleteRestore.All',
  'Application.ReadWrite.All',
  'Application.Read.All',
  'AppRoleAssignment.ReadWrite.All',
  'Directory.Read.All',
  'AuditLog.Read.All',
  'Organization.Read.All',
  'AccessReview.ReadWrite.All',
  'EntitlementManagement.ReadWrite.All',
];

/** Throws when a name is none of Graph's permissions that this tenant knows: a slip would silently grant nothing. */
export const checkGrant = (names: readonly string[]): void => {
  const unknown = names.filter((name) => !KNOWN_PERMISSIONS.has(name));
  if (unknown.length > 0) throw new Error(`${unknown.join(', ')}: no such permission`);
};
