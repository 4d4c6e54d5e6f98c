import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { onAndOn, REACH, reportOf, toolsOf } from '../../../test/support/channel.ts';
import { type Heard, json, serve } from '../../../test/support/http.ts';
import { removalOf, removalsOf } from '../../../test/support/removal.ts';
import type { WebhookSettings } from '../../model/channel-settings.ts';
import { ChannelDownError, ChannelError } from '../../model/errors.ts';
import { webhookChannel } from './webhook.ts';

const KEY = 'a signing key that nobody guesses';

const hookAt = (origin: string, parts: Partial<WebhookSettings> = {}, tools = toolsOf({ KEY })) =>
  webhookChannel(
    {
      kind: 'webhook',
      address: `${origin}/removals`,
      secret: { env: 'KEY' },
      states: `${origin}/removals/{id}`,
      reach: REACH,
      ...parts,
    },
    tools,
  );

const isSigned = ({ headers, body }: Heard, signed = body): boolean => {
  const [, time, digest] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['rollcall-signature']))!;
  return createHmac('sha256', KEY).update(`${time}.${signed}`).digest('hex') === digest;
};

test('an order is a signed request whose key is the removal, and its answer may say more', async () => {
  const { origin, heard } = await serve((_, response) =>
    json(response, 202, { reference: 'JOB-1', address: 'https://jobs.example.com/1', state: 'accepted' }),
  );
  const report = reportOf();
  const removal = removalOf(1, { role: 'Administrator' });
  const channel = hookAt(origin);
  await channel.order([removal], report, onAndOn());
  expect(report.orders.get(removal.id)).toEqual({
    reference: 'JOB-1',
    address: 'https://jobs.example.com/1',
    wasThere: false,
    state: { kind: 'accepted' },
  });
  expect(heard).toHaveLength(1);
  expect(heard[0]!.headers['idempotency-key']).toBe(removal.id);
  expect(isSigned(heard[0]!)).toBe(true);
  expect(JSON.parse(heard[0]!.body)).toMatchObject({
    event: 'order',
    removal: { id: removal.id, role: 'Administrator', account: { key: 'person1@contoso.com' } },
  });
  await channel.close!();
});

test('an answer that says nothing is an order, known by the removal', async () => {
  const { origin } = await serve((_, response) => response.writeHead(204).end());
  const report = reportOf();
  await hookAt(origin).order([removalOf(1)], report, onAndOn());
  expect(report.orders.get(removalOf(1).id)).toEqual({ reference: removalOf(1).id, wasThere: false });
});

test('what was lost or refused for now is sent again with the same key, signed anew, after waits that the server sets', async () => {
  const tools = toolsOf({ KEY });
  const { origin, heard } = await serve((_, response) => {
    if (heard.length === 1) response.destroy();
    else if (heard.length === 2) json(response, 429, {}, { 'retry-after': '7' });
    else json(response, 200, { wasThere: true });
  });
  const report = reportOf();
  await hookAt(origin, {}, tools).order([removalOf(1)], report, onAndOn());
  expect(report.orders.get(removalOf(1).id)).toMatchObject({ wasThere: true });
  expect(heard.map(({ headers }) => headers['idempotency-key'])).toEqual(Array(3).fill(removalOf(1).id));
  expect(heard.every((one) => isSigned(one))).toBe(true);
  expect(new Set(heard.map(({ headers }) => headers['rollcall-signature'])).size).toBeGreaterThan(1);
  expect(tools.clock.slept[1]).toBe(7000);
});

test('attempts are bounded in count and in time', async () => {
  const { origin, heard } = await serve((_, response) => json(response, 503, {}));
  await expect(hookAt(origin).order(removalsOf(3), reportOf(), onAndOn())).rejects.toThrow(ChannelDownError);
  expect(heard).toHaveLength(1 + REACH.repeats);

  const slow = await serve((_, response) => json(response, 503, {}, { 'retry-after': '3600' }));
  await expect(hookAt(slow.origin).order(removalsOf(3), reportOf(), onAndOn())).rejects.toThrow(ChannelDownError);
  expect(slow.heard).toHaveLength(1);
});

