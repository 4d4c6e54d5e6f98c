import fc from 'fast-check';
import { expect, test } from 'vitest';
import { removalOf } from '../../test/support/removal.ts';
import type { Removal, RemovalEvent } from '../model/removal.ts';
import { advance, isChanged, isUnderWay, mayBeOrdered } from './advance.ts';

const day = (n: number): string => new Date(Date.UTC(2026, 0, 1 + n)).toISOString();

const DECIDED = 10;

const removal = removalOf(1, {
  cause: { kind: 'denied', review: 'r', decidedBy: 'owner@contoso.com', justification: 'left the team' },
  decidedAt: day(DECIDED),
  since: day(DECIDED),
  roster: 'sha256:0',
  due: day(24),
});

const follow = (events: readonly RemovalEvent[], from = removal): Removal => events.reduce(advance, from);

const days = fc.integer({ min: 0, max: 40 });

const ticketEvent = fc.oneof(
  fc.record({ kind: fc.constantFrom('accepted' as const, 'claimedDone' as const), at: days.map(day) }),
  fc.record({ kind: fc.constant('orderFailed' as const), at: days.map(day), reason: fc.constant('cancelled') }),
  fc.tuple(days, fc.integer({ min: 1, max: 3 })).map(([n, ticket]) => ({
    kind: 'ordered' as const,
    at: day(n),
    order: { channel: 'desk', reference: `INC${ticket}`, orderedAt: day(n) },
  })),
  fc.record({ kind: fc.constantFrom('reminded' as const, 'escalated' as const), at: days.map(day) }),
);

const rosterEvent = fc
  .tuple(days, fc.boolean(), fc.boolean())
  .map(([n, isThere, isRenamed]): RemovalEvent & { kind: 'absent' | 'present' } =>
    isThere
      ? { kind: 'present', at: day(n), roster: `sha256:${n}`, ...(isRenamed && { as: 'ann.field@contoso.com' }) }
      : { kind: 'absent', at: day(n), roster: `sha256:${n}` },
  );

const personEvent = fc.oneof(
  fc.tuple(days, days).map(([n, until]) => ({
    kind: 'excepted' as const,
    at: day(n),
    by: 'owner@contoso.com',
    reason: 'year end',
    until: day(until),
  })),
  fc.record({ kind: fc.constant('exceptionEnded' as const), at: days.map(day) }),
);

const anyEvent = fc.oneof(ticketEvent, rosterEvent, personEvent);
const sequence = fc.array(anyEvent, { maxLength: 25 });

/** What the newest roster since the decision says; of two of one moment, that which has it. */
const newestSays = (events: readonly RemovalEvent[]): 'absent' | 'present' | undefined => {
  const rosters = events.filter(
    (event): event is RemovalEvent & { kind: 'absent' | 'present' } =>
      (event.kind === 'absent' || event.kind === 'present') && event.at > removal.since,
  );
  const newest = rosters
    .map(({ at }) => at)
    .sort()
    .at(-1);
  const last = rosters.filter(({ at }) => at === newest);
  return last.some(({ kind }) => kind === 'present') ? 'present' : last[0]?.kind;
};

test('no sequence of ticket states and people closes a removal', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(ticketEvent, personEvent), { maxLength: 40 }), (events) => {
      expect(follow(events).state).not.toBe('confirmed');
    }),
    { numRuns: 500 },
  );
});

test('a removal is confirmed if, and only if, the newest complete roster since the decision lacks the account', () => {
  fc.assert(
    fc.property(sequence, (events) => {
      const { state, confirmedBy } = follow(events);
      expect(state === 'confirmed').toBe(newestSays(events) === 'absent');
      expect(confirmedBy !== null).toBe(state === 'confirmed');
    }),
    { numRuns: 2000 },
  );
});

test('an order is placed once, and only what is open or came back is ordered', () => {
  fc.assert(
    fc.property(sequence, (events) => {
      let now = removal;
      for (const event of events) {
        const after = advance(now, event);
        if (now.order !== null) expect(after.order).not.toBeNull();
        if (after.order !== now.order) expect([event.kind, mayBeOrdered(now)]).toEqual(['ordered', true]);
        if (isUnderWay(after)) expect(after.order).not.toBeNull();
        now = after;
      }
    }),
    { numRuns: 1000 },
  );
});

