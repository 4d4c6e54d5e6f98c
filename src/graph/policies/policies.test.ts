import { isRestError, RestError } from '@azure/core-rest-pipeline';
import { expect, test } from 'vitest';
import { handClock, scriptedPolicy } from '../../../test/support/graph.ts';
import { createPace } from '../pace.ts';
import { createTokens } from '../tokens.ts';
import { createUsage } from '../usage.ts';
import { bearerToken } from './bearer-token.ts';
import { countUsage } from './count-usage.ts';
import { limitTime } from './limit-time.ts';
import { allowRepeats, repeatReads } from './repeat-reads.ts';
import { waitOutThrottling } from './wait-out-throttling.ts';

test('a throttled request waits as long as it is told, fractions of a second included', async () => {
  const clock = handClock();
  const sent = scriptedPolicy(waitOutThrottling(clock, createPace({ clock })), [
    { status: 429, headers: { 'retry-after': '7.5' } },
    { status: 200 },
  ]);
  expect((await sent.send('https://graph.example.com/v1.0/users', 'POST')).status).toBe(200);
  expect(clock.slept).toEqual([7500]);
});

test('a throttled request without a told wait backs off, longer each time', async () => {
  const clock = handClock();
  const sent = scriptedPolicy(waitOutThrottling(clock, createPace({ clock })), [
    { status: 429 },
    { status: 429 },
    { status: 429 },
    { status: 200 },
  ]);
  await sent.send();
  const [first, second, third] = clock.slept;
  expect(first).toBeGreaterThanOrEqual(500);
  expect(first).toBeLessThanOrEqual(1000);
  expect(second).toBeGreaterThanOrEqual(1000);
  expect(third).toBeGreaterThanOrEqual(2000);
});

test('throttling that does not end is handed to the caller, after ten waits', async () => {
  const clock = handClock();
  const sent = scriptedPolicy(waitOutThrottling(clock, createPace({ clock })), [
    { status: 429, headers: { 'retry-after': '1' } },
  ]);
  expect((await sent.send()).status).toBe(429);
  expect(sent.attempts).toHaveLength(11);
});

test('a wait that would last too long is not begun', async () => {
  const clock = handClock();
  const sent = scriptedPolicy(waitOutThrottling(clock, createPace({ clock })), [
    { status: 429, headers: { 'retry-after': '3600' } },
  ]);
  expect((await sent.send()).status).toBe(429);
  expect(clock.slept).toEqual([]);
});

test('while one request waits, no other is sent', async () => {
  const clock = handClock();
  const pace = createPace({ clock });
  pace.throttled({ units: 1, writes: 0 }, 4000, () => undefined);
  const sent = scriptedPolicy(waitOutThrottling(clock, pace), [{ status: 200 }]);
  await sent.send();
  expect(clock.slept).toEqual([4000]);
});

test('a read whose answer was lost is sent again, some times', async () => {
  const clock = handClock();
  const sent = scriptedPolicy(repeatReads(clock), [{ lost: 'ECONNRESET' }]);
  await expect(sent.send('https://graph.example.com/v1.0/users', 'GET', allowRepeats)).rejects.toSatisfy(isRestError);
  expect(sent.attempts).toHaveLength(6);
});

test('a write whose answer was lost is not sent again', async () => {
  const sent = scriptedPolicy(repeatReads(handClock()), [{ lost: 'ECONNRESET' }, { status: 201 }]);
  await expect(sent.send('https://graph.example.com/v1.0/users', 'POST')).rejects.toThrow('lost');
  expect(sent.attempts).toHaveLength(1);
});

test('a write that a gateway failed is not sent again', async () => {
  for (const status of [500, 502, 503, 504]) {
    const sent = scriptedPolicy(repeatReads(handClock()), [{ status }, { status: 201 }]);
    expect((await sent.send('https://graph.example.com/v1.0/users', 'POST')).status).toBe(status);
  }
});

test('a write that never reached the directory is sent again', async () => {
  const sent = scriptedPolicy(repeatReads(handClock()), [{ lost: 'ECONNREFUSED' }, { status: 201 }]);
  expect((await sent.send('https://graph.example.com/v1.0/users', 'POST')).status).toBe(201);
});

test('an envelope of reads is sent again like a read', async () => {
  const sent = scriptedPolicy(repeatReads(handClock()), [{ status: 504 }, { status: 200 }]);
  const response = await sent.send('https://graph.example.com/v1.0/$batch', 'POST', allowRepeats);
  expect(response.status).toBe(200);
});

test('an error of the service is asked about a few times only, and its wait is kept', async () => {
  const clock = handClock();
  const sent = scriptedPolicy(repeatReads(clock), [{ status: 500, headers: { 'retry-after': '3' } }]);
  expect((await sent.send('https://graph.example.com/v1.0/users', 'GET', allowRepeats)).status).toBe(500);
  expect(clock.slept).toEqual([3000, 3000]);
});

test('a certificate that is not trusted is not asked again', async () => {
  const sent = scriptedPolicy(repeatReads(handClock()), [{ lost: 'DEPTH_ZERO_SELF_SIGNED_CERT' }]);
  await expect(sent.send('https://graph.example.com/v1.0/users', 'GET', allowRepeats)).rejects.toThrow('lost');
  expect(sent.attempts).toHaveLength(1);
});

