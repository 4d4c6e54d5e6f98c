// The examples of channels that docs/channels.md shows are what the configuration takes.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { channelSettings, channelWritten } from '../../src/config/channels/channels.ts';

const page = readFileSync(fileURLToPath(new URL('../../docs/channels.md', import.meta.url)), 'utf8');
const blocks = [...page.matchAll(/^```yaml\r?\n([\s\S]*?)^```/gm)].map(([, block]) => block!);

test('each kind of channel has a page with an example that loads', () => {
  const shown = blocks.map((block) => {
    const { removals } = parse(block) as { removals: { channel: unknown } };
    return channelSettings(channelWritten.parse(removals.channel), (name) => `/etc/rollcall/${name}`).kind;
  });
  expect(new Set(shown)).toEqual(new Set(['csv', 'email', 'serviceNow', 'webhook']));
});
