// When the instances of a series begin. Source: https://learn.microsoft.com/graph/api/resources/accessreviewschedulesettings

export const DAY_MS = 86_400_000;

export interface Recurrence {
  readonly pattern: {
    readonly type: 'weekly' | 'absoluteMonthly';
    readonly interval: number;
    readonly dayOfMonth: number;
  };
  readonly range: {
    readonly type: 'noEnd' | 'endDate' | 'numbered';
    readonly startDate: string;
    readonly endDate?: string | null;
    readonly numberOfOccurrences?: number;
  };
}

/** How long it is at least from one beginning to the next, by what a pattern's interval may be. Days. */
export const INTERVALS: Readonly<Record<Recurrence['pattern']['type'], Readonly<Record<number, number>>>> = {
  weekly: { 1: 7 },
  absoluteMonthly: { 1: 28, 3: 89, 6: 181, 12: 365 },
};

/** Midnight of a date such as 2026-12-01, UTC. Milliseconds since 1970. */
export const midnight = (date: string): number => Date.parse(`${date}T00:00:00Z`);

/** The beginning of an occurrence, counted from 0; undefined behind the end of the range. */
export const startOf = ({ pattern, range }: Recurrence, occurrence: number): number | undefined => {
  if (range.type === 'numbered' && occurrence >= (range.numberOfOccurrences ?? 0)) return undefined;
  const first = midnight(range.startDate);
  const start =
    pattern.type === 'weekly'
      ? first + occurrence * pattern.interval * 7 * DAY_MS
      : monthly(first, pattern.dayOfMonth, occurrence * pattern.interval);
  return range.type === 'endDate' && start > midnight(range.endDate!) ? undefined : start;
};

/** So many months on, on a day of the month: that of the first date where the pattern says 0; the last where it is too short. */
const monthly = (first: number, dayOfMonth: number, months: number): number => {
  const from = new Date(first);
  const day = dayOfMonth === 0 ? from.getUTCDate() : dayOfMonth;
  const isOver = day < from.getUTCDate();
  const [year, month] = [from.getUTCFullYear(), from.getUTCMonth() + months + (isOver ? 1 : 0)];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(day, lastDay));
};

/** The first occurrence that begins on the day of `now` or later; undefined where there is none. */
export const firstFrom = (recurrence: Recurrence, now: number): number | undefined => {
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  for (let occurrence = 0; ; occurrence += 1) {
    const start = startOf(recurrence, occurrence);
    if (start === undefined || start >= today) return start === undefined ? undefined : occurrence;
  }
};
