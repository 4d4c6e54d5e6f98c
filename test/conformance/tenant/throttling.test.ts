// Limits as token buckets, by the tenant's clock, with the headers that tell of them: FACTS 3 and 4.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Client, errorOf, newUser, person, startClient, where } from './support.ts';

interface Item {
  readonly id: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const MISSING = '/users/nobody@contoso.com';

const batch = async (client: Client, method: string, url: string, count = 20): Promise<readonly Item[]> => {
  const requests = Array.from({ length: count }, (_, i) => ({ id: String(i), method, url }));
  const answer = await client.post('/$batch', { requests });
  expect(answer.status).toBe(200);
  return answer.body['responses'] as unknown as Item[];
};

/** Sends batches until one has items that are refused, and answers those. */
const untilRefused = async (client: Client, method: string, url: string): Promise<readonly Item[]> => {
  for (let i = 0; i < 2000; i += 1) {
    const refused = (await batch(client, method, url)).filter(({ status }) => status === 429);
    if (refused.length > 0) return refused;
  }
  throw new Error('nothing was refused');
};

test('§4.1 §4.4 without a size nothing is limited, and no header speaks of limits', async () => {
  const client = await startClient();
  for (let i = 0; i < 10; i += 1) {
    const answer = await client.get('/auditLogs/directoryAudits');
    expect(answer.status).toBe(200);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('x-ms-throttle'))).toEqual([]);
  }
});

test('§4.3 §4.4 the sixth report within ten seconds is a 429 that says when to come back', async () => {
  // Slow, so that nothing flows in while the test runs.
  const client = await startClient({ throttle: 'large', timeScale: 0.001 });
  const path = '/auditLogs/directoryAudits?$top=1';
  for (let i = 0; i < 5; i += 1) expect((await client.get(path)).status).toBe(200);
  const answer = await client.get(path);
  expect(errorOf(answer)).toEqual({ status: 429, code: 'TooManyRequests', message: 'Too many requests.' });
  expect(answer.headers.get('x-ms-throttle-information')).toBe('RequestLimitExceeded');
  expect(answer.headers.get('x-ms-throttle-scope')).toBe(
    `Tenant_Application/ReadWrite/${client.tenant.clientId}/${client.tenant.tenantId}`,
  );
  expect(answer.headers.get('x-ms-resource-unit')).toBe('1');
  const tenantSeconds = Number(answer.headers.get('Retry-After')) * 0.001;
  expect(tenantSeconds).toBeGreaterThan(2);
  expect((await client.get('/organization')).status).toBe(200);

  await client.control('POST', 'clock', { advance: `PT${tenantSeconds.toFixed(3)}S` });
  expect((await client.get(path)).status).toBe(200);
  expect(await client.control('GET', 'stats')).toMatchObject({ throttled: 1 });
});

test('§4.3 the eleventh look at sign-in activity within a minute is refused, in a filter as in a selection', async () => {
  const client = await startClient({ throttle: 'large', timeScale: 0.001 });
  await client.seed(person('ana'));
  const paths = [
    '/users?$select=id,signInActivity',
    where('signInActivity/lastSignInDateTime le 2026-01-01T00:00:00Z'),
  ];
  const statuses: number[] = [];
  for (let i = 0; i < 12; i += 1) statuses.push((await client.get(paths[i % 2]!)).status);
  expect(statuses.indexOf(429)).toBe(10);
  expect((await client.get('/users')).status).toBe(200);
});

test('§3 §4.4 items of a batch are charged and refused one by one, with Retry-After among their own headers', async () => {
  const client = await startClient({ throttle: 'small', timeScale: 0.001 });
  const refused = await untilRefused(client, 'GET', '/users/nobody@contoso.com/manager');
  for (const { headers, body } of refused) {
    expect(headers).toMatchObject({
      'Retry-After': expect.stringMatching(/^\d+(\.\d+)?$/),
      'x-ms-resource-unit': '2',
      'x-ms-throttle-information': 'ResourceUnitLimitExceeded',
    });
    expect(body).toMatchObject({ error: { code: 'TooManyRequests' } });
  }
  const { limitsUsed, batchItems } = (await client.control('GET', 'stats')) as unknown as {
    limitsUsed: Record<string, { resourceUnits: number }>;
    batchItems: number;
  };
  expect(batchItems).toBe(1760);
  expect(limitsUsed[client.tenant.clientId]!.resourceUnits).toBeGreaterThan(1);
});

test('§4.4 from four fifths of a limit on, answers say how much of it is used', async () => {
  const client = await startClient({ throttle: 'small', timeScale: 0.001 });
  const told: string[] = [];
  for (let i = 0; i < 5; i += 1) {
    const { headers } = await client.get('/auditLogs/directoryAudits');
    told.push(headers.get('x-ms-throttle-limit-percentage') ?? '-');
  }
  expect([...told.slice(0, 3), told[4]]).toEqual(['-', '-', '-', '1.00']);
  const { headers } = await client.get('/auditLogs/directoryAudits');
  expect(headers.get('x-ms-throttle-limit-percentage')).toBe('1.20');
});

test('§4.4 forty minutes of a limit pass in seconds where the clock runs faster, for a client that waits as told', async () => {
  const client = await startClient({ throttle: 'large', timeScale: 1000 });
  const path = '/users?$select=id,signInActivity';
  const minutes = async () => Date.parse(String((await client.control('GET', 'clock'))['now'])) / 60_000;
  const from = await minutes();
  let served = 0;
  let penalties = 0;
  while ((await minutes()) - from < 40) {
    const items = await batch(client, 'GET', path);
    served += items.filter(({ status }) => status !== 429).length;
    const waits = items.flatMap(({ status, headers }) => (status === 429 ? [Number(headers['Retry-After'])] : []));
    if (waits.length === 0) continue;
    penalties += 1;
    await sleep(Math.max(...waits) * 1000);
    expect((await client.get(path)).status).not.toBe(429);
    served += 1;
  }
  expect(penalties).toBeGreaterThan(3);
  // Ten at once, and ten a minute.
  expect(served).toBeLessThanOrEqual(10 + 10 * ((await minutes()) - from));
});

test('§4.1 writes that are refused are not done', async () => {
  const client = await startClient({ throttle: 'large', timeScale: 0.001 });
  const [{ headers } = { headers: {} as Item['headers'] }] = await untilRefused(client, 'DELETE', MISSING);
  expect(headers['x-ms-throttle-information']).toBe('WriteLimitExceeded');
  expect((await client.post('/users', newUser('ana'))).status).toBe(429);
  expect(await client.all('/users')).toEqual([]);
});
