// What an event makes of a removal. Only a roster closes one; tickets and people move it between the other states.
import type { Removal, RemovalEvent, RemovalSeen } from '../model/removal.ts';

/**
 * The removal after the event; the same object where the event changes nothing, as one that comes twice or too late does.
 *
 * It is confirmed if, and only if, the newest complete roster that was collected after the decision lacks the account, or
 * the role. Of two rosters of the same moment, the one that has it is believed. An order is placed once; what came to
 * nothing or is to be done again reopens it.
 */
export const advance = (removal: Removal, event: RemovalEvent): Removal => {
  switch (event.kind) {
    case 'decided':
      return decidedAgain(removal, event);
    case 'ordered':
      return mayBeOrdered(removal) ? ordered(removal, event) : removal;
    case 'accepted':
      return isUnderWay(removal) && removal.state !== 'accepted' ? { ...removal, state: 'accepted' } : removal;
    case 'claimedDone':
      if (!isUnderWay(removal) || removal.state === 'claimedDone') return removal;
      return { ...removal, state: 'claimedDone', claimedAt: event.at };
    case 'orderFailed':
      return orderFailed(removal, event.reason);
    case 'absent':
      return absent(removal, event);
    case 'present':
      return present(removal, event);
    case 'excepted':
      return excepted(removal, event);
    case 'exceptionEnded':
      return exceptionEnded(removal, event.at);
    case 'reminded':
      return isUnderWay(removal) && removal.remindedAt !== event.at ? { ...removal, remindedAt: event.at } : removal;
    case 'escalated':
      return isUnderWay(removal) && removal.escalatedAt !== event.at ? { ...removal, escalatedAt: event.at } : removal;
    default:
      return event satisfies never;
  }
};

/** Whether an order may be placed or reopened now. */
export const mayBeOrdered = ({ state }: Removal): boolean => state === 'open' || state === 'returned';

/** Whether its order is believed to be with somebody. */
export const isUnderWay = ({ state }: Removal): boolean =>
  state === 'ordered' || state === 'accepted' || state === 'claimedDone';

const ordered = (removal: Removal, { order }: RemovalEvent & { kind: 'ordered' }): Removal => ({
  ...removal,
  state: 'ordered',
  order,
  failure: null,
  remindedAt: null,
  escalatedAt: null,
});

/** One that was never placed, or not reopened, stays as it is, and it is known why. */
const orderFailed = (removal: Removal, reason: string): Removal => {
  if (isUnderWay(removal)) return { ...removal, state: 'open', failure: reason, claimedAt: null };
  return mayBeOrdered(removal) && removal.failure !== reason ? { ...removal, failure: reason } : removal;
};

/** What is gone and decided about once more begins anew, with the order that it had. A reviewer's word explains what was only seen to be withdrawn. */
const decidedAgain = (removal: Removal, { at, since, cause, due }: RemovalEvent & { kind: 'decided' }): Removal => {
  if (removal.state !== 'confirmed')
    return removal.cause.kind === 'withdrawn' && cause.kind === 'denied' ? { ...removal, cause } : removal;
  if (at <= removal.decidedAt) return removal;
  const decided = { ...removal, cause, decidedAt: at, since, due };
  // A roster that lacks it was collected since: there is nothing to be done.
  if (removal.seen && removal.seen.at > since) return decided;
  return { ...decided, state: 'open', claimedAt: null, seen: null, confirmedBy: null };
};

const absent = (removal: Removal, { at, roster }: RemovalEvent & { kind: 'absent' }): Removal => {
  if (at <= removal.since || (removal.seen && at <= removal.seen.at)) return removal;
  const seen = { roster, at, isThere: false };
  if (removal.state === 'confirmed') return { ...removal, seen };
  return { ...removal, state: 'confirmed', seen, confirmedBy: { roster, at }, exception: null, failure: null };
};

const present = (removal: Removal, { at, roster, as }: RemovalEvent & { kind: 'present' }): Removal => {
  if (at <= removal.since || isOlder(at, removal.seen)) return removal;
  const seen: RemovalSeen = { roster, at, isThere: true, ...(as !== undefined && { as }) };
  const wasGone = removal.state === 'confirmed';
  const wasSaidGone = removal.state === 'claimedDone' && at > removal.claimedAt!;
  if (!wasGone && !wasSaidGone) return { ...removal, seen };
  return { ...removal, seen, state: 'returned', claimedAt: null, confirmedBy: null };
};

const isOlder = (at: string, seen: RemovalSeen | null): boolean =>
  seen !== null && (at < seen.at || (at === seen.at && seen.isThere));

const excepted = (removal: Removal, event: RemovalEvent & { kind: 'excepted' }): Removal => {
  const { at, by, reason, until } = event;
  if (removal.state === 'confirmed' || until <= at) return removal;
  const { exception } = removal;
  if (exception && exception.by === by && exception.reason === reason && exception.until === until) return removal;
  return { ...removal, state: 'excepted', exception: { by, reason, until }, failure: null };
};

/** It may have been done, refused or forgotten meanwhile: its order is reopened, which leaves one that is open as it is. */
const exceptionEnded = (removal: Removal, at: string): Removal => {
  const { exception, due } = removal;
  if (exception === null || at < exception.until) return removal;
  const later = due > exception.until ? due : exception.until;
  return { ...removal, state: 'open', exception: null, claimedAt: null, due: later };
};

/** Whether two states of a removal differ in more than in which roster was looked at last: whether there is something to record. */
export const isChanged = (before: Removal, after: Removal): boolean => {
  if (before === after) return false;
  if (before.seen?.as !== after.seen?.as) return true;
  return Object.keys(after).some(
    (key) => key !== 'seen' && after[key as keyof Removal] !== before[key as keyof Removal],
  );
};
