import { expect, test } from 'vitest';
import { answered, applyInput, directoryOf, done, failed, scriptedWriter } from '../../test/support/directory.ts';
import type { LookupAnswer } from '../model/directory.ts';
import { DirectoryError } from '../model/errors.ts';
import { type BatchItem, carryOutBatch } from './batch.ts';

const user = (n: number, properties: Record<string, string> = {}): BatchItem => ({
  action: {
    n,
    kind: 'createUser',
    row: n,
    properties: { accountEnabled: false, displayName: `P ${n}`, userPrincipalName: `p${n}@contoso.com`, ...properties },
  },
});
const assign = (n: number): BatchItem => ({
  action: { n, kind: 'assign', row: n, principal: { user: `u${n}` }, principalName: '', roleId: 'r', roleName: 'R' },
  principalId: `u${n}`,
  servicePrincipalId: 'sp',
});
const finding = (...users: Record<string, unknown>[]) =>
  directoryOf({
    async *findUsers(): AsyncGenerator<LookupAnswer> {
      yield { index: 0, users: users.map((one, index) => ({ id: `found${index}`, ...one })) };
    },
  });
const nobodyDenied = () => new Map<string, string>();
const tooEarly = answered('notYet', failed(404, 'Request_ResourceNotFound'));
const taken = answered('exists', failed(400, 'Request_BadRequest', 'Another object with the same value exists.'));

test('what is about to be written is recorded before it is sent, and no password with it', async () => {
  const input = applyInput({});
  const seen: number[] = [];
  const writer = scriptedWriter((write) => {
    seen.push(input.recorded.length);
    expect(write).toMatchObject({ password: expect.stringMatching(/^.{32}$/) });
    return done('new');
  });
  const results = await carryOutBatch([user(1), user(2)], { ...input, writer }, nobodyDenied());
  expect(results.map(({ n, status, id }) => [n, status, id])).toEqual([
    [1, 'done', 'new'],
    [2, 'done', 'new'],
  ]);
  expect(seen).toEqual([1, 1]);
  expect(input.recorded.map(({ kind }) => kind)).toEqual(['intended', 'written']);
  expect(JSON.stringify(input.recorded)).not.toMatch(/password/i);
});

test('nothing is sent that cannot be recorded, and nothing once the lease is lost', async () => {
  const writer = scriptedWriter(() => done('x'));
  const refuse = () => {
    throw new Error('refused');
  };
  await expect(carryOutBatch([assign(1)], applyInput({ writer, record: refuse }), nobodyDenied())).rejects.toThrow();
  await expect(
    carryOutBatch([assign(1)], applyInput({ writer, assertHeld: refuse }), nobodyDenied()),
  ).rejects.toThrow();
  expect(writer.calls).toEqual([]);
});

test('only what came too early or without an answer is sent again, after a pause', async () => {
  const writer = scriptedWriter((write, before) => {
    const who = write.kind === 'assign' ? write.principalId : '';
    if (before === 0 && who === 'u1') return tooEarly;
    if (before < 2 && who === 'u2') return lost;
    return done(who);
  });
  const input = applyInput({ writer });
  const results = await carryOutBatch([assign(1), assign(2), assign(3)], input, nobodyDenied());
  expect(results.map(({ n, status }) => [n, status])).toEqual([
    [3, 'done'],
    [1, 'done'],
    [2, 'done'],
  ]);
  expect(writer.calls.map((call) => call.length)).toEqual([3, 2, 1]);
  expect(input.clock.slept).toEqual([500, 1000]);
});

const lost = answered('unknown', failed(0, 'NoAnswer'));

test('an assignment whose answer was lost is looked for, and not sent again if it is there', async () => {
  const asked: (readonly string[])[] = [];
  const directory = directoryOf({
    assignmentsOfUsers: async (_, userIds) => {
      asked.push(userIds);
      const one = { id: 'x', principalId: 'u1', principalType: 'User', principalDisplayName: '', appRoleId: 'r' };
      return [one, { ...one, principalId: 'u2', appRoleId: 'another role' }];
    },
  });
  const writer = scriptedWriter((_, before) => (before === 0 ? lost : done('x')));
  const input = applyInput({ writer, directory });
  const results = await carryOutBatch([assign(1), assign(2)], input, nobodyDenied());
  expect(results).toMatchObject([
    { n: 1, status: 'alreadySo' },
    { n: 2, status: 'done' },
  ]);
  expect(asked).toEqual([['u1', 'u2']]);
  expect(writer.calls[1]).toMatchObject([{ principalId: 'u2' }]);
  expect(input.recorded.map(({ kind }) => kind)).toEqual(['intended', 'written', 'intended', 'written']);
});

test('a user whose creation got no answer is looked for by name, and not made again if the user is there', async () => {
  const writer = scriptedWriter(() => lost);
  const wanted = { userPrincipalName: 'p1@contoso.com', displayName: 'P 1' };
  const results = await carryOutBatch([user(1)], applyInput({ writer, directory: finding(wanted) }), nobodyDenied());
  expect(results).toEqual([{ n: 1, status: 'alreadySo', id: 'found0' }]);
  expect(writer.calls).toHaveLength(1);
});

