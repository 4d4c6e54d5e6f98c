import { expect, test } from 'vitest';
import { handClock } from '../../test/support/graph.ts';
import { createPace, type PaceOptions } from './pace.ts';

const WRITE = { units: 1, writes: 1 };
const READ = { units: 1, writes: 0 };
const silent = () => undefined;
const says = (headers: Record<string, string>) => (name: string) => headers[name];
const seconds = (ms: number): number => ms / 1000;

const paced = (options: Partial<PaceOptions> = {}) => {
  const clock = handClock();
  const began = clock.now();
  const pace = createPace({ clock, ...options });
  return {
    clock,
    pace,
    elapsed: () => seconds(clock.now() - began),
    /** Sends so many, each answered at once. */
    send: async (count: number, cost = WRITE, header: (name: string) => string | undefined = silent) => {
      for (let sent = 0; sent < count; sent += 1) {
        (await pace.ready(cost))();
        pace.learn(cost, header);
      }
    },
  };
};

test('a burst of nearly three thousand writes is sent at once, the rest at twenty a second', async () => {
  const { send, elapsed } = paced();
  await send(2970);
  expect(elapsed()).toBe(0);
  await send(1000);
  expect(elapsed()).toBeGreaterThan(1000 / 20);
  expect(elapsed()).toBeLessThan((1000 / 20) * 1.02);
});

test('reads go on while writes wait for their turn', async () => {
  const { pace, send, clock } = paced();
  await send(2970);
  const writes = Array.from({ length: 100 }, () => pace.ready(WRITE).then(() => clock.now()));
  const read = pace.ready(READ).then(() => clock.now());
  expect((await writes.at(-1)!) - (await read)).toBeGreaterThan(4000);
});

test('resource units keep to the smallest tenant until its size is known', async () => {
  const small = paced();
  await small.send(3465 + 350, READ);
  expect(small.elapsed()).toBeCloseTo(1.01, 1);
  const large = paced();
  large.pace.size(501);
  await large.send(7920, READ);
  expect(large.elapsed()).toBe(0);
  await large.send(800, READ);
  expect(large.elapsed()).toBeCloseTo(1.01, 1);
});

test('a request that costs more than is ever there goes when all is there', async () => {
  const { pace, elapsed } = paced();
  await pace.ready({ units: 5000, writes: 0 });
  await pace.ready(READ);
  expect(elapsed()).toBeGreaterThan(4);
});

test('what is charged is believed, whatever was expected', async () => {
  const { send, elapsed } = paced();
  await send(1000, READ, says({ 'x-ms-resource-unit': '4' }));
  expect(elapsed()).toBeGreaterThan(1.4);
});

test('what others have used of the limit is not used again', async () => {
  const { send, elapsed } = paced();
  await send(1, WRITE, says({ 'x-ms-throttle-limit-percentage': '1.00' }));
  await send(20);
  expect(elapsed()).toBeGreaterThan(0.7);
  await send(1, WRITE, says({ 'x-ms-throttle-limit-percentage': '1.80' }));
  expect(elapsed()).toBeLessThan(3);
});

test('a used share that the own books explain changes nothing', async () => {
  const { send, elapsed } = paced();
  await send(2699);
  await send(1, WRITE, says({ 'x-ms-throttle-limit-percentage': '0.90' }));
  await send(265);
  expect(elapsed()).toBe(0);
});

test('nothing is sent until the wait that was told is over, reads and writes alike', async () => {
  const { pace, elapsed } = paced();
  pace.throttled(WRITE, 17_000, says({ 'x-ms-throttle-scope': 'Tenant_Application/Write/app/tenant' }));
  await pace.ready(READ);
  expect(elapsed()).toBe(17);
});

test('after throttling it goes on more slowly than before, and finds its pace again in time', async () => {
  const { pace, send, elapsed, clock } = paced();
  pace.throttled(WRITE, 10_000, silent);
  // What was on its way then is throttled as well, and says nothing new.
  pace.throttled(WRITE, 10_000, silent);
  pace.throttled(WRITE, 10_000, silent);
  await send(158);
  const before = elapsed();
  await send(200);
  expect(200 / (elapsed() - before)).toBeGreaterThan(15);
  expect(200 / (elapsed() - before)).toBeLessThan(18);
  await clock.sleep(100_000);
  await send(1900);
  const later = elapsed();
  await send(400);
  expect(400 / (elapsed() - later)).toBeGreaterThan(19);
});

test('throttled for resource units, writes keep their own pace', async () => {
  const { pace, send, elapsed } = paced();
  pace.throttled(WRITE, 1000, says({ 'x-ms-throttle-information': 'ResourceUnitLimitExceeded' }));
  await send(300);
  expect(elapsed()).toBeLessThan(2.5);
});

test('a directory that keeps to no limits is not paced, but obeyed when it asks to wait', async () => {
  const { pace, send, elapsed } = paced({ limits: 'none' });
  await send(100_000);
  expect(elapsed()).toBe(0);
  pace.throttled(WRITE, 5000, silent);
  await send(1);
  expect(elapsed()).toBe(5);
});

test('where time runs fifty times faster, fifty times as much is allowed', async () => {
  const { send, elapsed } = paced({ timeScale: 50 });
  await send(2970 + 1000);
  expect(elapsed()).toBeCloseTo(1.01, 1);
});

test('long waits are told, once', async () => {
  const notices: string[] = [];
  const { pace } = paced({ onNotice: (text) => notices.push(text) });
  pace.throttled(WRITE, 9000, silent);
  pace.throttled(WRITE, 9000, silent);
  pace.throttled(WRITE, 2000, silent);
  expect(notices).toEqual(['Microsoft Graph asks to wait 9 seconds; going on then.']);
});

test('stopping ends the wait, and takes nothing', async () => {
  const { pace, send, elapsed } = paced();
  await expect(pace.ready(WRITE, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  await send(2970);
  expect(elapsed()).toBe(0);
});
