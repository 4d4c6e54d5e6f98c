// Which removals are overdue, and who is to be told of them now.
import type { Removal } from '../model/removal.ts';
import type { RemovalSettings } from '../model/settings.ts';

const DAY_MS = 86_400_000;

export const addDays = (time: string, days: number): string => new Date(Date.parse(time) + days * DAY_MS).toISOString();

/** Whether it should have been done by now. One that is excepted waits for its exception's end. `now`: ISO 8601, UTC. */
export const isOverdue = ({ state, due }: Removal, now: string): boolean =>
  state !== 'confirmed' && state !== 'excepted' && due <= now;

/**
 * Whether whoever has the order is to be reminded now, or whoever stands above to be told. What is claimed done waits for
 * a roster, and nobody is reminded of that. An order that was reopened late has its first reminder a while after that.
 */
export const tellNow = (
  removal: Removal,
  { remindDays, escalateDays }: Pick<RemovalSettings, 'remindDays' | 'escalateDays'>,
  now: string,
): { readonly remind: boolean; readonly escalate: boolean } => {
  const { state, order, due, remindedAt, escalatedAt } = removal;
  if ((state !== 'ordered' && state !== 'accepted') || order === null) return { remind: false, escalate: false };
  const isLate = order.orderedAt >= due;
  const first = isLate ? addDays(order.orderedAt, remindDays) : due;
  const remindAt = remindedAt === null ? first : addDays(remindedAt, remindDays);
  const escalateAt = addDays(isLate ? order.orderedAt : due, escalateDays);
  return { remind: remindAt <= now, escalate: escalatedAt === null && escalateAt <= now };
};
