import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removalOf } from '../../../test/support/removal.ts';
import type { Placed } from '../../model/channel.ts';
import { ChannelDownError } from '../../model/errors.ts';
import type { Removal } from '../../model/removal.ts';
import { csvChannel } from './csv.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rollcall-channel-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const clock = { now: () => Date.UTC(2026, 0, 31), sleep: async () => undefined };
const { signal } = new AbortController();

const removal = (n: number, more: Partial<Removal> = {}): Removal =>
  removalOf(n, {
    id: String(n).padStart(32, '0'),
    application: 'app',
    applicationName: 'App',
    account: {
      key: `p${n}`,
      identities: [],
      cells: { EMail: `p${n}@contoso.com`, Note: '=HYPERLINK("x")' },
      user: null,
    },
    cause: { kind: 'denied', review: '', decidedBy: 'owner@contoso.com', justification: 'line\nbreak' },
    due: '2026-01-15T00:00:00.000Z',
    ...more,
  });

const reportTo = (orders: (Placed & { id: string })[]) => ({
  placed: async ({ id }: Removal, order: Placed) => void orders.push({ id, ...order }),
  refused: async () => undefined,
});

test('what was ordered once stands in one file, whoever asks again', async () => {
  const folder = join(root, 'orders');
  const channel = csvChannel({ kind: 'csv', folder }, { clock });
  const first: (Placed & { id: string })[] = [];
  await channel.order([removal(1), removal(2)], reportTo(first), signal);
  const [file] = readdirSync(folder);
  expect(first.map(({ id, reference, wasThere }) => [Number(id), reference, wasThere])).toEqual([
    [1, file, false],
    [2, file, false],
  ]);
  const again: (Placed & { id: string })[] = [];
  await channel.order([removal(2), removal(3)], reportTo(again), signal);
  expect(again.map(({ id, wasThere }) => [Number(id), wasThere])).toEqual([
    [2, true],
    [3, false],
  ]);
  expect(again[0]!.reference).toBe(file);
  expect(readdirSync(folder)).toHaveLength(2);
  expect(readFileSync(join(folder, file!), 'utf8')).toContain(`,"'=HYPERLINK(""x"")"`);
});

test('what came back is ordered again once for each roster that had it', async () => {
  const channel = csvChannel({ kind: 'csv', folder: root }, { clock });
  const orders: (Placed & { id: string })[] = [];
  await channel.order([removal(1)], reportTo(orders), signal);
  const back = removal(1, { state: 'returned', seen: { roster: 'sha256:b', at: '2026-02-01', isThere: true } });
  const later = csvChannel({ kind: 'csv', folder: root }, { clock: { ...clock, now: () => Date.UTC(2026, 1, 2) } });
  await later.reopen([back], reportTo(orders), signal);
  await later.reopen([back], reportTo(orders), signal);
  // What is open already stays as it is.
  await later.reopen([removal(1)], reportTo(orders), signal);
  expect(orders.map(({ wasThere }) => wasThere)).toEqual([false, false, true, true]);
  expect(readdirSync(root)).toHaveLength(2);
});

test('a folder that cannot be written to is told with what to do', async () => {
  writeFileSync(join(root, 'file'), '');
  const channel = csvChannel({ kind: 'csv', folder: join(root, 'file') }, { clock });
  const order = channel.order([removal(1)], reportTo([]), signal);
  await expect(order).rejects.toThrow(ChannelDownError);
  await expect(channel.check(signal)).rejects.toThrow(/cannot be read or written/);
});
