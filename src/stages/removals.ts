// Removals, as commands run them: what is decided becomes removals, orders are placed and asked after, exceptions are kept.
// Each change is recorded before it is saved. Whoever is killed in between finds the order when placing it again.
import { compileRule } from '../match/rules.ts';
import type { Roster } from '../model/account.ts';
import type { Channel, OrderReport, OrderState, Placed } from '../model/channel.ts';
import type { Decision } from '../model/decision.ts';
import { ChannelDownError, ChannelError, RollcallError } from '../model/errors.ts';
import type { Removal, RemovalEvent, RemovalState } from '../model/removal.ts';
import type { Settings } from '../model/settings.ts';
import type { PlanRow } from '../plan/plan.ts';
import { roleOf } from '../plan/roles.ts';
import { advance, isChanged, isUnderWay, mayBeOrdered } from '../reconcile/advance.ts';
import { type Denial, DenialFinder, type HeldAccount, removalOf } from '../reconcile/denials.ts';
import { type AccountReading, accountIdentifier, isSameRole, type ReadAccount } from '../reconcile/identify.ts';
import { addDays, tellNow } from '../reconcile/overdue.ts';
import { RemovalIndex } from '../reconcile/removal-index.ts';
import type { RemovalChange } from '../store/removals.ts';
import type { Matching, Store } from '../store/store.ts';
import type { Work } from '../work.ts';
import { planRows } from './match.ts';

/** So many removals are recorded, saved, or handed to a channel together. */
const TOGETHER = 200;

export const nowOf = ({ clock }: Pick<Work, 'clock'>): string => new Date(clock.now()).toISOString();

/** How the configuration reads accounts. */
export const readingOf = ({ match, roles, create }: Settings): AccountReading => {
  const rules = match.rules.map((rule, index) => {
    const compiled = compileRule(rule, index);
    if (!('filter' in rule)) {
      return {
        columns: [rule.column],
        valueOf: (cell: (column: string) => string) => {
          const value = compiled.valueOf(cell);
          return value?.whole ?? value?.value;
        },
      };
    }
    const { columns } = rule;
    // The filter itself is nothing that a person would know an account by.
    return {
      columns,
      valueOf: (cell: (column: string) => string) =>
        compiled.valueOf(cell) && columns.map((column) => cell(column).trim()).join(' '),
    };
  });
  const named = Object.values(create?.attributes ?? {}).flatMap((template) =>
    [...template.matchAll(/\{([^{}]+)\}/g)].map(([, column]) => column!),
  );
  const roleColumn = 'column' in roles ? [roles.column] : [];
  return {
    rules,
    roleOf:
      roleColumn.length === 0
        ? null
        : (cell) => {
            const choice = roleOf(roles, cell);
            return 'name' in choice ? choice.name : null;
          },
    shown: [...new Set([...rules.flatMap(({ columns }) => columns), ...named, ...roleColumn])],
  };
};

/** Every account of a roster, read, in row order. */
export async function* readRows(store: Store, settings: Settings, roster: Roster): AsyncGenerator<ReadAccount> {
  const identify = accountIdentifier(roster.columns, readingOf(settings));
  for await (const account of store.accounts(roster)) yield identify(account);
}

/** Every account of a roster with the user behind it, in row order. */
export async function* heldRows(
  { store, settings }: Pick<Work, 'store' | 'settings'>,
  roster: Roster,
  matching: Matching,
): AsyncGenerator<HeldAccount> {
  const identify = accountIdentifier(roster.columns, readingOf(settings));
  for await (const { account, outcome } of planRows(store, roster, matching)) {
    const { user } = outcome;
    const known = user && { id: user.id, userPrincipalName: user.userPrincipalName, displayName: user.displayName };
    yield { ...identify(account), user: known ?? null, isEnabled: user?.accountEnabled ?? null };
  }
}

/**
 * The accounts of a roster, as often as they are asked for, for what is to be made for them in the directory: an account or
 * role that must go counts as ignored there, so that what was refused is not assigned again while it stands in the application.
 */
export const wantedRows = async (
  work: Pick<Work, 'store' | 'settings'>,
  roster: Roster,
  matching: Matching,
): Promise<() => AsyncGenerator<PlanRow>> => {
  const { store, settings } = work;
  const mustGo = await testGoing(work);
  if (mustGo === undefined) return () => planRows(store, roster, matching);
  const identify = accountIdentifier(roster.columns, readingOf(settings));
  return async function* () {
    for await (const row of planRows(store, roster, matching)) {
      const { user: _user, ...outcome } = row.outcome;
      yield mustGo(identify(row.account)) ? { ...row, outcome: { ...outcome, kind: 'ignored' } } : row;
    }
  };
};