test('an event that comes twice changes nothing the second time', () => {
  fc.assert(
    fc.property(sequence, anyEvent, (events, event) => {
      const once = follow([...events, event]);
      const twice = advance(once, event);
      expect(isChanged(once, twice)).toBe(false);
      expect(twice).toEqual(once);
    }),
    { numRuns: 1000 },
  );
});

test('an exception has a person, a reason and an end, and falls back when it comes', () => {
  fc.assert(
    fc.property(sequence, (events) => {
      const now = follow(events);
      expect(now.exception !== null).toBe(now.state === 'excepted');
      if (now.exception === null) return;
      expect(now.exception).toEqual({ by: 'owner@contoso.com', reason: 'year end', until: expect.any(String) });
      const early = advance(now, { kind: 'exceptionEnded', at: day(-1) });
      expect(early).toBe(now);
      const after = advance(now, { kind: 'exceptionEnded', at: now.exception.until });
      expect(after).toMatchObject({ state: 'open', exception: null });
      expect(after.due >= now.exception.until).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

const ordered = (reference: string, n: number): RemovalEvent => ({
  kind: 'ordered',
  at: day(n),
  order: { channel: 'desk', reference, orderedAt: day(n) },
});

test('what was claimed done and stands in a later roster has returned; in a roster from before the claim it has not', () => {
  const claimed = follow([ordered('INC1', 11), { kind: 'claimedDone', at: day(13) }]);
  expect(advance(claimed, { kind: 'present', at: day(12), roster: 'sha256:1' }).state).toBe('claimedDone');
  const returned = advance(claimed, { kind: 'present', at: day(14), roster: 'sha256:2', as: 'ann.field@contoso.com' });
  expect(returned).toMatchObject({
    state: 'returned',
    seen: { as: 'ann.field@contoso.com' },
    order: { reference: 'INC1' },
  });
  // The ticket still says that it is done. It is no longer asked.
  expect(advance(returned, { kind: 'claimedDone', at: day(15) })).toBe(returned);
  expect(advance(returned, ordered('INC1', 15))).toMatchObject({ state: 'ordered', order: { orderedAt: day(15) } });
});

test('an account that was confirmed gone and comes back has returned, with the order that it had', () => {
  const gone = follow([ordered('INC1', 11), { kind: 'absent', at: day(12), roster: 'sha256:1' }]);
  expect(gone).toMatchObject({ state: 'confirmed', confirmedBy: { roster: 'sha256:1', at: day(12) } });
  const back = advance(gone, { kind: 'present', at: day(20), roster: 'sha256:2' });
  expect(back).toMatchObject({ state: 'returned', order: { reference: 'INC1' }, confirmedBy: null });
});

test('a roster of the time before the decision confirms nothing', () => {
  expect(advance(removal, { kind: 'absent', at: day(DECIDED), roster: 'sha256:1' })).toBe(removal);
});

test('what is gone and refused anew is open again, with the order that it had', () => {
  const gone = follow([ordered('INC1', 11), { kind: 'absent', at: day(12), roster: 'sha256:1' }]);
  const again = advance(gone, { kind: 'decided', at: day(100), since: day(100), cause: removal.cause, due: day(114) });
  expect(again).toMatchObject({ state: 'open', due: day(114), order: { reference: 'INC1' }, seen: null });
  expect(
    advance(removal, { kind: 'decided', at: day(100), since: day(100), cause: removal.cause, due: day(114) }),
  ).toBe(removal);
});

test('where the clock of whoever decided is ahead, a roster of the time after it was heard of confirms', () => {
  const ahead = { ...removal, decidedAt: day(30), since: day(DECIDED) };
  expect(advance(ahead, { kind: 'absent', at: day(12), roster: 'sha256:1' }).state).toBe('confirmed');
});
