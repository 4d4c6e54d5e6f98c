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

const REDRAW_MS = 100;

/** Shows progress where a person watches; stays silent in a pipe, and when told to be quiet. */
export const progressOn = (
  io: Io,
  { quiet }: { readonly quiet: boolean },
): { show(progress: Progress): void; clear(): void } => {
  if (quiet || !io.interactive) return { show: () => undefined, clear: () => undefined };
  let stage: Progress['stage'] | undefined;
  let began = 0;
  let drawn = 0;
  return {
    show: (progress) => {
      const now = performance.now();
      if (progress.stage !== stage) [stage, began, drawn] = [progress.stage, now, 0];
      if (now - drawn < REDRAW_MS && progress.done !== progress.of) return;
      drawn = now;
      io.err(`\r\u001b[2K${progressText(progress, (now - began) / 1000)}`);
    },
    clear: () => {
      if (stage !== undefined) io.err('\r\u001b[2K');
    },
  };
};

/** `Matching accounts  1,200 of 10,000  ·  410 a second  ·  21 s left` */
export const progressText = ({ stage, done, of }: Progress, seconds: number): string => {
  const rate = seconds > 0 ? done / seconds : 0;
  const parts = [`${VERBS[stage]}  ${count(done)}${of === null ? '' : ` of ${count(of)}`}`];
  if (seconds >= 1 && rate > 0) {
    parts.push(`${count(Math.round(rate))} a second`);
    if (of !== null && done < of) parts.push(`${duration((of - done) / rate)} left`);
  }
  return parts.join('  ·  ');
};

/** A number as people write it: 12,345. */
export const count = (value: number): string => value.toLocaleString('en-US');

/** Seconds as people say them: `0.4 s`, `21 s`, `3 min 5 s`, `2 h 10 min`. */
export const duration = (seconds: number): string => {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
};
