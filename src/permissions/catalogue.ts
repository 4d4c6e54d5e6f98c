// The permissions of Microsoft Graph that Rollcall uses: their ids, and which others include them.

/** Application permissions are held by the application itself, delegated ones for the user who is signed in. */
export type PermissionKind = 'application' | 'delegated';

export interface GraphPermission {
  readonly delegated: string;
  readonly application: string;
  /** Permissions that allow at least as much. */
  readonly includedIn: readonly string[];
}

/** The appId of Microsoft Graph in every tenant. */
export const GRAPH_APP_ID = '00000003-0000-0000-c000-000000000000';

const READ_DIRECTORY = ['Directory.Read.All', 'Directory.ReadWrite.All'];

/** Source: https://learn.microsoft.com/graph/permissions-reference */
export const GRAPH_PERMISSIONS = {
  // User.ReadBasic.All lists users as well, but without accountEnabled and most of what accounts are matched by.
  'User.Read.All': {
    delegated: 'a154be20-db9c-4678-8ab7-66f6cc099a59',
    application: 'df021288-bdef-4463-88db-98f22de89214',
    includedIn: ['User.ReadWrite.All', ...READ_DIRECTORY],
  },
  'User.ReadWrite.All': {
    delegated: '204e0828-b5ca-4ad8-b9f3-f32a958e7cc4',
    application: '741f803b-c850-494e-b5df-cde7c675a1ca',
    includedIn: ['Directory.ReadWrite.All'],
  },
  'Application.Read.All': {
    delegated: 'c79f8feb-a9db-4090-85f9-90d820caa0eb',
    application: '9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30',
    includedIn: ['Application.ReadWrite.All', ...READ_DIRECTORY],
  },
  'Application.ReadWrite.All': {
    delegated: 'bdfbf15f-ee85-4955-8675-146e8e5296b5',
    application: '1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9',
    includedIn: ['Directory.ReadWrite.All'],
  },
  'AppRoleAssignment.ReadWrite.All': {
    delegated: '84bccea3-f856-4a8a-967b-dbe0a3d53a64',
    application: '06b708a9-e830-4db3-a914-8e69da51d44f',
    includedIn: [],
  },
  'Organization.Read.All': {
    delegated: '4908d5b9-3fb2-4b1e-9336-1888b7937185',
    application: '498476ce-e0fe-48b0-b801-37ba7e2685c6',
    includedIn: ['Organization.ReadWrite.All', ...READ_DIRECTORY],
  },
  'AuditLog.Read.All': {
    delegated: 'e4c9e354-4dc5-45b8-9e7c-e1393b0b1a20',
    application: 'b0afded3-3588-46d8-8b3d-9842eff778da',
    includedIn: READ_DIRECTORY,
  },
  'AccessReview.ReadWrite.All': {
    delegated: 'e4aa47b9-9a69-4109-82ed-36ec70d85ff1',
    application: 'ef5f7d5c-338f-44b0-86c3-351f46c8bb5f',
    includedIn: [],
  },
} as const satisfies Readonly<Record<string, GraphPermission>>;

export type PermissionName = keyof typeof GRAPH_PERMISSIONS;

/** The id that a manifest names the permission by. */
export const permissionId = (name: PermissionName, kind: PermissionKind): string => GRAPH_PERMISSIONS[name][kind];

/** The permission, and those that include it. */
export const enoughFor = (name: PermissionName): readonly string[] => [name, ...GRAPH_PERMISSIONS[name].includedIn];