test('nothing is sent again as long as the directory cannot be looked at', async () => {
  let looks = 0;
  const directory = directoryOf({
    assignmentsOfUsers: async () => {
      looks += 1;
      if (looks < 3) throw new DirectoryError(failed(503, 'ServiceUnavailable'));
      return [];
    },
  });
  const writer = scriptedWriter((_, before) => (before === 0 ? lost : done('x')));
  const results = await carryOutBatch([assign(1)], applyInput({ writer, directory }), nobodyDenied());
  expect(results).toMatchObject([{ n: 1, status: 'done' }]);
  expect([looks, writer.calls.length]).toEqual([3, 2]);
});

test('what was stopped before it was sent is recorded as not tried, beside what was done', async () => {
  const unsent = answered('notSent', failed(0, 'Stopped'));
  const writer = scriptedWriter((write) =>
    write.kind === 'assign' && write.principalId === 'u2' ? unsent : done('x'),
  );
  const input = applyInput({ writer });
  const results = await carryOutBatch([assign(1), assign(2)], input, nobodyDenied());
  expect(results.map(({ status }) => status)).toEqual(['done', 'notTried']);
  expect(input.recorded[1]).toMatchObject({ kind: 'written', data: { results } });
});

test('an assignment that is there already is already so', async () => {
  const input = applyInput({ writer: scriptedWriter(() => taken) });
  expect(await carryOutBatch([assign(1)], input, nobodyDenied())).toEqual([
    { n: 1, status: 'alreadySo', httpStatus: 400 },
  ]);
});

test('a user who exists as wanted is already so; one who is somebody else is refused, with what differs', async () => {
  const writer = scriptedWriter(() => taken);
  const wanted = { userPrincipalName: 'P1@contoso.com', displayName: 'p 1', employeeId: '7' };
  const asWanted = applyInput({ writer, directory: finding(wanted) });
  expect(await carryOutBatch([user(1, { employeeId: '7' })], asWanted, nobodyDenied())).toEqual([
    { n: 1, status: 'alreadySo', id: 'found0', httpStatus: 400 },
  ]);
  const other = applyInput({ writer, directory: finding({ ...wanted, employeeId: '8' }) });
  expect(await carryOutBatch([user(1, { employeeId: '7' })], other, nobodyDenied())).toMatchObject([
    { status: 'refused', reason: expect.stringMatching(/p1@contoso\.com exists whose employeeId is "8", not "7"/) },
  ]);
});

test('a name that is taken by somebody whom reads do not show yet is looked for again, and then given up', async () => {
  const input = applyInput({ writer: scriptedWriter(() => taken), directory: finding(), lagLimitMs: 2000 });
  const [result] = await carryOutBatch([user(1)], input, nobodyDenied());
  expect(result).toMatchObject({
    status: 'refused',
    reason: expect.stringMatching(/^waited 2 seconds; the last answer/),
  });
  expect(input.clock.slept).toEqual([500, 1000, 500]);
});

test('a user whose nickname or mail address another object has is refused at once', async () => {
  const failure = {
    ...failed(400, 'Request_BadRequest'),
    details: [{ code: 'ObjectConflict', target: 'mailNickname' }],
  };
  const input = applyInput({ writer: scriptedWriter(() => answered('exists', failure)) });
  expect(await carryOutBatch([user(1)], input, nobodyDenied())).toMatchObject([{ status: 'refused' }]);
  expect(input.clock.slept).toEqual([]);
});

test('one refusal does not stop the others, not even where it is a denial', async () => {
  const denial = answered('refused', failed(403, 'Authorization_RequestDenied'));
  const writer = scriptedWriter((write) =>
    write.kind === 'assign' && write.principalId === 'u2' ? denial : done('x'),
  );
  const denied = nobodyDenied();
  const first = await carryOutBatch([assign(1), assign(2), assign(3)], applyInput({ writer }), denied);
  expect(first.map(({ status }) => status)).toEqual(['done', 'refused', 'done']);
  const second = await carryOutBatch([assign(4)], applyInput({ writer }), denied);
  expect(second.map(({ status }) => status)).toEqual(['done']);
});

test('where everything of a kind is denied, no more of it is sent, and the reason is told', async () => {
  const denial = answered('refused', failed(403, 'Authorization_RequestDenied', 'Insufficient privileges'));
  const writer = scriptedWriter((write) => (write.kind === 'createUser' ? denial : done('x')));
  const denied = nobodyDenied();
  await carryOutBatch([user(1), user(2)], applyInput({ writer }), denied);
  expect(await carryOutBatch([user(3)], applyInput({ writer }), denied)).toMatchObject([
    { n: 3, status: 'notTried', reason: expect.stringMatching(/not tried after this was refused: .*Insufficient/) },
  ]);
  expect(await carryOutBatch([assign(4)], applyInput({ writer }), denied)).toMatchObject([{ status: 'done' }]);
  expect(writer.calls.map((call) => call.length)).toEqual([2, 1]);
});

test('an abort leaves what was not sent untried, and sends nothing again', async () => {
  const stop = new AbortController();
  const writer = scriptedWriter(() => {
    stop.abort();
    return tooEarly;
  });
  const input = applyInput({ writer, signal: stop.signal });
  expect(await carryOutBatch([assign(1)], input, nobodyDenied())).toMatchObject([
    { status: 'refused', reason: expect.stringMatching(/^stopped while waiting/) },
  ]);
  expect(await carryOutBatch([assign(2)], input, nobodyDenied())).toMatchObject([{ status: 'notTried' }]);
  expect(writer.calls).toHaveLength(1);
});
