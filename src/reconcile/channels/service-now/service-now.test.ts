import { expect, onTestFinished, test } from 'vitest';
import {
  type Call,
  type Fault,
  ServiceNowStandIn,
  STAND_IN,
  type StandInOptions,
} from '../../../../examples/stand-ins/service-now.ts';
import { onAndOn, REACH, reportOf, toolsOf } from '../../../../test/support/channel.ts';
import { removalOf, removalsOf } from '../../../../test/support/removal.ts';
import { serviceNowSettings, serviceNowWritten } from '../../../config/channels/service-now.ts';
import type { ReachSettings } from '../../../model/channel-settings.ts';
import { ChannelDownError, ChannelError } from '../../../model/errors.ts';
import type { Removal } from '../../../model/removal.ts';
import { serviceNowChannel } from './service-now.ts';

const SECRETS = { PASSWORD: STAND_IN.password, SECRET: STAND_IN.clientSecret };
const BASIC = { basic: { user: STAND_IN.user, password: { env: 'PASSWORD' } } };
const ITEM = '0'.repeat(31).concat('1');

const worldOf = async (options: StandInOptions = {}, written: object = {}, reach: Partial<ReachSettings> = {}) => {
  const standIn = await ServiceNowStandIn.start(options);
  onTestFinished(() => standIn.stop());
  const open = () => {
    const settings = serviceNowSettings(
      serviceNowWritten.parse({ instance: standIn.origin, signIn: BASIC, ...written }),
      (name) => name,
    );
    const channel = serviceNowChannel({ ...settings, reach: { ...REACH, ...reach } }, toolsOf(SECRETS));
    onTestFinished(() => channel.close!());
    return channel;
  };
  return { standIn, open, channel: open() };
};

const onlyOnce = (isMeant: (call: Call) => boolean, fault: Fault) => {
  let happened = false;
  return (call: Call) => {
    if (happened || !isMeant(call)) return undefined;
    happened = true;
    return fault;
  };
};
const isInsert = ({ method }: Call) => method === 'POST';

const ordered = (removal: Removal, reference: string): Removal => ({
  ...removal,
  state: 'ordered',
  order: { channel: 'serviceNow', reference, orderedAt: '2026-11-02T08:00:00.000Z' },
});

test('a removal becomes one ticket that says what to do, and ordering again finds it', async () => {
  const { standIn, channel, open } = await worldOf({}, { fields: { assignment_group: 'a'.repeat(32), urgency: '2' } });
  const removals = [removalOf(1), removalOf(2, { role: 'Administrator' })];
  const report = reportOf();
  await channel.order(removals, report, onAndOn());
  const rows = standIn.rows('incident');
  expect(rows).toHaveLength(2);
  expect(rows[1]).toMatchObject({
    correlation_id: removals[1]!.id,
    correlation_display: 'Rollcall',
    short_description: 'Take the role Administrator from the account person2@contoso.com in CORPDB1',
    assignment_group: 'a'.repeat(32),
    urgency: '2',
    due_date: '2026-11-15 08:00:00',
  });
  expect(rows[1]!['description']).toContain('refused by owner@contoso.com: Left the team');
  expect(report.orders.get(removals[0]!.id)).toEqual({
    reference: rows[0]!['number'],
    address: `${standIn.origin}/incident.do?sys_id=${rows[0]!['sys_id']}`,
    wasThere: false,
    state: { kind: 'ordered' },
  });
  const again = reportOf();
  await open().order(removals, again, onAndOn());
  expect(standIn.rows('incident')).toHaveLength(2);
  expect([...again.orders.values()].map(({ wasThere }) => wasThere)).toEqual([true, true]);
});

