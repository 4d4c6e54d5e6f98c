// Who is assigned to an application, in which role.
import type { Assignment } from '../../model/directory.ts';
import { pages } from '../pages.ts';
import type { GraphSession } from '../session.ts';

const PER_PAGE = 999;

/** All assignments, all roles, users and groups alike. The order is not promised. */
export async function* assignments(
  session: GraphSession,
  servicePrincipalId: string,
  signal?: AbortSignal,
): AsyncGenerator<readonly Assignment[]> {
  const path = `/servicePrincipals/${servicePrincipalId}/appRoleAssignedTo?$top=${PER_PAGE}`;
  for await (const page of pages<Partial<Assignment>>(session, path, signal)) {
    yield page.map(({ id, principalId, principalType, principalDisplayName, appRoleId }) => ({
      id: id!,
      principalId: principalId!,
      principalType: principalType ?? '',
      principalDisplayName: principalDisplayName ?? '',
      appRoleId: appRoleId!,
    }));
  }
}
