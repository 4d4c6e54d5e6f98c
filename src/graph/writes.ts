// What each change is called in Microsoft Graph.
import type { AppRole, DirectoryWrite } from '../model/directory.ts';
import type { Call } from './call.ts';
import { encodeValue, odataString } from './filters.ts';
import { definitionBody, definitionPath, instancePath, REVIEW_TEMPLATES } from './resources/reviews.ts';

export const callOf = (write: DirectoryWrite): Call => {
  switch (write.kind) {
    // https://learn.microsoft.com/graph/api/user-post-users
    case 'createUser':
      return { method: 'POST', path: '/users', template: '/users', body: newUser(write) };
    // https://learn.microsoft.com/graph/api/application-upsert: the key makes a second one impossible.
    case 'createApplication':
      return {
        method: 'PATCH',
        path: `/applications(uniqueName=${encodeValue(odataString(write.uniqueName))})`,
        template: "/applications(uniqueName='{uniqueName}')",
        headers: { Prefer: 'create-if-missing' },
        body: { displayName: write.properties.displayName, tags: write.properties.tags },
      };
    // https://learn.microsoft.com/graph/api/serviceprincipal-post-serviceprincipals
    case 'createServicePrincipal':
      return {
        method: 'POST',
        path: '/servicePrincipals',
        template: '/servicePrincipals',
        body: { appId: write.appId },
      };
    // https://learn.microsoft.com/graph/api/application-update: replaces all roles.
    case 'setAppRoles':
      return {
        method: 'PATCH',
        path: `/applications/${encodeURIComponent(write.applicationId)}`,
        template: '/applications/{id}',
        body: { appRoles: write.appRoles.map(appRole) },
      };
    // https://learn.microsoft.com/graph/api/serviceprincipal-update
    case 'setTags':
      return servicePrincipalUpdate(write.servicePrincipalId, { tags: write.tags });
    case 'requireAssignment':
      return servicePrincipalUpdate(write.servicePrincipalId, { appRoleAssignmentRequired: true });
    // https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto
    case 'assign':
      return {
        method: 'POST',
        path: `/servicePrincipals/${encodeURIComponent(write.servicePrincipalId)}/appRoleAssignedTo`,
        template: '/servicePrincipals/{id}/appRoleAssignedTo',
        body: {
          principalId: write.principalId,
          resourceId: write.servicePrincipalId,
          appRoleId: write.appRoleId,
        },
      };
    // https://learn.microsoft.com/graph/api/serviceprincipal-delete-approleassignedto
    case 'unassign':
      return {
        method: 'DELETE',
        path: `/servicePrincipals/${encodeURIComponent(write.servicePrincipalId)}/appRoleAssignedTo/${encodeURIComponent(write.assignmentId)}`,
        template: '/servicePrincipals/{id}/appRoleAssignedTo/{id}',
      };
    // https://learn.microsoft.com/graph/api/accessreviewset-post-definitions
    case 'startReview':
      return {
        method: 'POST',
        path: REVIEW_TEMPLATES.definitions,
        template: REVIEW_TEMPLATES.definitions,
        body: definitionBody(write.order),
      };
    // https://learn.microsoft.com/graph/api/accessreviewinstance-stop and its like: actions without a body.
    case 'stopReview':
      return instanceAction(write, 'stop');
    // https://learn.microsoft.com/graph/api/accessreviewscheduledefinition-stop: no further round, and what runs ends.
    case 'stopSeries':
      return {
        method: 'POST',
        path: `${definitionPath(write.reviewId)}/stop`,
        template: `${REVIEW_TEMPLATES.definition}/stop`,
      };
    case 'remindReviewers':
      return instanceAction(write, 'sendReminder');
    case 'applyDecisions':
      return instanceAction(write, 'applyDecisions');
    // https://learn.microsoft.com/graph/api/accessreviewinstancedecisionitem-update
    case 'decide':
      return {
        method: 'PATCH',
        path: `${instancePath(write.reviewId, write.instanceId)}/decisions/${encodeURIComponent(write.decisionId)}`,
        template: `${REVIEW_TEMPLATES.instance}/decisions/{id}`,
        body: { decision: write.decision, justification: write.justification },
      };
    default:
      return write satisfies never;
  }
};

const instanceAction = (
  { reviewId, instanceId }: { readonly reviewId: string; readonly instanceId: string },
  action: string,
): Call => ({
  method: 'POST',
  path: `${instancePath(reviewId, instanceId)}/${action}`,
  template: `${REVIEW_TEMPLATES.instance}/${action}`,
});

const servicePrincipalUpdate = (id: string, body: unknown): Call => ({
  method: 'PATCH',
  path: `/servicePrincipals/${encodeURIComponent(id)}`,
  template: '/servicePrincipals/{id}',
  body,
});

// `origin`, which Graph sends along when roles are read, is refused when it is sent back.
const appRole = ({ id, displayName, description, value, isEnabled, allowedMemberTypes }: AppRole): AppRole => ({
  id,
  displayName,
  description,
  value,
  isEnabled,
  allowedMemberTypes,
});

const EXTENSION_ATTRIBUTE = /^(?:onPremisesExtensionAttributes\/)?(extensionAttribute\d+)$/;

const newUser = ({ properties, password }: Extract<DirectoryWrite, { kind: 'createUser' }>): unknown => {
  const plain: [string, unknown][] = [];
  const extension: [string, unknown][] = [];
  for (const [name, value] of Object.entries(properties)) {
    const inside = EXTENSION_ATTRIBUTE.exec(name)?.[1];
    if (inside === undefined) plain.push([name, value]);
    else extension.push([inside, value]);
  }
  return {
    ...Object.fromEntries(plain),
    ...(extension.length > 0 && { onPremisesExtensionAttributes: Object.fromEntries(extension) }),
    passwordProfile: { forceChangePasswordNextSignIn: true, password },
  };
};
