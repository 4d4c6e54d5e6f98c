import { parse } from 'csv-parse/sync';
import { expect, onTestFinished, test } from 'vitest';
import { onAndOn, reportOf, toolsOf } from '../../../test/support/channel.ts';
import { removalOf, removalsOf } from '../../../test/support/removal.ts';
import { headersOf, MAIL_USER, type MailServerOptions, partsOf, startMailServer } from '../../../test/support/smtp.ts';
import type { EmailSettings } from '../../model/channel-settings.ts';
import { ChannelDownError, ChannelError } from '../../model/errors.ts';
import type { Removal } from '../../model/removal.ts';
import { emailChannel } from './email.ts';

const worldOf = async (options: MailServerOptions = {}, parts: Partial<EmailSettings> = {}) => {
  const { port, caFile, mails } = await startMailServer(options);
  const tools = toolsOf({ PASSWORD: MAIL_USER.password, WRONG: 'a wrong password' });
  const open = () => {
    const channel = emailChannel(
      {
        kind: 'email',
        server: 'localhost',
        port,
        security: options.tls ? 'tls' : 'startTls',
        signIn: options.wantsSignIn ? { user: MAIL_USER.user, password: { env: 'PASSWORD' } } : null,
        caFile,
        from: 'Rollcall <rollcall@contoso.com>',
        to: ['owner@contoso.com'],
        escalateTo: ['head@contoso.com'],
        bouncesTo: null,
        ...parts,
      },
      tools,
    );
    onTestFinished(() => channel.close!());
    return channel;
  };
  return { mails, tools, open, channel: open() };
};

const ordered = (removal: Removal, reference: string): Removal => ({
  ...removal,
  state: 'returned',
  order: { channel: 'email', reference, orderedAt: '2026-11-02T08:00:00.000Z' },
});

test.each([
  ['STARTTLS', { wantsSignIn: true }],
  ['TLS from the first byte', { wantsSignIn: true, tls: true }],
])('one message by %s has the list of removals as text, as HTML and as a file', async (_, options) => {
  const { mails, channel } = await worldOf(options);
  const removals = [removalOf(1), removalOf(2, { role: 'Administrator' })];
  const report = reportOf();
  await channel.order(removals, report, onAndOn());
  expect(mails).toHaveLength(1);
  const [mail] = mails;
  expect(mail).toMatchObject({
    from: 'rollcall@contoso.com',
    to: ['owner@contoso.com'],
    isSecure: true,
    user: MAIL_USER.user,
  });
  const headers = headersOf(mail!.raw);
  expect(headers.get('subject')).toBe('CORPDB1: 2 removals to carry out, due 2026-11-15');
  expect(headers.get('auto-submitted')).toBe('auto-generated');
  const parts = partsOf(mail!.raw);
  expect(parts.get('text/plain')).toContain(
    '2. Take the role Administrator from the account person2@contoso.com in CORPDB1.',
  );
  expect(parts.get('text/html')).toContain('Remove the account person1@contoso.com from CORPDB1');
  const rows = parse(parts.get('text/csv')!, { columns: true, bom: true }) as Record<string, string>[];
  expect(rows.map((row) => [row['removal'], row['Login']])).toEqual([
    [removals[0]!.id, 'P1'],
    [removals[1]!.id, 'P2'],
  ]);
  const id = headers.get('message-id');
  expect(id).toMatch(/^<rollcall\.order\.[0-9a-f]{40}@contoso\.com>$/);
  for (const { id: removal } of removals) {
    expect(report.orders.get(removal)).toEqual({ reference: id, wasThere: false });
  }
  expect((await channel.states(removals, onAndOn())).get(removals[0]!.id)).toEqual({ kind: 'unknown' });
});

