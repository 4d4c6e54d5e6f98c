// rollcall removals: what must go from the application, listed, ordered, confirmed by a roster, or excepted.
import { resolve } from 'node:path';
import type { Channel } from '../../model/channel.ts';
import { RollcallError, UsageError } from '../../model/errors.ts';
import { REMOVAL_STATES, type RemovalState } from '../../model/removal.ts';
import {
  addRemovals,
  allRemovals,
  collect,
  endExceptions,
  exceptRemovals,
  followUp,
  match,
  newestMatching,
  newestRoster,
  readDenials,
  removalsById,
  sendRemovals,
} from '../../pipeline.ts';
import { isOverdue } from '../../reconcile/overdue.ts';
import type { Work } from '../../work.ts';
import { channelOf } from '../channel-of.ts';
import type { Io } from '../io.ts';
import { print } from '../print/output.ts';
import { count, counted } from '../print/progress.ts';
import { countsOf, countsText, removalLines, removalTable } from '../print/removals.ts';
import { rosterText } from '../print/results.ts';
import type { CommonOptions } from '../program.ts';
import { commandLine } from '../started.ts';
import { withWork } from '../with-work.ts';

export interface ListOptions extends CommonOptions {
  readonly state: readonly RemovalState[];
}

/** What is open, came back, came to nothing or is late needs a person; what is ordered in time waits. */
const statusOf = async (work: Work, now: string): Promise<number> => {
  const needing = (await allRemovals(work)).some(
    (removal) => removal.state === 'open' || removal.state === 'returned' || isOverdue(removal, now),
  );
  return needing ? 2 : 0;
};

const nowOf = (): string => new Date().toISOString();

export const removalsList = (options: ListOptions, io: Io): Promise<number> =>
  withWork(options, io, 'removals list', async (work) => {
    const now = nowOf();
    const unknown = options.state.find((state) => !REMOVAL_STATES.includes(state));
    if (unknown !== undefined)
      throw new UsageError(`--state: there is no state "${unknown}".`, `Name some of ${REMOVAL_STATES.join(', ')}.`);
    const all = await allRemovals(work);
    const shown = options.state.length === 0 ? all : all.filter(({ state }) => options.state.includes(state));
    const counts = countsOf(all);
    const overdue = all.filter((removal) => isOverdue(removal, now)).length;
    const status = await statusOf(work, now);
    const isToSend = (counts.open ?? 0) + (counts.returned ?? 0) > 0;
    const next = isToSend ? ['removals', 'send'] : ['removals', 'confirm'];
    await print(
      {
        data: { counts, overdue, removals: shown },
        text: [
          `${countsText(counts)}${overdue > 0 ? `; ${count(overdue)} overdue` : ''}`,
          ...removalLines(shown, now),
          ...(status === 0 ? [] : [`Next: ${commandLine(io.started, options, ...next)}`]),
        ].join('\n'),
        table: removalTable(shown, now),
      },
      options,
      io,
    );
    return status;
  });

export interface DenyOptions extends CommonOptions {
  readonly decisions: string;
}

export const removalsDeny = (options: DenyOptions, io: Io): Promise<number> =>
  withWork(options, io, 'removals deny', async (work) => {
    const roster = await newestRoster(work);
    const matching = await newestMatching(work, roster);
    const denials = await readDenials(resolve(options.decisions), roster.columns, nowOf(), io.signal);
    const { added, known, unfound } = await addRemovals(work, roster, matching, denials);
    const lost = unfound.map(({ who }) => Object.values('account' in who ? who.account : who).join(', '));
    await print(
      {
        data: { denials: denials.length, added, known, unfound: lost },
        text: [
          `${counted(denials.length, 'denial')}: ${counted(added.length, 'account is', 'accounts are')} to be removed, ${count(known)} known before`,
          ...removalLines(added, nowOf()),
          ...lost.map((name) => `  ${name}: no account of the newest roster is meant by this; it may be gone already`),
          `Next: ${commandLine(io.started, options, 'removals', 'send')}`,
        ].join('\n'),
        table: removalTable(added, nowOf()),
      },
      options,
      io,
    );
    return added.length > 0 || lost.length > 0 ? 2 : 0;
  });

export interface SendOptions extends CommonOptions {
  readonly whatIf: boolean;
  readonly dryRun: boolean;
}

/** Tries the channel, and lists what would be ordered by it. */
const showOrders = async (work: Work, channel: Channel, options: CommonOptions, io: Io): Promise<number> => {
  const found = await channel.check(io.signal);
  const removals = await allRemovals(work, ['open', 'returned']);
  const now = nowOf();
  await print(
    {
      data: { channel: channel.name, found, removals },
      text: [
        found,
        `${count(removals.length)} would be ordered`,
        ...removalLines(removals, now),
        `Next: ${commandLine(io.started, options, 'removals', 'send')}`,
      ].join('\n'),
      table: removalTable(removals, now),
    },
    options,
    io,
  );
  return removals.length > 0 ? 2 : 0;
};