test('a refusal is not asked about again', async () => {
  for (const status of [400, 401, 403, 404, 501]) {
    const sent = scriptedPolicy(repeatReads(handClock()), [{ status }]);
    await sent.send('https://graph.example.com/v1.0/users', 'GET', allowRepeats);
    expect(sent.attempts).toHaveLength(1);
  }
});

test('a stopped request is not repeated', async () => {
  const sent = scriptedPolicy(repeatReads(handClock()), [{ lost: 'ECONNRESET' }]);
  const sending = sent.send('https://graph.example.com/v1.0/users', 'GET', (request) => {
    allowRepeats(request);
    request.abortSignal = AbortSignal.abort();
  });
  await expect(sending).rejects.toThrow('lost');
  expect(sent.attempts).toHaveLength(1);
});

const credential = (...tokens: readonly string[]) => {
  const claims: (string | undefined)[] = [];
  let given = 0;
  return {
    claims,
    getToken: async (_scopes: string | string[], options?: { claims?: string }) => {
      claims.push(options?.claims);
      const token = tokens[Math.min(given, tokens.length - 1)]!;
      given += 1;
      return { token, expiresOnTimestamp: 1_000_000 + 3_600_000 };
    },
  };
};

test('a refused token is replaced once', async () => {
  const tokens = createTokens(credential('old', 'new'), 'scope', handClock());
  const sent = scriptedPolicy(bearerToken(tokens), [{ status: 401 }, { status: 200 }]);
  expect((await sent.send()).status).toBe(200);
  expect(sent.attempts.map(({ authorization }) => authorization)).toEqual(['Bearer old', 'Bearer new']);
});

test('a second refusal goes to the caller', async () => {
  const tokens = createTokens(credential('a', 'b', 'c'), 'scope', handClock());
  const sent = scriptedPolicy(bearerToken(tokens), [{ status: 401 }]);
  expect((await sent.send()).status).toBe(401);
  expect(sent.attempts).toHaveLength(2);
});

test('a refusal is not tried again with the same token', async () => {
  const tokens = createTokens(credential('same'), 'scope', handClock());
  const sent = scriptedPolicy(bearerToken(tokens), [{ status: 401 }]);
  expect((await sent.send()).status).toBe(401);
  expect(sent.attempts).toHaveLength(1);
});

test('a claims challenge is handed to the sign-in', async () => {
  const asked = credential('old', 'new');
  const claims = JSON.stringify({ access_token: { nbf: { essential: true, value: '1' } } });
  const challenge = `Bearer error="insufficient_claims", claims="${Buffer.from(claims).toString('base64')}"`;
  const sent = scriptedPolicy(bearerToken(createTokens(asked, 'scope', handClock())), [
    { status: 401, headers: { 'www-authenticate': challenge } },
    { status: 200 },
  ]);
  await sent.send();
  expect(asked.claims).toEqual([undefined, claims]);
});

test('a token is sent neither unencrypted nor to a host that only looks like this machine', async () => {
  const tokens = createTokens(credential('token'), 'scope', handClock());
  for (const host of ['graph.example.com', '127.0.0.1.example.com', 'localhost.example.com', '10.0.0.1']) {
    const sent = scriptedPolicy(bearerToken(tokens), [{ status: 200 }]);
    await expect(sent.send(`http://${host}/v1.0/users`)).rejects.toThrow('not encrypted');
    expect(sent.attempts).toHaveLength(0);
  }
  for (const host of ['127.0.0.1:8787', 'localhost:8787', '[::1]:8787']) {
    const sent = scriptedPolicy(bearerToken(tokens), [{ status: 200 }]);
    await sent.send(`http://${host}/v1.0/users`);
    expect(sent.attempts).toHaveLength(1);
  }
});

test('requests, writes, resource units and throttling are counted; an envelope itself costs nothing', async () => {
  const usage = createUsage();
  const units = { 'x-ms-resource-unit': '2' };
  const read = scriptedPolicy(countUsage(usage), [{ status: 200, headers: units }]);
  const write = scriptedPolicy(countUsage(usage), [{ status: 201, headers: units }, { status: 429 }]);
  await read.send();
  await write.send('https://graph.example.com/v1.0/users', 'POST');
  await write.send('https://graph.example.com/v1.0/users', 'POST');
  await read.send('https://graph.example.com/v1.0/$batch', 'POST');
  expect(usage.total()).toEqual({ requests: 4, resourceUnits: 4, writes: 2, throttled: 1 });
});

test('an attempt that falls silent is given up', async () => {
  const silent = limitTime(20).sendRequest(
    { url: 'https://graph.example.com/v1.0/users', abortSignal: undefined } as never,
    (request) =>
      new Promise((_, reject) => {
        request.abortSignal!.addEventListener('abort', () => reject(new Error('aborted')));
      }),
  );
  await expect(silent).rejects.toSatisfy((error) => error instanceof RestError && error.code === 'ETIMEDOUT');
});

test('what the caller stops is stopped at once, and is not called late', async () => {
  const stop = new AbortController();
  const sending = limitTime(60_000).sendRequest(
    { url: 'https://graph.example.com/v1.0/users', abortSignal: stop.signal } as never,
    (request) =>
      new Promise((_, reject) => {
        request.abortSignal!.addEventListener('abort', () => reject(new Error('aborted')));
      }),
  );
  stop.abort();
  await expect(sending).rejects.toThrow('aborted');
});