test('a refusal of one removal lets the next one go, and says why without the key', async () => {
  const { origin } = await serve((one, response) =>
    JSON.parse(one.body).removal.id === removalOf(2).id
      ? json(response, 422, { error: `no such account; your key ${KEY} is fine` })
      : json(response, 200, {}),
  );
  const report = reportOf();
  await hookAt(origin).order(removalsOf(3), report, onAndOn());
  expect([...report.orders.keys()]).toEqual([removalOf(1).id, removalOf(3).id]);
  const refusal = report.refusals.get(removalOf(2).id)!;
  expect(refusal).toBeInstanceOf(ChannelError);
  expect(refusal.message).toContain('no such account');
  expect(refusal.message).not.toContain(KEY);
});

test('a redirect is not followed, a page for people is no answer, and refusals without end stop the work', async () => {
  const other = await serve((_, response) => json(response, 200, {}));
  const moved = await serve((_, response) => response.writeHead(307, { location: `${other.origin}/x` }).end());
  await expect(hookAt(moved.origin).order(removalsOf(2), reportOf(), onAndOn())).rejects.toThrow(/leads elsewhere/);
  expect(other.heard).toEqual([]);

  const page = await serve((_, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>'),
  );
  await expect(hookAt(page.origin).order(removalsOf(2), reportOf(), onAndOn())).rejects.toThrow(/page for people/);

  const never = await serve((_, response) => json(response, 400, {}));
  const report = reportOf();
  await expect(hookAt(never.origin).order(removalsOf(30), report, onAndOn())).rejects.toThrow(ChannelDownError);
  expect(report.refusals.size).toBe(10);
});

test('states are read by signed requests, where an address is given', async () => {
  const { origin, heard } = await serve(({ url }, response) => {
    const n = heard.length;
    if (n === 1) json(response, 200, { state: 'claimedDone' });
    else if (n === 2) json(response, 200, { state: 'failed', reason: 'The account\nis locked' });
    else if (n === 3) json(response, 404, {});
    else json(response, 200, { state: 'perhaps', url });
  });
  const states = await hookAt(origin).states(removalsOf(4), onAndOn());
  expect([...states.values()]).toEqual([
    { kind: 'claimedDone' },
    { kind: 'failed', reason: 'The account is locked' },
    { kind: 'unknown' },
    { kind: 'unknown' },
  ]);
  expect(heard.map(({ url }) => url)).toEqual(removalsOf(4).map(({ id }) => `/removals/${id}`));
  expect(heard.every((one) => isSigned(one, one.url))).toBe(true);

  const silent = await hookAt(origin, { states: null }).states([removalOf(1)], onAndOn());
  expect(silent.get(removalOf(1).id)).toEqual({ kind: 'unknown' });
  expect(heard).toHaveLength(4);
});

test('reminders and reopening are events of their own, each recognised when it is sent again', async () => {
  const { origin, heard } = await serve((_, response) => json(response, 200, {}));
  const removal = removalOf(1, {
    state: 'returned',
    order: { channel: 'webhook', reference: 'JOB-1', orderedAt: '2026-11-02T00:00:00.000Z' },
  });
  const channel = hookAt(origin);
  await channel.remind([removal], false, onAndOn());
  await channel.remind([removal], true, onAndOn());
  await channel.reopen([removal], reportOf(), onAndOn());
  await channel.reopen([removal], reportOf(), onAndOn());
  const keys = heard.map(({ headers }) => headers['idempotency-key']);
  expect(new Set(keys).size).toBe(3);
  expect(keys[2]).toBe(keys[3]);
  expect(heard.map(({ body }) => JSON.parse(body).event)).toEqual(['reminder', 'escalation', 'reopen', 'reopen']);
});

test('the check sends a signed request that orders nothing, and names what is wrong', async () => {
  const { origin, heard } = await serve((_, response) => response.writeHead(204).end());
  expect(await hookAt(origin).check(onAndOn())).toBe(`${origin}/removals takes a signed request`);
  expect(JSON.parse(heard[0]!.body)).toEqual({ event: 'check' });

  const refused = await serve((_, response) => json(response, 401, { error: 'bad signature' }));
  await expect(hookAt(refused.origin).check(onAndOn())).rejects.toThrow(/status 401.*bad signature/);
  await expect(hookAt('http://127.0.0.1:9').check(onAndOn())).rejects.toThrow(ChannelDownError);
});