export const removalsSend = (options: SendOptions, io: Io): Promise<number> =>
  withWork(options, io, 'removals send', async (work) => {
    const { channel: settings } = work.settings.removals;
    if (settings === null) {
      throw new RollcallError(
        `The configuration names no channel by which removals of ${work.settings.application.displayName} are ordered.`,
        'Write one under removals.channel, as docs/configuration.md shows, or order them by hand from "rollcall removals list --output csv".',
      );
    }
    const channel = await channelOf(settings, io, work.clock);
    try {
      if (options.whatIf || options.dryRun) return await showOrders(work, channel, options, io);
      const sent = await sendRemovals(work, channel);
      const all = await allRemovals(work);
      await print(
        {
          data: { ...sent, counts: countsOf(all) },
          text: [
            `${count(sent.ordered)} ordered by ${channel.name}, ${count(sent.found)} of all orders were there already, ${count(sent.reopened)} reopened`,
            `${count(sent.reminded)} reminded, ${count(sent.escalated)} escalated, ${counted(sent.exceptionsEnded, 'exception')} ended`,
            ...sent.failed.map(({ account, reason }) => `  ${account}: ${reason}`),
            ...sent.problems.map((problem) => `  ${problem}`),
            countsText(countsOf(all)),
            `Next, when the application has changed: ${commandLine(io.started, options, 'reconcile')}`,
          ].join('\n'),
        },
        options,
        io,
      );
      return sent.problems.length > 0 ? 2 : await statusOf(work, nowOf());
    } finally {
      await channel.close?.();
    }
  });

export interface ConfirmOptions extends CommonOptions {
  readonly from?: string;
  readonly identity?: string;
  readonly allow: readonly string[];
}

export const removalsConfirm = (options: ConfirmOptions, io: Io): Promise<number> =>
  withWork(options, io, 'removals confirm', async (work) => {
    await endExceptions(work);
    const { roster } = await collect(work);
    const { matching } = await match(work, roster);
    const { confirmed, returned, remaining, untold } = await followUp(work, roster, matching);
    const now = nowOf();
    const all = [...confirmed, ...returned, ...remaining, ...untold.map(({ removal }) => removal)];
    await print(
      {
        data: { roster: roster.hash, confirmed, returned, remaining, untold },
        text: [
          rosterText(roster),
          `${count(confirmed.length)} confirmed gone, ${count(returned.length)} there again, ${count(remaining.length)} there still`,
          ...removalLines(all, now),
          ...untold.map(({ removal, reason }) => `  ${removal.account.key} is neither confirmed nor not: ${reason}`),
          ...(returned.length > 0 ? [`Next: ${commandLine(io.started, options, 'removals', 'send')}`] : []),
        ].join('\n'),
        table: removalTable(all, now),
      },
      options,
      io,
    );
    return untold.length > 0 ? 2 : statusOf(work, now);
  });

export interface ExceptOptions extends CommonOptions {
  readonly removals: readonly string[];
  readonly by: string;
  readonly reason: string;
  readonly until: string;
}

export const removalsExcept = (options: ExceptOptions, io: Io): Promise<number> =>
  withWork(options, io, 'removals except', async (work) => {
    const { by, reason } = options;
    const until = endOf(options.until);
    for (const [name, value] of Object.entries({ by, reason })) {
      if (value.trim() === '')
        throw new UsageError(`--${name} is empty.`, 'An exception has a person, a reason and an end.');
    }
    const removals = await removalsById(work, options.removals);
    const excepted = await exceptRemovals(work, removals, { by: by.trim(), reason: reason.trim(), until });
    await print(
      {
        data: { excepted },
        text: [`${count(excepted.length)} excepted until ${options.until}`, ...removalLines(excepted, nowOf())].join(
          '\n',
        ),
        table: removalTable(excepted, nowOf()),
      },
      options,
      io,
    );
    return excepted.length === removals.length ? 0 : 2;
  });

/** The whole of that day is meant. */
const endOf = (day: string): string => {
  const time = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  const end = new Date(time + 86_400_000);
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== day)
    throw new UsageError(`--until takes a day such as 2027-01-31, not "${day}".`, 'Give such a day.');
  if (end.getTime() <= Date.now())
    throw new UsageError(`--until: ${day} has passed.`, 'Give a day that is still to come.');
  return end.toISOString();
};
