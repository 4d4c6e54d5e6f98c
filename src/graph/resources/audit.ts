// The directory's own audit log: why something is not as it should be.
import type { AuditEvent } from '../../model/directory.ts';
import { odataString, option } from '../filters.ts';
import { readAll } from '../pages.ts';
import type { GraphSession } from '../session.ts';

interface WireEvent {
  readonly id: string;
  readonly activityDateTime?: string;
  readonly activityDisplayName?: string;
  readonly result?: string;
  readonly resultReason?: string | null;
  readonly targetResources?: readonly { readonly id?: string | null }[];
}

/** Events about an object since a moment, newest first. The log takes five requests in ten seconds. */
export const auditEvents = async (
  session: GraphSession,
  targetId: string,
  since: string,
  signal?: AbortSignal,
): Promise<readonly AuditEvent[]> => {
  const filter = `activityDateTime ge ${since} and targetResources/any(t:t/id eq '${odataString(targetId)}')`;
  const path = `/auditLogs/directoryAudits?${option('$filter', filter)}&${option('$orderby', 'activityDateTime desc')}`;
  return (await readAll<WireEvent>(session, path, signal)).map((event) => ({
    id: event.id,
    at: event.activityDateTime ?? '',
    activity: event.activityDisplayName ?? '',
    result: event.result ?? '',
    reason: event.resultReason ?? '',
    targetIds: (event.targetResources ?? []).flatMap(({ id }) => (id ? [id] : [])),
  }));
};
