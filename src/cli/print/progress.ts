// Progress on a terminal: one line on standard error, drawn over, with rate and time to the end.
import type { Progress } from '../../work.ts';
import type { Io } from '../io.ts';

const VERBS: Readonly<Record<Progress['stage'], string>> = {
  collect: 'Collecting accounts',
  match: 'Matching accounts',
  plan: 'Planning',
  apply: 'Applying changes',
  verify: 'Verifying',
};

/** A few updates a second are as many as a person reads. Milliseconds. */
const REDRAW_MS = 250;
/** The rate shown is that of the last while, not of a quick beginning. Milliseconds. */
const RECENT_MS = 10_000;

/** Shows progress where a person watches; stays silent in a pipe, and when told to be quiet. */
export const progressOn = (
  io: Io,
  { quiet }: { readonly quiet: boolean },
): { show(progress: Progress): void; clear(): void } => {
  if (quiet || !io.interactive) return { show: () => undefined, clear: () => undefined };
  let stage: Progress['stage'] | undefined;
  let began = 0;
  let drawn = 0;
  let recent: { readonly at: number; readonly done: number }[] = [];
  return {
    show: (progress) => {
      const now = performance.now();
      if (progress.stage !== stage) {
        [stage, began, drawn] = [progress.stage, now, 0];
        recent = [{ at: now, done: progress.done }];
      }
      if (now - drawn < REDRAW_MS && progress.done !== progress.of) return;
      drawn = now;
      recent.push({ at: now, done: progress.done });
      while (recent.length > 2 && now - recent[1]!.at > RECENT_MS) recent.shift();
      const { at, done } = recent[0]!;
      const rate = now > at ? ((progress.done - done) / (now - at)) * 1000 : 0;
      io.err(`\r\u001b[2K${progressText(progress, (now - began) / 1000, rate, new Date())}`);
    },
    clear: () => {
      if (stage !== undefined) io.err('\r\u001b[2K');
    },
  };
};

/** `Applying changes  12,345 of 50,000  ·  19.8 of 20 a second  ·  31 min 22 s left, until 14:32`; `rate` is a second's. */
export const progressText = (progress: Progress, seconds: number, rate: number, now: Date): string => {
  const { stage, done, of, allowed } = progress;
  const parts = [`${VERBS[stage]}  ${count(done)}${of === null ? '' : ` of ${count(of)}`}`];
  if (seconds < 1) return parts[0]!;
  if (allowed && rate > 2 * allowed.perSecond)
    parts.push(`${count(Math.round(rate))} a second, later ${tenths(allowed.perSecond)}`);
  else if (allowed) parts.push(`${tenths(rate)} of ${tenths(allowed.perSecond)} a second`);
  else if (rate > 0) parts.push(`${count(Math.round(rate))} a second`);
  const left = secondsLeft(progress, seconds, rate);
  if (left > 0) parts.push(`${duration(left)} left${left < 60 ? '' : `, until ${clockTime(now, left)}`}`);
  return parts.join('  ·  ');
};

/** At the present rate, but no sooner than the directory allows; 0 where it is not known. */
const secondsLeft = ({ done, of, allowed }: Progress, seconds: number, rate: number): number => {
  if (of === null) return 0;
  const left = of - done;
  const atRate = rate > 0 ? left / rate : 0;
  if (!allowed) return atRate;
  const allowedByNow = Math.max(0, allowed.atOnce + allowed.perSecond * seconds - done);
  return Math.max(atRate, (left - allowedByNow) / allowed.perSecond);
};

const clockTime = (now: Date, secondsLater: number): string =>
  new Date(now.getTime() + secondsLater * 1000).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });

const tenths = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 1 });

/** A number as people write it: 12,345. */
export const count = (value: number): string => value.toLocaleString('en-US');

/** `1 account`, `12,345 accounts` */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** Seconds as people say them: `0.4 s`, `21 s`, `3 min 5 s`, `2 h 10 min`. */
export const duration = (seconds: number): string => {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
};
