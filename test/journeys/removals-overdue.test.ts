// What is overdue is told again, then to whoever stands above; an exception ends when its day has come.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sourceOf } from '../../src/collect/sources.ts';
import { loadSettings } from '../../src/config/load.ts';
import { connect } from '../../src/graph/connect.ts';
import { credentialFor } from '../../src/graph/sign-in.ts';
import {
  addRemovals,
  allRemovals,
  collect,
  exceptRemovals,
  followUp,
  match,
  sendRemovals,
} from '../../src/pipeline.ts';
import { csvChannel } from '../../src/reconcile/channels/csv.ts';
import { openWork } from '../../src/work.ts';
import { emptyWorld } from './support/world.ts';

const DAY_MS = 86_400_000;

const CONFIGURATION = [
  'application: CORPDB1',
  'directory: local',
  'source: { csv: { path: users.csv } }',
  'match: [{ column: EMail, attribute: userPrincipalName }]',
  'removals: { due: 10, remind: 3, escalate: 5 }',
].join('\n');

test('an order is reminded of when it is due and each time the days between have passed, and escalated once', {
  timeout: 60_000,
}, async () => {
  const accounts = ['EMail', 'a@contoso.com', 'b@contoso.com', 'c@contoso.com'];
  const world = await emptyWorld(
    { 'rollcall.yaml': CONFIGURATION, 'users.csv': accounts.join('\n') },
    'removals-overdue',
  );
  const settings = await loadSettings(join(world.folder, 'rollcall.yaml'));
  const { graph, authority, tenantId, clientId, clientSecret } = world.tenant;
  const signIn = { kind: 'clientSecret', clientId, secret: { env: 'unused' } } as const;
  const directory = { kind: 'tenant', tenant: tenantId, graph, authority, signIn, caFile: null } as const;
  const credential = await credentialFor(directory, {
    readSecret: async () => clientSecret,
    onMessage: () => undefined,
  });
  const began = Date.UTC(2027, 0, 1);
  let day = 0;
  const clock = { now: () => began + day * DAY_MS, sleep: async () => undefined };
  const tools = { readSecret: async () => '', env: {} };
  const work = await openWork({
    settings,
    source: await sourceOf(settings.source, tools, settings.columns),
    connect: async () => connect({ graph, authority, credential, limits: 'none', onNotice: () => undefined }),
    purpose: 'test',
    allow: ['shrink'],
    clock,
  });
  try {
    const { roster } = await collect(work);
    const { matching } = await match(work, roster);
    const cause = { kind: 'denied', review: '', decidedBy: 'owner@contoso.com', justification: 'left' } as const;
    const denials = accounts
      .slice(1)
      .map((EMail) => ({ who: { account: { EMail } }, role: null, cause, at: new Date(clock.now()).toISOString() }));
    await addRemovals(work, roster, matching, denials);
    const folder = join(world.folder, 'orders');
    const channel = csvChannel({ kind: 'csv', folder }, { clock });
    const [first] = await allRemovals(work);
    const until = new Date(began + 12 * DAY_MS).toISOString();
    await exceptRemovals(work, [first!], { by: 'owner@contoso.com', reason: 'year end', until });

    const told: Record<number, string> = {};
    for (day = 1; day <= 22; day += 1) {
      const { ordered, reopened, reminded, escalated, exceptionsEnded } = await sendRemovals(work, channel);
      const counts = { ordered, reopened, reminded, escalated, exceptionsEnded };
      const done = Object.entries(counts).filter(([, count]) => count > 0);
      if (done.length > 0) told[day] = done.map(([what, count]) => `${what} ${count}`).join(', ');
    }
    expect(told).toEqual({
      1: 'ordered 2',
      10: 'reminded 2',
      12: 'ordered 1, exceptionsEnded 1',
      13: 'reminded 2',
      // Of those that were due on the tenth; the third, ordered when its exception ended, has its own days.
      15: 'reminded 1, escalated 2',
      16: 'reminded 2',
      17: 'escalated 1',
      18: 'reminded 1',
      19: 'reminded 2',
      21: 'reminded 1',
      22: 'reminded 2',
    });
    expect(readdirSync(folder).filter((name) => /overdue|escalated/.test(name))).toHaveLength(2);
    expect(readFileSync(join(folder, `${settings.application.uniqueName}-overdue.csv`), 'utf8')).toContain(
      '@contoso.com',
    );

    // One is gone by then. What is gone is told to nobody any more.
    writeFileSync(join(world.folder, 'users.csv'), accounts.slice(0, 3).join('\n'));
    const newer = (await collect(work)).roster;
    const { confirmed, remaining } = await followUp(work, newer, (await match(work, newer)).matching);
    expect([confirmed.length, remaining.length]).toEqual([1, 2]);
    day = 40;
    expect(await sendRemovals(work, channel)).toMatchObject({ reminded: 2, escalated: 0 });
  } finally {
    await work.close();
  }
});
