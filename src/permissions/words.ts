// What to ask whoever can grant a permission or a role, in words that can be sent to them as they are.
import type { Session } from '../model/directory.ts';
import { GRAPH_APP_ID, type PermissionName, permissionId } from './catalogue.ts';
import type { RoleName } from './directory-roles.ts';
import { kindOf } from './needs.ts';

/** Who may grant permissions of Microsoft Graph. Source: https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent */
export const GRANTERS = 'a Global Administrator or Privileged Role Administrator';

export interface Asked {
  readonly permission: PermissionName;
  readonly to: string;
}

/** In one line, as an error ends with it. */
export const askBriefly = (asked: readonly Asked[], session: Session): string => {
  const kind = kindOf(session);
  const names = distinct(asked).map(({ permission }) => `${permission} (${permissionId(permission, kind)})`);
  const plural = names.length > 1 ? 's' : '';
  return `Ask ${GRANTERS} to grant the ${kind} permission${plural} ${names.join(' and ')} of Microsoft Graph to the application ${session.clientId}, with admin consent; "rollcall doctor" gives the words.`;
};

/** Where consent is given. */
export interface ConsentPlace {
  /** `https://login.microsoftonline.com`; null where it is not known. */
  readonly authority: string | null;
  /** The admin center's address; null outside Microsoft's clouds. */
  readonly portal: string | null;
  readonly isManagedIdentity: boolean;
}

/** Source: https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent */
export const consentUrl = ({ authority }: ConsentPlace, { tenantId, clientId }: Session): string | null =>
  authority === null ? null : `${authority}/${tenantId}/adminconsent?client_id=${clientId}`;

/** A letter to whoever can grant the permissions, line by line. */
export const askForPermissions = (
  asked: readonly Asked[],
  session: Session,
  place: ConsentPlace,
): readonly string[] => {
  const kind = kindOf(session);
  const wanted = distinct(asked);
  return [
    `Ask ${GRANTERS} of the tenant ${session.tenantId}:`,
    `Please grant the application ${session.clientId} these ${kind} permissions of Microsoft Graph, with admin consent:`,
    ...wanted.map(({ permission, to }) => `  ${permission}  ${permissionId(permission, kind)}  to ${to}`),
    ...(place.isManagedIdentity
      ? ['A managed identity has no consent page; in PowerShell:', ...powerShell(wanted, session)]
      : [...inPortal(kind, session, place), 'Or with the Azure CLI:', ...azureCli(wanted, session)]),
  ];
};

const inPortal = (kind: string, session: Session, place: ConsentPlace): readonly string[] => {
  const url = consentUrl(place, session);
  return [
    `In the Microsoft Entra admin center${place.portal === null ? '' : ` (${place.portal})`}: App registrations, All applications, ${session.clientId}, API permissions, Add a permission, Microsoft Graph, ${kind === 'application' ? 'Application' : 'Delegated'} permissions, tick the names above, Add permissions; then Grant admin consent.`,
    ...(url === null ? [] : [`What the application asks for already is consented to at ${url}`]),
  ];
};

/** Source: https://learn.microsoft.com/cli/azure/ad/app/permission */
const azureCli = (asked: readonly Asked[], session: Session): readonly string[] => {
  const kind = kindOf(session);
  const type = kind === 'application' ? 'Role' : 'Scope';
  const values = asked.map(({ permission }) => `${permissionId(permission, kind)}=${type}`).join(' ');
  return [
    `  az ad app permission add --id ${session.clientId} --api ${GRAPH_APP_ID} --api-permissions ${values}`,
    `  az ad app permission admin-consent --id ${session.clientId}`,
  ];
};

/** Source: https://learn.microsoft.com/powershell/module/microsoft.graph.applications/new-mgserviceprincipalapproleassignment */
const powerShell = (asked: readonly Asked[], session: Session): readonly string[] => [
  "  Connect-MgGraph -Scopes 'AppRoleAssignment.ReadWrite.All','Application.Read.All'",
  `  $graph = Get-MgServicePrincipal -Filter "appId eq '${GRAPH_APP_ID}'"`,
  `  $self = Get-MgServicePrincipal -Filter "appId eq '${session.clientId}'"`,
  ...asked.map(
    ({ permission }) =>
      `  New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $self.Id -PrincipalId $self.Id -ResourceId $graph.Id -AppRoleId ${permissionId(permission, 'application')}`,
  ),
];

/** Words for a directory role that a signed-in administrator lacks: one of `roles` is enough. */
export const askForRole = (roles: readonly RoleName[], to: string, session: Session): string =>
  `Ask a Privileged Role Administrator of the tenant ${session.tenantId}: Please assign ${session.name} the directory role ${roles.slice(0, 2).join(' or ')}, to ${to}. It takes up to 15 minutes, or a new sign-in, until a role counts.`;

/** Each permission once, with all that it is for. */
const distinct = (asked: readonly Asked[]): readonly Asked[] => {
  const purposes = new Map<PermissionName, Set<string>>();
  for (const { permission, to } of asked) {
    const known = purposes.get(permission);
    if (known) known.add(to);
    else purposes.set(permission, new Set([to]));
  }
  return [...purposes].map(([permission, to]) => ({ permission, to: [...to].join(', and to ') }));
};