test.each<[string, Fault, boolean]>([
  ['whose request was lost', { kind: 'lostRequest' }, false],
  ['whose reply was lost', { kind: 'lostReply' }, true],
  ['whose reply is empty', { kind: 'emptyReply' }, true],
  ['whose reply is a bad gateway after all was done', { kind: 'failedAfterWork' }, true],
  ['that is refused for now', { kind: 'throttled', retryAfter: '20' }, false],
  ['that meets maintenance', { kind: 'unavailable' }, false],
  ['that is answered with an error beside the record', { kind: 'cutShort' }, true],
])('an insert %s makes one ticket', async (_, fault, wasThere) => {
  const { standIn, channel } = await worldOf({ faults: onlyOnce(isInsert, fault) });
  const report = reportOf();
  await channel.order(removalsOf(3), report, onAndOn());
  expect(standIn.rows('incident').map((row) => row['correlation_id'])).toEqual(removalsOf(3).map(({ id }) => id));
  expect([...report.orders.values()].map((order) => order.wasThere)).toEqual([wasThere, false, false]);
  expect(report.refusals.size).toBe(0);
});

test('an insert that is answered too late makes one ticket', async () => {
  const faults = onlyOnce(isInsert, { kind: 'lateReply', ms: 3000 });
  const { standIn, channel } = await worldOf({ faults }, {}, { timeLimits: { connect: 0.2, answer: 0.3 } });
  const report = reportOf();
  await channel.order(removalsOf(2), report, onAndOn());
  expect(standIn.rows('incident')).toHaveLength(2);
  expect(report.orders.get(removalOf(1).id)).toMatchObject({ wasThere: true });
});

