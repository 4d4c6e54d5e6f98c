// The directory's own audit log.
import type { AuditEvent } from '../../model/directory.ts';
import { isRecord } from '../call.ts';
import type { Client } from '../client.ts';
import { textOf } from '../fields.ts';
import { encodeValue, odataString } from '../filters.ts';
import type { Graph } from '../graph.ts';
import { type Item, readList } from '../pages.ts';

/** Source: https://learn.microsoft.com/graph/throttling-limits (identity and access reports: 5 requests in 10 seconds) */
const REQUESTS = 5;
const WINDOW_MS = 10_000;

/** An audit log that keeps to its own limit. Made once for a connection: the limit is for all callers together. */
export const createAuditLog = ({ client, clock }: Pick<Graph, 'client' | 'clock'>) => {
  const sentAt: number[] = [];
  // One after the other, so that each sees when the ones before it were sent.
  let turn: Promise<void> = Promise.resolve();
  const myTurn = (signal: AbortSignal | undefined): Promise<void> => {
    const mine = turn.then(async () => {
      if (sentAt.length === REQUESTS) {
        const waitMs = sentAt.shift()! + WINDOW_MS - clock.now();
        if (waitMs > 0) await clock.sleep(waitMs, signal);
      }
      sentAt.push(clock.now());
    });
    turn = mine.catch(() => undefined);
    return mine;
  };
  const paced: Client = {
    send: async (call, signal) => {
      await myTurn(signal);
      return client.send(call, signal);
    },
  };
  return {
    /** Source: https://learn.microsoft.com/graph/api/directoryaudit-list */
    auditEvents: async (targetId: string, since: string, signal?: AbortSignal): Promise<readonly AuditEvent[]> => {
      const filter = `activityDateTime ge ${new Date(since).toISOString()} and targetResources/any(t:t/id eq ${odataString(targetId)})`;
      const query = `$filter=${encodeValue(filter)}&$orderby=${encodeValue('activityDateTime desc')}&$top=100`;
      const path = `/auditLogs/directoryAudits?${query}`;
      const items = await readList(paced, { method: 'GET', path, template: '/auditLogs/directoryAudits' }, signal);
      return items.map(eventOf);
    },
  };
};

const eventOf = (item: Item): AuditEvent => ({
  id: textOf(item['id']),
  at: textOf(item['activityDateTime']),
  activity: textOf(item['activityDisplayName']),
  result: textOf(item['result']),
  reason: textOf(item['resultReason']),
  targetIds: (Array.isArray(item['targetResources']) ? item['targetResources'] : [])
    .filter(isRecord)
    .map(({ id }) => textOf(id)),
});
