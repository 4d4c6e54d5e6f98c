// What to ask whoever can grant a permission or a role, in words that can be sent to them as they are.
import { CLOUDS, type CloudPlaces } from '../model/clouds.ts';
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
  /** Undefined outside Microsoft's clouds. */
  readonly cloud: CloudPlaces | undefined;
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
  const owner = MICROSOFTS_OWN[session.clientId];
  const { clientId } = session;
  const named = owner === undefined ? `the application ${clientId}` : 'that application';
  return [
    ...(owner === undefined ? [] : [ownApplication(owner)]),
    `Ask ${GRANTERS} of the tenant ${session.tenantId}:`,
    `Please grant ${named} these ${kind} permissions of Microsoft Graph, with admin consent:`,
    ...wanted.map(({ permission, to }) => `  ${permission}  ${permissionId(permission, kind)}  to ${to}`),
    ...(owner === undefined ? waysToGrant(wanted, session, place) : []),
  ];
};

/** Applications that Microsoft registered, with which tools sign in where no other is named. */
const MICROSOFTS_OWN: Readonly<Record<string, string>> = {
  '04b07795-8ddb-461a-bbee-02f9e1bf7b46': 'the Azure CLI',
  '14d82eec-204b-4c2f-b7e8-296a70dab67e': 'Microsoft Graph PowerShell',
};

const ownApplication = (owner: string): string =>
  `This sign-in uses the application of ${owner}, which is Microsoft's and not yours to change. Register one of your own (Microsoft Entra admin center, App registrations, New registration; Authentication: allow public client flows), and name it in the configuration: directory: { tenant: …, signIn: deviceCode, clientId: … }.`;

const waysToGrant = (wanted: readonly Asked[], session: Session, place: ConsentPlace): readonly string[] =>
  place.isManagedIdentity
    ? ['A managed identity has no consent page; in PowerShell:', ...powerShell(wanted, session, place)]
    : [...inPortal(session, place), 'Or with the Azure CLI:', ...azureCli(wanted, session, place)];

const inPortal = (session: Session, place: ConsentPlace): readonly string[] => {
  const type = kindOf(session) === 'application' ? 'Application' : 'Delegated';
  const portal = place.cloud === undefined ? '' : ` (${place.cloud.portal})`;
  const url = consentUrl(place, session);
  return [
    `In the Microsoft Entra admin center${portal}: App registrations, All applications, ${session.clientId}, API permissions, Add a permission, Microsoft Graph, ${type} permissions, tick the names above, Add permissions; then Grant admin consent.`,
    ...(url === null ? [] : [`What the application asks for already is consented to at ${url}`]),
  ];
};

/** Source: https://learn.microsoft.com/cli/azure/ad/app/permission */
const azureCli = (asked: readonly Asked[], session: Session, { cloud }: ConsentPlace): readonly string[] => {
  const kind = kindOf(session);
  const type = kind === 'application' ? 'Role' : 'Scope';
  const values = asked.map(({ permission }) => `${permissionId(permission, kind)}=${type}`).join(' ');
  return [
    ...(cloud === undefined || cloud === CLOUDS.global ? [] : [`  az cloud set --name ${cloud.cliName}`]),
    `  az login --tenant ${session.tenantId} --allow-no-subscriptions`,
    `  az ad app permission add --id ${session.clientId} --api ${GRAPH_APP_ID} --api-permissions ${values}`,
    `  az ad app permission admin-consent --id ${session.clientId}`,
  ];
};

/** Source: https://learn.microsoft.com/powershell/module/microsoft.graph.applications/new-mgserviceprincipalapproleassignment */
const powerShell = (
  asked: readonly Asked[],
  session: Session,
  { cloud = CLOUDS.global }: ConsentPlace,
): readonly string[] => [
  `  Connect-MgGraph -Environment ${cloud.powerShellName} -TenantId ${session.tenantId} -Scopes 'AppRoleAssignment.ReadWrite.All','Application.Read.All'`,
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
