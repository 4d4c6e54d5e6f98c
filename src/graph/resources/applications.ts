// Applications and their service principals, found by keys.
import type { Application, AppRole, ServicePrincipal } from '../../model/directory.ts';
import { odataString, option } from '../filters.ts';
import { readAll } from '../pages.ts';
import type { GraphSession } from '../session.ts';

const APPLICATION = '$select=id,appId,displayName,uniqueName,appRoles,tags';
const PRINCIPAL = '$select=id,appId,displayName,appRoles,tags,appRoleAssignmentRequired';

type Wire<T> = { readonly [Key in keyof T]?: T[Key] | null };

const role = ({ id, displayName, description, value, isEnabled, allowedMemberTypes }: Wire<AppRole>): AppRole => ({
  id: id!,
  displayName: displayName ?? '',
  description: description ?? '',
  value: value ?? null,
  isEnabled: isEnabled ?? false,
  allowedMemberTypes: allowedMemberTypes ?? [],
});

const application = ({ id, appId, displayName, uniqueName, appRoles, tags }: Wire<Application>): Application => ({
  id: id!,
  appId: appId!,
  displayName: displayName ?? '',
  uniqueName: uniqueName ?? null,
  appRoles: (appRoles ?? []).map(role),
  tags: tags ?? [],
});

const principal = (wire: Wire<ServicePrincipal>): ServicePrincipal => ({
  id: wire.id!,
  appId: wire.appId!,
  displayName: wire.displayName ?? '',
  appRoles: (wire.appRoles ?? []).map(role),
  tags: wire.tags ?? [],
  appRoleAssignmentRequired: wire.appRoleAssignmentRequired ?? false,
});

/** A key's value inside parentheses. */
export const keyText = (value: string): string => encodeURIComponent(odataString(value)).replaceAll("'", '%27');

export const findApplicationByUniqueName = async (session: GraphSession, name: string, signal?: AbortSignal) => {
  const found = await session.find<Wire<Application>>(
    `/applications(uniqueName='${keyText(name)}')?${APPLICATION}`,
    signal,
  );
  return found && application(found);
};

export const findApplicationByAppId = async (session: GraphSession, appId: string, signal?: AbortSignal) => {
  const found = await session.find<Wire<Application>>(
    `/applications(appId='${keyText(appId)}')?${APPLICATION}`,
    signal,
  );
  return found && application(found);
};

export const findApplicationsByName = async (session: GraphSession, displayName: string, signal?: AbortSignal) => {
  const filter = option('$filter', `displayName eq '${odataString(displayName)}'`);
  return (await readAll<Wire<Application>>(session, `/applications?${filter}&${APPLICATION}`, signal)).map(application);
};

export const findServicePrincipal = async (session: GraphSession, appId: string, signal?: AbortSignal) => {
  const found = await session.find<Wire<ServicePrincipal>>(
    `/servicePrincipals(appId='${keyText(appId)}')?${PRINCIPAL}`,
    signal,
  );
  return found && principal(found);
};
