import { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { watchOutput } from './watch-output.ts';

/** A stream whose reader takes nothing until it is told to. */
const slow = () => {
  let take = () => {};
  const write = (_piece: unknown, _encoding: unknown, done: () => void) => {
    take = done;
  };
  const stream = new Writable({ highWaterMark: 1, write });
  return { stream, take: () => take() };
};
const broken = (code: string): Error => Object.assign(new Error(`write ${code}`), { code });

test('what was written is waited for until a slow reader has taken it', async () => {
  const { stream, take } = slow();
  const { out, taken } = watchOutput(stream, slow().stream);
  await taken();
  out('first');
  let isTaken = false;
  const waiting = taken().then(() => {
    isTaken = true;
  });
  await turn();
  expect(isTaken).toBe(false);
  take();
  await waiting;
});

test.for(['before', 'while'] as const)('a reader that goes away %s it is waited for ends the wait', async (when) => {
  const { stream } = slow();
  const output = watchOutput(stream, slow().stream);
  output.out('first');
  const waiting = when === 'while' ? output.taken() : undefined;
  stream.destroy(broken('EPIPE'));
  await turn();
  await (waiting ?? output.taken());
  output.out('second');
  expect(output.isRead()).toBe(false);
  expect(output.lost()).toBeUndefined();
});

test('a full disk is told', async () => {
  const { stream } = slow();
  const { lost } = watchOutput(stream, slow().stream);
  stream.destroy(broken('ENOSPC'));
  await turn();
  expect(lost()?.message).toBe('write ENOSPC');
});
