// Two Rollcalls for one application keep out of each other's way, and a dead one keeps out of nobody's.
import { expect, test } from 'vitest';
import { exampleWorld } from './support/world.ts';

test('while one applies, another is told who does; once that one is killed, the other goes on at once', async () => {
  let hold: Promise<void> | undefined;
  let isHeld = () => {};
  const holding = new Promise<void>((resolve) => {
    isHeld = resolve;
  });
  let letGo = () => {};
  const world = await exampleWorld('corpdb1', undefined, {
    onExchange: ({ method }, phase) => {
      if (method !== 'PATCH' || phase !== 'received' || hold !== undefined) return hold;
      hold = new Promise((resolve) => {
        letGo = resolve;
      });
      isHeld();
      return hold;
    },
  });
  const first = world.start('run', '--yes');
  await holding;
  for (const command of ['run', 'apply']) {
    const { status, err } = await world.rollcall(command, '--yes');
    expect(status).toBe(1);
    expect(err).toContain(`Another Rollcall is working on rollcall-corpdb1: run, process ${first.pid}`);
  }
  expect(await world.writes()).toBe(0);

  process.kill(first.pid, 'SIGKILL');
  await first.ended;
  letGo();
  const { status, err } = await world.rollcall('run', '--yes');
  expect({ status, err }).toMatchObject({ status: 2, err: expect.not.stringContaining('Another Rollcall') });
});