/** Tells of an account whether it, or the role that it has, must go and is not excepted. Undefined where nothing must. */
export const testGoing = async (
  work: Pick<Work, 'store' | 'settings'>,
): Promise<((row: ReadAccount) => boolean) | undefined> => {
  const going = await allRemovals(work, ['open', 'ordered', 'accepted', 'claimedDone', 'returned']);
  if (going.length === 0) return undefined;
  const index = new RemovalIndex(going);
  return (row) => index.ofStanding(row).some(({ role }) => role === null || isSameRole(role, row.role));
};

/** Records changes, then saves them. What only says again what was known is saved without a record. */
export const keepChanges = async (
  { evidence, store }: Pick<Work, 'evidence' | 'store'>,
  changes: readonly Change[],
) => {
  for (let from = 0; from < changes.length; from += TOGETHER) {
    const some = changes.slice(from, from + TOGETHER);
    const told = some.flatMap(({ after, events }) =>
      events.map((event) => ({ kind: 'removalChanged', data: tell(after, event) })),
    );
    if (told.length > 0) evidence.append(...told);
    await store.removals.save(some.map(({ after, events }): RemovalChange => ({ removal: after, events })));
  }
};

interface Change {
  readonly after: Removal;
  readonly events: readonly RemovalEvent[];
}

const tell = ({ id, account, role, state }: Removal, event: RemovalEvent) => ({
  removal: id,
  account: account.key,
  role,
  event,
  state,
});

/** What an event makes of a removal; undefined where there is nothing to be kept. */
export const changeBy = (removal: Removal, ...events: readonly RemovalEvent[]): Change | undefined => {
  let after = removal;
  const telling: RemovalEvent[] = [];
  for (const event of events) {
    const next = advance(after, event);
    if (isChanged(after, next)) telling.push(event);
    after = next;
  }
  return after === removal ? undefined : { after, events: telling };
};

export const allRemovals = ({ store, settings }: Pick<Work, 'store' | 'settings'>, states?: readonly RemovalState[]) =>
  Array.fromAsync(store.removals.all(settings.application.uniqueName, states));

/** What became of decisions. */
export interface Added {
  readonly added: readonly Removal[];
  /** Accounts about which it was decided before. */
  readonly known: number;
  /** Decisions that have met no account of the newest roster. */
  readonly unfound: readonly Denial[];
}

/**
 * Makes removals of what was decided: one for each account, or role of an account, that a denial goes to in the newest
 * roster. The same denial taken twice changes nothing.
 */
export const addRemovals = async (
  work: Work,
  roster: Roster,
  matching: Matching,
  denials: Iterable<Denial>,
): Promise<Added> => {
  const { settings, evidence, store } = work;
  const finder = new DenialFinder(denials);
  const index = new RemovalIndex(await allRemovals(work));
  const { shown, roleOf: byRole } = readingOf(settings);
  const hasRoles = byRole !== null;
  const now = nowOf(work);
  const due = addDays(now, settings.removals.dueDays);
  const { uniqueName: application, displayName: applicationName } = settings.application;
  const basis = { application, applicationName, roster: roster.hash, now, due, shown, hasRoles };
  const added: Removal[] = [];
  const again = new Map<string, Change>();
  const known = new Set<string>();
  for await (const row of heldRows(work, roster, matching)) {
    for (const denial of finder.of(row, hasRoles)) {
      const before = index.of(row, hasRoles ? denial.role : null);
      if (before === undefined) {
        const removal = removalOf(row, denial, basis);
        index.add(removal);
        added.push(removal);
        continue;
      }
      known.add(before.id);
      const since = denial.at < now ? denial.at : now;
      const change = changeBy(before, { kind: 'decided', at: denial.at, since, cause: denial.cause, due });
      if (change) again.set(before.id, change);
    }
  }
  for (let from = 0; from < added.length; from += TOGETHER) {
    const some = added.slice(from, from + TOGETHER);
    evidence.append(...some.map((removal) => ({ kind: 'removalFound', data: removal })));
    await store.removals.save(some.map((removal) => ({ removal, events: [decidedEvent(removal)] })));
  }
  await keepChanges(work, [...again.values()]);
  for (const { id } of added) known.delete(id);
  return { added, known: known.size, unfound: finder.unfound() };
};