test('a message holds no formula, no script, no header of its own making, and no secret', async () => {
  const { mails, channel } = await worldOf({ wantsSignIn: true });
  const hostile = removalOf(1, {
    applicationName: 'CORP\r\nBcc: everybody@contoso.com',
    account: {
      ...removalOf(1).account,
      key: '=HYPERLINK("https://evil.example.com")',
      cells: {
        Login: '=1+1',
        '<script>alert(1)</script>': '<img src=x onerror=alert(2)>',
        Note: '\u202Egpj.exe\n.\n@SUM(A1)',
      },
      user: { id: 'u', userPrincipalName: '"><b>', displayName: "'; --" },
    },
    cause: { kind: 'denied', review: 'r', decidedBy: '<a href="javascript:x">', justification: '-1+1|cmd' },
  });
  await channel.order([hostile], reportOf(), onAndOn());
  const { raw, to } = mails[0]!;
  expect(to).toEqual(['owner@contoso.com']);
  expect(headersOf(raw).has('bcc')).toBe(false);
  const parts = partsOf(raw);
  const html = parts.get('text/html')!;
  const tags = new Set([...html.matchAll(/<\/?([a-z!]+)[^>]*>/gi)].map(([, name]) => name!.toLowerCase()));
  expect(tags).toEqual(new Set(['!doctype', 'html', 'head', 'meta', 'body', 'p', 'table', 'tr', 'th', 'td']));
  expect(html).not.toMatch(/<[^>]+(?:href|src|on\w+|style)\s*=/i);
  expect(html + parts.get('text/plain')).not.toMatch(/\u202E/);
  const csv = parts.get('text/csv')!;
  for (const [row] of csv.matchAll(/^.*$/gm)) {
    for (const cell of row.split(/[,;\t]/)) expect(cell).not.toMatch(/^"?[=+\-@]/);
  }
  expect(csv).toContain("'=1+1");
  for (const secret of [MAIL_USER.password, Buffer.from(MAIL_USER.password).toString('base64')]) {
    expect([raw, ...parts.values()].join('\n')).not.toContain(secret);
  }
});

test('the same message sent again has the same id, whatever the order of its removals; any other has another', async () => {
  const { mails, open, tools } = await worldOf();
  const removals = removalsOf(3);
  await open().order(removals, reportOf(), onAndOn());
  await open().order([...removals].reverse(), reportOf(), onAndOn());
  await open().order(removals.slice(1), reportOf(), onAndOn());
  const returned = removals.map((one) => ordered(one, '<rollcall.order.1@contoso.com>'));
  await open().reopen(returned, reportOf(), onAndOn());
  await open().remind(returned, false, onAndOn());
  await open().remind(returned, false, onAndOn());
  await tools.clock.sleep(86_400_000);
  await open().remind(returned, false, onAndOn());
  await open().remind(returned, true, onAndOn());
  const ids = mails.map(({ raw }) => headersOf(raw).get('message-id'));
  expect(ids[1]).toBe(ids[0]);
  expect(ids[5]).toBe(ids[4]);
  expect(new Set(ids).size).toBe(6);
  expect(headersOf(mails[3]!.raw).get('references')).toBe('<rollcall.order.1@contoso.com>');
  expect(mails[7]!.to).toEqual(['owner@contoso.com', 'head@contoso.com']);
});

test('without TLS, with the wrong certificate or with a refused sign-in nothing is said that is secret, and nothing is sent', async () => {
  const plain = await worldOf({ offersStartTls: false, wantsSignIn: true });
  await expect(plain.channel.order([removalOf(1)], reportOf(), onAndOn())).rejects.toThrow(ChannelDownError);
  await expect(plain.channel.check(onAndOn())).rejects.toMatchObject({ remedy: expect.stringMatching(/TLS/) });

  const stranger = await worldOf({ wantsSignIn: true }, { caFile: null });
  await expect(stranger.channel.check(onAndOn())).rejects.toThrow(/certificate/);
  const otherHost = await worldOf({ wantsSignIn: true }, { server: '127.0.0.1' });
  await expect(otherHost.channel.check(onAndOn())).rejects.toThrow(ChannelDownError);

  const wrong = await worldOf({ wantsSignIn: true }, { signIn: { user: MAIL_USER.user, password: { env: 'WRONG' } } });
  const error = await wrong.channel.check(onAndOn()).catch((one: unknown) => one as Error);
  expect(error).toBeInstanceOf(ChannelDownError);
  expect(String(error)).toMatch(/Invalid/);
  expect(JSON.stringify({ error, text: String(error), cause: (error as Error).cause })).not.toContain(
    'a wrong password',
  );
  for (const { mails } of [plain, stranger, otherHost, wrong]) expect(mails).toEqual([]);
});

test('plain SMTP goes within this machine, where the configuration says so', async () => {
  const { mails, channel } = await worldOf({ offersStartTls: false }, { security: 'none', server: '127.0.0.1' });
  expect(await channel.check(onAndOn())).toMatch(/^127\.0\.0\.1:\d+ answers without TLS, on this machine$/);
  await channel.order([removalOf(1)], reportOf(), onAndOn());
  expect(mails).toHaveLength(1);
});

test('a recipient who is refused is named: alone, it refuses the order; among others, the order stands', async () => {
  const refuses = (address: string) =>
    address === 'gone@contoso.com' ? { code: 550, words: 'No such mailbox' } : undefined;
  const alone = await worldOf({ refuses }, { to: ['gone@contoso.com'] });
  const report = reportOf();
  await alone.channel.order(removalsOf(2), report, onAndOn());
  expect(report.orders.size).toBe(0);
  expect([...report.refusals.values()].map(({ message }) => message)).toEqual([
    expect.stringContaining('No such mailbox'),
    expect.stringContaining('No such mailbox'),
  ]);

  const among = await worldOf({ refuses }, { to: ['owner@contoso.com', 'gone@contoso.com'] });
  const told = reportOf();
  await expect(among.channel.order(removalsOf(2), told, onAndOn())).rejects.toThrow(
    /went to owner@contoso\.com, but was refused for gone@contoso\.com \(.*No such mailbox/,
  );
  expect(told.orders.size).toBe(2);
  expect(among.mails[0]!.to).toEqual(['owner@contoso.com']);
});

test('a message that is refused for good orders nothing, one that is refused for now is tried another time', async () => {
  const bounced = await worldOf({ onMessage: () => ({ code: 554, words: 'Looks like spam' }) });
  const report = reportOf();
  await bounced.channel.order(removalsOf(2), report, onAndOn());
  expect(report.refusals.get(removalOf(1).id)).toBeInstanceOf(ChannelError);
  expect(report.refusals.get(removalOf(1).id)!.message).toContain('Looks like spam');

  const busy = await worldOf({ onMessage: () => ({ code: 451, words: 'Greylisted' }) });
  await expect(busy.channel.order(removalsOf(2), reportOf(), onAndOn())).rejects.toThrow(ChannelDownError);
});

test('a connection that is cut after the message was taken leaves the order open, and it is sent again with the same id', async () => {
  const { mails, open } = await worldOf({ onMessage: (n) => (n === 1 ? 'cut' : undefined) });
  const report = reportOf();
  await expect(open().order(removalsOf(2), report, onAndOn())).rejects.toThrow(
    /whether the message was taken is not known/,
  );
  expect(report.orders.size).toBe(0);
  await open().order(removalsOf(2), report, onAndOn());
  const ids = mails.map(({ raw }) => headersOf(raw).get('message-id'));
  expect(ids).toHaveLength(2);
  expect(ids[0]).toBe(ids[1]);
});

test('bounces go where they are wanted, and the check sends nothing', async () => {
  const { mails, channel } = await worldOf({ wantsSignIn: true }, { bouncesTo: 'bounces@contoso.com' });
  expect(await channel.check(onAndOn())).toMatch(/^localhost:\d+ answers over TLS and lets rollcall in$/);
  expect(mails).toEqual([]);
  await channel.order([removalOf(1)], reportOf(), onAndOn());
  expect(mails[0]!.from).toBe('bounces@contoso.com');
  expect(headersOf(mails[0]!.raw).get('from')).toBe('Rollcall <rollcall@contoso.com>');
});

test('many removals are written out in part, and stand in the file as a whole', async () => {
  const { mails, channel } = await worldOf();
  await channel.order(removalsOf(250), reportOf(), onAndOn());
  const parts = partsOf(mails[0]!.raw);
  expect(parts.get('text/plain')).toContain('The attached file has all 250.');
  expect(parts.get('text/plain')).not.toContain('250. Remove');
  expect(parse(parts.get('text/csv')!, { columns: true, bom: true })).toHaveLength(250);
});