test('of a ticket that was made very late beside another, one stays open and the other is cancelled', async () => {
  const faults = onlyOnce(isInsert, { kind: 'lateWork', ms: 400 });
  const { standIn, channel } = await worldOf({ faults });
  const report = reportOf();
  await channel.order([removalOf(1)], report, onAndOn());
  const { reference } = report.orders.get(removalOf(1).id)!;
  while (standIn.rows('incident').length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  const states = await channel.states([ordered(removalOf(1), reference)], onAndOn());
  expect(states.get(removalOf(1).id)).toEqual({ kind: 'ordered' });
  const [other, ...none] = standIn.rows('incident').filter((row) => row['state'] !== '1');
  expect(none).toEqual([]);
  expect(other).toMatchObject({ state: '8', active: 'false', close_notes: `Placed twice: ${reference} is the order.` });
  expect(standIn.rows('incident').find((row) => row['number'] === reference)).toMatchObject({ state: '1' });
});

test('an instance that ignores a bad query and returns every row gets no ticket', async () => {
  const unrelated = { correlation_id: 'from a monitoring system', short_description: 'Disk full' };
  for (const options of [
    { missingFields: ['correlation_id'] },
    { faults: (call: Call): Fault | undefined => (call.method === 'GET' ? { kind: 'ignoredQuery' } : undefined) },
  ] satisfies StandInOptions[]) {
    const { standIn, channel } = await worldOf(options);
    standIn.add('incident', unrelated);
    await expect(channel.order(removalsOf(3), reportOf(), onAndOn())).rejects.toThrow(ChannelDownError);
    await expect(channel.states(removalsOf(3), onAndOn())).rejects.toThrow(ChannelDownError);
    await expect(channel.check(onAndOn())).rejects.toThrow(/correlation/);
    expect(standIn.rows('incident')).toHaveLength(1);
    expect(standIn.calls.filter(isInsert)).toEqual([]);
  }
});

test('where the query is ignored later on, no ticket of others is taken for an order', async () => {
  let isIgnoring = false;
  const { standIn, channel } = await worldOf({
    faults: ({ method }) => (isIgnoring && method === 'GET' ? { kind: 'ignoredQuery' } : undefined),
  });
  await channel.order(removalsOf(2), reportOf(), onAndOn());
  isIgnoring = true;
  await expect(channel.order([removalOf(3)], reportOf(), onAndOn())).rejects.toThrow(/not asked for/);
  expect(standIn.rows('incident')).toHaveLength(2);
});

test('fields that access rules take out are named before anything is written', async () => {
  for (const field of ['correlation_id', 'state', 'sys_id', 'number']) {
    const { standIn, channel } = await worldOf({ hiddenFields: [field] });
    standIn.add('incident', { short_description: 'Disk full' });
    await expect(channel.order([removalOf(1)], reportOf(), onAndOn())).rejects.toThrow(`without ${field}`);
    expect(standIn.calls.filter(isInsert)).toEqual([]);
  }
});

test('a ticket that cannot be found after it was made is kept as the order, and nothing more is written', async () => {
  const { standIn, channel } = await worldOf({ hiddenRow: () => true });
  const report = reportOf();
  await expect(channel.order(removalsOf(3), report, onAndOn())).rejects.toThrow(/is not found by it/);
  expect(standIn.rows('incident')).toHaveLength(1);
  expect(report.orders.get(removalOf(1).id)).toMatchObject({ reference: standIn.rows('incident')[0]!['number'] });
  expect(report.orders.size).toBe(1);

  const changed = await worldOf({ hiddenFields: ['correlation_id'] });
  const told = reportOf();
  await expect(changed.channel.order(removalsOf(3), told, onAndOn())).rejects.toThrow(ChannelDownError);
  expect(changed.standIn.rows('incident')).toHaveLength(1);
});

test.each([
  ['links and totals', {}],
  ['links alone', { tellsTotal: false }],
  ['totals alone', { tellsLinks: false }],
  ['neither', { tellsLinks: false, tellsTotal: false }],
])('lists are read to their end by %s, also where pages are short because rows are hidden', async (_, tells) => {
  const { standIn, channel } = await worldOf({
    ...tells,
    hiddenRow: (row) => row['short_description'] === 'hidden',
  });
  const removals = removalsOf(60);
  await channel.order(removals, reportOf(), onAndOn());
  expect(standIn.rows('incident')).toHaveLength(60);
  // Hidden tickets that match the same question fill the first page.
  for (const { id } of removals.slice(0, 40)) {
    for (let n = 2; n < 6; n += 1)
      standIn.add('incident', { correlation_id: `${id}-${n}`, short_description: 'hidden' });
  }
  standIn.rows('incident').reverse();
  const before = standIn.calls.length;
  const states = await channel.states(removals, onAndOn());
  expect([...states.values()].map(({ kind }) => kind)).toEqual(Array(60).fill('ordered'));
  const offsets = standIn.calls.slice(before).map(({ query }) => query.get('sysparm_offset'));
  expect(offsets.some((offset) => Number(offset) > 0)).toBe(true);
});

test.each([
  ['links and totals', {}],
  ['totals alone', { tellsLinks: false }],
  ['neither', { tellsLinks: false, tellsTotal: false }],
])(
  'where the instance has smaller pages than were asked for, told by %s, no ticket is overlooked',
  async (_, tells) => {
    const { standIn, channel, open } = await worldOf({ ...tells, rowsAPage: 7 });
    await channel.order(removalsOf(50), reportOf(), onAndOn());
    const again = reportOf();
    await open().order(removalsOf(50), again, onAndOn());
    expect([...again.orders.values()].filter(({ wasThere }) => wasThere)).toHaveLength(50);
    expect(standIn.rows('incident')).toHaveLength(50);
  },
);

test('states are values, whatever is shown to people, and mean what they are configured to mean', async () => {
  const { standIn, channel } = await worldOf({}, { states: { '20': 'accepted' } });
  const removals = removalsOf(7);
  const report = reportOf();
  await channel.order(removals, report, onAndOn());
  const rows = standIn.rows('incident');
  for (const [index, state] of ['1', '2', '6', '7', '8', '20', '99'].entries()) {
    standIn.set('incident', (row) => row === rows[index], { state, close_notes: state === '8' ? 'Not ours' : '' });
  }
  standIn.set('incident', (row) => row === rows[6], { active: 'false' });
  const states = await channel.states(
    removals.map((one) => ordered(one, report.orders.get(one.id)!.reference)),
    onAndOn(),
  );
  expect([...states.values()]).toEqual([
    { kind: 'ordered' },
    { kind: 'accepted' },
    { kind: 'claimedDone' },
    { kind: 'claimedDone' },
    { kind: 'failed', reason: `${rows[4]!['number']} came to nothing (state 8): Not ours` },
    { kind: 'accepted' },
    { kind: 'claimedDone' },
  ]);
});

test('a resolved ticket is opened again with a note, a closed one is followed up by one that is linked to it', async () => {
  const { standIn, channel } = await worldOf();
  const removals = removalsOf(3);
  const report = reportOf();
  await channel.order(removals, report, onAndOn());
  const [resolved, closed, open] = standIn.rows('incident');
  standIn.set('incident', (row) => row === resolved, { state: '6' });
  standIn.set('incident', (row) => row === closed, { state: '7' });
  const returned = removals.map((one) => ordered(one, report.orders.get(one.id)!.reference));

  const again = reportOf();
  await channel.reopen(returned, again, onAndOn());
  expect(resolved).toMatchObject({ state: '2', active: 'true' });
  expect(standIn.notes.get(resolved!['sys_id']!)).toHaveLength(1);
  expect(again.orders.get(removals[0]!.id)).toMatchObject({ reference: resolved!['number'], wasThere: false });
  expect(again.orders.get(removals[2]!.id)).toMatchObject({ reference: open!['number'], wasThere: true });
  const followUp = standIn.rows('incident')[3]!;
  expect(followUp).toMatchObject({ correlation_id: `${removals[1]!.id}-2`, parent: closed!['sys_id'], state: '1' });
  expect(followUp['description']).toContain(`Follows ${closed!['number']}`);
  expect(again.orders.get(removals[1]!.id)).toMatchObject({ reference: followUp['number'] });

  await channel.reopen(returned, reportOf(), onAndOn());
  expect(standIn.rows('incident')).toHaveLength(4);
  const open2 = standIn.rows('incident').filter((row) => row['active'] === 'true');
  expect(open2).toHaveLength(3);

  standIn.set('incident', (row) => row === followUp, { state: '8' });
  await channel.reopen(returned, reportOf(), onAndOn());
  expect(standIn.rows('incident')[4]).toMatchObject({
    correlation_id: `${removals[1]!.id}-3`,
    parent: followUp['sys_id'],
  });
});

test('a ticket that a rule keeps closed, by refusing or without a word, is followed up', async () => {
  for (const refuses of [
    ({ method }: Call) => (method === 'PATCH' ? 'Aborted by Business Rule: closed for good' : undefined),
    ({ method }: Call, values: Record<string, string>) => {
      if (method === 'PATCH') delete values['state'];
      return undefined;
    },
  ]) {
    const { standIn, channel } = await worldOf({ refuses });
    const report = reportOf();
    await channel.order([removalOf(1)], report, onAndOn());
    standIn.set('incident', () => true, { state: '6' });
    const removal = ordered(removalOf(1), report.orders.get(removalOf(1).id)!.reference);
    await channel.reopen([removal], report, onAndOn());
    expect(standIn.rows('incident').map((row) => row['state'])).toEqual(['6', '1']);
  }
});

test('a reopening whose reply was lost leaves one open ticket', async () => {
  for (const kind of ['lostReply', 'lostRequest', 'emptyReply'] as const) {
    const { standIn, channel } = await worldOf({ faults: onlyOnce(({ method }) => method === 'PATCH', { kind }) });
    const report = reportOf();
    await channel.order([removalOf(1)], report, onAndOn());
    standIn.set('incident', () => true, { state: '6' });
    const removal = ordered(removalOf(1), report.orders.get(removalOf(1).id)!.reference);
    await channel.reopen([removal], report, onAndOn());
    expect(standIn.rows('incident').map((row) => row['state'])).toEqual(['2']);
    expect(standIn.notes.get(standIn.rows('incident')[0]!['sys_id']!)).toHaveLength(1);
  }
});

test('a ticket that is gone is told of, and ordered once more only where that is wanted', async () => {
  const { standIn, channel } = await worldOf();
  const report = reportOf();
  const gone = ordered(removalOf(1), 'INC0000001');
  expect((await channel.states([gone], onAndOn())).get(gone.id)).toMatchObject({ kind: 'failed' });
  await channel.reopen([gone], report, onAndOn());
  expect(report.refusals.get(gone.id)!.message).toMatch(/INC0000001 is not found any more/);
  expect(standIn.rows('incident')).toEqual([]);

  const other = await worldOf({}, { whenGone: 'orderAgain' });
  await other.channel.reopen([gone], report, onAndOn());
  expect(other.standIn.rows('incident')).toHaveLength(1);
  expect(report.orders.has(gone.id)).toBe(true);
});

test('a reminder is a note on the open ticket, an escalation raises it, and a closed one is left alone', async () => {
  const { standIn, channel } = await worldOf();
  const report = reportOf();
  await channel.order(removalsOf(2), report, onAndOn());
  const [open, closed] = standIn.rows('incident');
  standIn.set('incident', (row) => row === closed, { state: '7' });
  const removals = removalsOf(2).map((one) => ordered(one, report.orders.get(one.id)!.reference));
  await channel.remind(removals, false, onAndOn());
  expect(open!['urgency']).toBeUndefined();
  await channel.remind(removals, true, onAndOn());
  expect(open!['urgency']).toBe('1');
  const notes = standIn.notes.get(open!['sys_id']!)!;
  expect(notes).toHaveLength(2);
  expect(notes[1]).toMatch(/^Escalated: this was due on 2026-11-15/);
  expect(standIn.notes.has(closed!['sys_id']!)).toBe(false);
});

test('what is refused for one removal lets the others go', async () => {
  const { standIn, channel } = await worldOf({
    refuses: (_, values) => (values['correlation_id'] === removalOf(2).id ? 'Aborted by Business Rule' : undefined),
  });
  const report = reportOf();
  await channel.order(removalsOf(3), report, onAndOn());
  expect(standIn.rows('incident')).toHaveLength(2);
  const refusal = report.refusals.get(removalOf(2).id)!;
  expect(refusal).toBeInstanceOf(ChannelError);
  expect(refusal.message).toMatch(/status 403: Operation Failed: Aborted by Business Rule/);
});

test.each(['incident', 'requestTask', 'change'] as const)(
  'a removal can be a ticket of the kind %s',
  async (ticket) => {
    const { standIn, channel } = await worldOf({}, { ticket });
    const report = reportOf();
    await channel.order([removalOf(1)], report, onAndOn());
    const table = { incident: 'incident', requestTask: 'sc_task', change: 'change_request' }[ticket];
    expect(standIn.rows(table)).toHaveLength(1);
    expect((await channel.states([removalOf(1)], onAndOn())).get(removalOf(1).id)).toEqual({ kind: 'ordered' });
    standIn.set(table, () => true, { state: '3' });
    const done = ticket === 'incident' ? 'accepted' : 'claimedDone';
    expect((await channel.states([removalOf(1)], onAndOn())).get(removalOf(1).id)).toEqual({ kind: done });
  },
);

test('an item of the catalogue stands in one request, whatever is lost', async () => {
  let inserts = 0;
  const faults = (call: Call): Fault | undefined => {
    if (!isInsert(call)) return undefined;
    inserts += 1;
    return inserts % 2 === 1 ? { kind: 'lostReply' } : undefined;
  };
  const { standIn, channel } = await worldOf({ faults }, { ticket: 'requestItem', catalogItem: ITEM });
  standIn.add('sc_cat_item', { sys_id: ITEM, name: 'Remove access', active: 'true' });
  expect(await channel.check(onAndOn())).toContain('the item is Remove access');
  await channel.order(removalsOf(4), reportOf(), onAndOn());
  expect(standIn.rows('sc_request')).toHaveLength(4);
  expect(standIn.rows('sc_req_item')).toHaveLength(4);
  for (const [index, row] of standIn.rows('sc_req_item').entries()) {
    expect(row).toMatchObject({ cat_item: ITEM, request: standIn.rows('sc_request')[index]!['sys_id'] });
  }
});

test.each([
  ['client credentials', { clientCredentials: { clientId: STAND_IN.clientId, secret: { env: 'SECRET' } } }],
  [
    'a password grant',
    {
      password: {
        clientId: STAND_IN.clientId,
        secret: { env: 'SECRET' },
        user: STAND_IN.user,
        password: { env: 'PASSWORD' },
      },
    },
  ],
])('signs in by %s, and again when the token is withdrawn', async (_, signIn) => {
  const { standIn, channel } = await worldOf({}, { signIn });
  await channel.order([removalOf(1)], reportOf(), onAndOn());
  standIn.withdrawTokens();
  await channel.order([removalOf(2)], reportOf(), onAndOn());
  expect(standIn.rows('incident')).toHaveLength(2);
  expect(standIn.calls.filter(({ table }) => table === '/oauth_token.do')).toHaveLength(2);
});

test('a refused sign-in is told without any secret, and nothing is tried after it', async () => {
  for (const signIn of [
    { basic: { user: 'somebody', password: { env: 'PASSWORD' } } },
    { clientCredentials: { clientId: 'somebody', secret: { env: 'SECRET' } } },
  ]) {
    const { standIn, channel } = await worldOf({}, { signIn });
    const error = await channel.order(removalsOf(3), reportOf(), onAndOn()).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(ChannelDownError);
    expect((error as ChannelDownError).remedy).toMatch(/signIn/);
    const pair = Buffer.from(`somebody:${STAND_IN.password}`).toString('base64');
    for (const secret of [STAND_IN.password, STAND_IN.clientSecret, pair]) expect(String(error)).not.toContain(secret);
    expect(standIn.calls).toHaveLength(1);
  }
});

test('an instance that hibernates is told as such', async () => {
  const { channel } = await worldOf({ faults: () => ({ kind: 'hibernating' }) });
  await expect(channel.check(onAndOn())).rejects.toThrow(/hibernates/);
  const oauth = await worldOf(
    { faults: () => ({ kind: 'hibernating' }) },
    { signIn: { clientCredentials: { clientId: STAND_IN.clientId, secret: { env: 'SECRET' } } } },
  );
  await expect(oauth.channel.order([removalOf(1)], reportOf(), onAndOn())).rejects.toThrow(/hibernates/);
});

test('an instance that throttles for longer than is allowed stops the work, with what was placed kept', async () => {
  let inserts = 0;
  const { standIn, channel } = await worldOf({
    faults: (call) => {
      if (isInsert(call)) inserts += 1;
      return inserts > 2 ? { kind: 'throttled', retryAfter: '3000' } : undefined;
    },
  });
  const report = reportOf();
  await expect(channel.order(removalsOf(5), report, onAndOn())).rejects.toThrow(/too often/);
  expect(report.orders.size).toBe(2);
  expect(standIn.rows('incident')).toHaveLength(2);
});

test('no text of an account reaches a query, or is rendered', async () => {
  const hostile = removalOf(1, {
    account: {
      ...removalOf(1).account,
      key: 'a^ORactive=true',
      cells: { Login: 'javascript:gs.getUser()', Note: '[code]<script>alert(1)</script>[/code]\u202Etxt' },
    },
  });
  const { standIn, channel } = await worldOf();
  await channel.order([hostile], reportOf(), onAndOn());
  await channel.states([hostile], onAndOn());
  for (const { query } of standIn.calls) expect(query.get('sysparm_query') ?? '').not.toMatch(/active|javascript/);
  const [row] = standIn.rows('incident');
  expect(row!['description']).not.toMatch(/\[\/?code\]|\u202E/i);
  expect(row!['short_description']!.length).toBeLessThanOrEqual(160);
});

test('the check changes nothing and says what was found', async () => {
  const { standIn, channel } = await worldOf();
  expect(await channel.check(onAndOn())).toBe(
    `${standIn.origin} lets in, answers for table incident by correlation id; there is no ticket yet that it may see`,
  );
  expect(standIn.calls.every(({ method }) => method === 'GET')).toBe(true);
});