const decidedEvent = ({ decidedAt: at, since, cause, due }: Removal): RemovalEvent => ({
  kind: 'decided',
  at,
  since,
  cause,
  due,
});

/** Takes a review's decisions: what was denied becomes removals. Others leave everything as it is. */
export const takeDecisions = async (
  work: Work,
  roster: Roster,
  matching: Matching,
  decisions: AsyncIterable<Decision> | Iterable<Decision>,
): Promise<Added> => {
  const denials: Denial[] = [];
  for await (const { decision, principalId, role, reviewId, reviewedBy, justification, at } of decisions) {
    if (decision !== 'Deny') continue;
    const cause = { kind: 'denied', review: reviewId, decidedBy: reviewedBy, justification } as const;
    denials.push({ who: { userId: principalId }, role, cause, at });
  }
  return addRemovals(work, roster, matching, denials);
};

/** Lets removals stay until a day, which a person answers for. */
export const exceptRemovals = async (
  work: Work,
  removals: readonly Removal[],
  exception: { readonly by: string; readonly reason: string; readonly until: string },
): Promise<readonly Removal[]> => {
  const event = { kind: 'excepted', at: nowOf(work), ...exception } as const;
  const changes = removals.flatMap((removal) => changeBy(removal, event) ?? []);
  await keepChanges(work, changes);
  return changes.map(({ after }) => after);
};

/** Ends the exceptions whose day has come. */
export const endExceptions = async (work: Work): Promise<number> => {
  const event = { kind: 'exceptionEnded', at: nowOf(work) } as const;
  const changes = (await allRemovals(work, ['excepted'])).flatMap((removal) => changeBy(removal, event) ?? []);
  await keepChanges(work, changes);
  return changes.length;
};

/** What sending came to. */
export interface Sent {
  readonly exceptionsEnded: number;
  /** Ordered now, and those of them whose order was found to be there already. */
  readonly ordered: number;
  readonly found: number;
  readonly reopened: number;
  readonly reminded: number;
  readonly escalated: number;
  /** Removals for which there is no order, or none any more, each with its reason. */
  readonly failed: readonly { readonly id: string; readonly account: string; readonly reason: string }[];
  /** What the channel could not tell or pass on of orders that are in place, and why. */
  readonly problems: readonly string[];
}

/**
 * Places what is to be ordered, reads back what became of the orders that are placed, and reminds of what is overdue.
 *
 * Errors: ChannelDownError, after what was done until then has been kept.
 */
export const sendRemovals = async (work: Work, channel: Channel): Promise<Sent> => {
  const exceptionsEnded = await endExceptions(work);
  const problems: string[] = [];
  await readBack(work, channel, problems);
  const orders = new Orders(work, channel);
  const open = await allRemovals(work, ['open', 'returned']);
  // Of an order that another channel has, this one knows nothing.
  const isPlaced = ({ order }: Removal) => order?.channel === channel.name;
  await orders.place(
    'order',
    open.filter((removal) => !isPlaced(removal)),
  );
  await orders.place('reopen', open.filter(isPlaced));
  const told = await tellOverdue(work, channel, problems);
  const failed = (await allRemovals(work, ['open', 'returned'])).map(({ id, account, failure }) => ({
    id,
    account: account.key,
    reason: failure ?? 'it has not been tried',
  }));
  return { exceptionsEnded, ...orders.counts, ...told, failed, problems };
};

/** What concerns single removals keeps nobody from the others; it is told. A channel that is down ends the work. */
const orProblem = async <T>(work: Promise<T>, problems: string[]): Promise<T | undefined> =>
  work.catch((error: unknown) => {
    if (!(error instanceof ChannelError) || error instanceof ChannelDownError) throw error;
    problems.push(`${error.message} ${error.remedy}`);
    return undefined;
  });

/** Asks the channel what became of the orders that are under way. */
const readBack = async (work: Work, channel: Channel, problems: string[]): Promise<void> => {
  const underWay = await allRemovals(work, ['ordered', 'accepted', 'claimedDone']);
  const own = underWay.filter(({ order }) => order?.channel === channel.name);
  for (let from = 0; from < own.length; from += TOGETHER) {
    const some = own.slice(from, from + TOGETHER);
    const states = (await orProblem(channel.states(some, work.signal), problems)) ?? new Map<string, OrderState>();
    const changes = some.flatMap((removal) => {
      const event = eventOf(states.get(removal.id), nowOf(work));
      return (event && changeBy(removal, event)) ?? [];
    });
    await keepChanges(work, changes);
  }
};

