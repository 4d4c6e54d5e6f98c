// The actions that make the application known to the directory, as far as it is not.
import type { AppRole } from '../model/directory.ts';
import { INTEGRATED_TAG } from '../model/plan.ts';
import type { Settings } from '../model/settings.ts';
import type { ActualState } from './actual.ts';
import type { ActionDraft } from './plan.ts';

/** In the order in which they have to be carried out. */
export const registrationActions = (
  settings: Pick<Settings, 'application'>,
  { application, servicePrincipal }: Pick<ActualState, 'application' | 'servicePrincipal'>,
  rolesToAdd: readonly AppRole[],
): readonly ActionDraft[] => {
  const { displayName, uniqueName } = settings.application;
  const drafts: ActionDraft[] = [];
  const tags = [INTEGRATED_TAG];
  if (!application) drafts.push({ kind: 'createApplication', uniqueName, displayName, tags });
  if (!servicePrincipal) drafts.push({ kind: 'createServicePrincipal', displayName });
  if (rolesToAdd.length > 0) drafts.push({ kind: 'addAppRoles', roles: rolesToAdd });
  const isTagged = (servicePrincipal ?? application)?.tags.includes(INTEGRATED_TAG) ?? !application;
  if (!isTagged) drafts.push({ kind: 'addTags', tags });
  if (!servicePrincipal?.appRoleAssignmentRequired) drafts.push({ kind: 'requireAssignment' });
  return drafts;
};