/** What is merely ordered is known already; a channel that knows nothing says nothing. */
const eventOf = (state: OrderState | undefined, at: string): RemovalEvent | undefined => {
  switch (state?.kind) {
    case 'accepted':
    case 'claimedDone':
      return { kind: state.kind, at };
    case 'failed':
      return { kind: 'orderFailed', at, reason: state.reason };
    default:
      return undefined;
  }
};

/** Orders on their way: intended first, kept one by one as soon as each is certain. */
class Orders {
  readonly counts = { ordered: 0, found: 0, reopened: 0 };
  readonly #work: Work;
  readonly #channel: Channel;

  constructor(work: Work, channel: Channel) {
    this.#work = work;
    this.#channel = channel;
  }

  async place(how: 'order' | 'reopen', removals: readonly Removal[]): Promise<void> {
    const { evidence, lease, signal } = this.#work;
    for (let from = 0; from < removals.length; from += TOGETHER) {
      signal.throwIfAborted();
      lease.assertHeld();
      const some = removals.slice(from, from + TOGETHER).filter(mayBeOrdered);
      const ids = some.map(({ id }) => id);
      evidence.append({ kind: 'ordersIntended', data: { channel: this.#channel.name, how, removals: ids } });
      await this.#channel[how](some, this.#report(how), signal);
    }
  }

  #report(how: 'order' | 'reopen'): OrderReport {
    return {
      placed: async (removal, placed) => {
        const at = nowOf(this.#work);
        const { reference, address } = placed;
        const order = { channel: this.#channel.name, reference, ...(address && { address }), orderedAt: at };
        const said = eventOf(placed.state, at);
        await this.#keep(removal, { kind: 'ordered', at, order }, ...(said ? [said] : []));
        this.#count(how, placed);
      },
      refused: async (removal, error) => {
        const reason = `${error.message} ${error.remedy}`;
        await this.#keep(removal, { kind: 'orderFailed', at: nowOf(this.#work), reason });
      },
    };
  }

  async #keep(removal: Removal, ...events: readonly RemovalEvent[]): Promise<void> {
    const change = changeBy(removal, ...events);
    if (change) await keepChanges(this.#work, [change]);
  }

  #count(how: 'order' | 'reopen', { wasThere }: Placed): void {
    if (how === 'reopen') this.counts.reopened += 1;
    else this.counts.ordered += 1;
    if (wasThere) this.counts.found += 1;
  }
}

/** Reminds whoever has the orders that are overdue, and tells whoever stands above of those that long are. */
const tellOverdue = async (
  work: Work,
  channel: Channel,
  problems: string[],
): Promise<{ reminded: number; escalated: number }> => {
  const { settings, signal } = work;
  const now = nowOf(work);
  const underWay = (await allRemovals(work)).filter(
    (removal) => isUnderWay(removal) && removal.order?.channel === channel.name,
  );
  const due = underWay.map((removal) => ({ removal, ...tellNow(removal, settings.removals, now) }));
  const tellAll = async (removals: readonly Removal[], kind: 'reminded' | 'escalated') => {
    if (removals.length === 0) return 0;
    // Those that could be told have been by then; nobody is told twice for the others' sake.
    await orProblem(channel.remind(removals, kind === 'escalated', signal), problems);
    await keepChanges(
      work,
      removals.flatMap((removal) => changeBy(removal, { kind, at: now }) ?? []),
    );
    return removals.length;
  };
  // Whoever stands above is told once; that is a reminder, too.
  const escalated = await tellAll(
    due.filter(({ escalate }) => escalate).map(({ removal }) => removal),
    'escalated',
  );
  const reminded = await tellAll(
    due.filter(({ remind, escalate }) => remind && !escalate).map(({ removal }) => removal),
    'reminded',
  );
  return { reminded, escalated };
};

/** The removals whose ids begin so, one for each beginning. Errors: {@link RollcallError} for one that means none, or several. */
export const removalsById = async (work: Work, beginnings: readonly string[]): Promise<readonly Removal[]> => {
  const all = await allRemovals(work);
  return beginnings.map((beginning) => {
    const found = all.filter(({ id }) => id.startsWith(beginning.toLowerCase()));
    if (found.length === 1) return found[0]!;
    throw new RollcallError(
      `${found.length === 0 ? 'No removal' : `${found.length} removals`} of ${work.settings.application.displayName} ${found.length > 1 ? 'have' : 'has'} an id that begins with "${beginning}".`,
      'Take the id from "rollcall removals list".',
    );
  });
};
