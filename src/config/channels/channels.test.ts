import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { schemaMessage } from '../problems.ts';
import { channelSettings, channelWritten } from './channels.ts';

const path = (name: string) => resolve('/etc/rollcall', name);
const read = (written: unknown) => channelSettings(channelWritten.parse(written), path);
const problems = (written: unknown) =>
  channelWritten
    .safeParse(written, { error: schemaMessage })
    .error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);

const EMAIL = { server: 'smtp.contoso.com', from: 'rollcall@contoso.com', to: ['owner@contoso.com'] };
const SNOW = { instance: 'https://contoso.service-now.com', signIn: { basic: { user: 'r', password: { env: 'P' } } } };
const HOOK = { address: 'https://hooks.contoso.com/removals', secret: { file: 'hook.key' } };

test('a channel is one kind, with every default filled in', () => {
  expect(read({ email: EMAIL })).toEqual({
    kind: 'email',
    server: 'smtp.contoso.com',
    port: 587,
    security: 'startTls',
    signIn: null,
    caFile: null,
    from: 'rollcall@contoso.com',
    to: ['owner@contoso.com'],
    escalateTo: [],
    bouncesTo: null,
  });
  expect(read({ serviceNow: SNOW })).toMatchObject({
    instance: 'https://contoso.service-now.com',
    ticket: 'incident',
    reopen: { from: ['6'], to: '2' },
    cancelled: '8',
    whenGone: 'stop',
    reach: { caFile: null, timeLimits: { connect: 10, answer: 60 }, repeats: 5, longestWait: 300 },
  });
  expect(read({ webhook: HOOK })).toMatchObject({ states: null, secret: { file: resolve('/etc/rollcall/hook.key') } });
});

test('more than one kind, or none, is refused', () => {
  expect(problems({})).toEqual([': missing; expected one kind of channel: csv, email, serviceNow, webhook']);
  expect(problems({ email: EMAIL, webhook: HOOK })).toEqual([': expected one kind of channel, not 2: email, webhook']);
});

test('a message goes without TLS within this machine only, and never with a sign-in', () => {
  expect(read({ email: { ...EMAIL, server: '127.0.0.1', security: 'none' } })).toMatchObject({ security: 'none' });
  expect(read({ email: { ...EMAIL, security: 'tls' } })).toMatchObject({ port: 465 });
  expect(
    problems({
      email: { ...EMAIL, security: 'none', signIn: { user: 'r', password: { env: 'P' } } },
    }),
  ).toEqual([
    'email.security: expected startTls or tls (none only for this machine itself)',
    'email.signIn: goes with startTls or tls only',
  ]);
});

test('an address of a message cannot carry further headers', () => {
  expect(problems({ email: { ...EMAIL, from: 'Rollcall <rollcall@contoso.com>' } })).toBeUndefined();
  expect(problems({ email: { ...EMAIL, from: 'x <a@b.c>\r\nBcc: all@contoso.com' } })).toHaveLength(1);
  expect(problems({ email: { ...EMAIL, to: ['a@b.c\nBcc: d@e.f'] } })).toHaveLength(1);
  expect(problems({ email: { ...EMAIL, to: [] } })).toEqual(['email.to: expected at least one address']);
});

test('states of tickets are added to those that ServiceNow ships', () => {
  const settings = read({
    serviceNow: { ...SNOW, ticket: 'requestTask', states: { '20': 'accepted', '4': 'claimedDone' } },
  });
  expect(settings).toMatchObject({
    states: {
      '1': 'ordered',
      '2': 'accepted',
      '3': 'claimedDone',
      '4': 'claimedDone',
      '7': 'failed',
      '20': 'accepted',
    },
    reopen: null,
    cancelled: '4',
  });
});

test('what Rollcall writes into a ticket cannot be written by hand, and a catalogue item goes with its kind', () => {
  expect(problems({ serviceNow: { ...SNOW, fields: { correlation_id: 'x' } } })).toEqual([
    'serviceNow.fields.correlation_id: this field is written by Rollcall',
  ]);
  expect(problems({ serviceNow: { ...SNOW, ticket: 'requestItem' } })).toEqual([
    'serviceNow.catalogItem: missing; "ticket: requestItem" needs it',
  ]);
  expect(problems({ serviceNow: { ...SNOW, catalogItem: 'f'.repeat(32) } })).toEqual([
    'serviceNow.catalogItem: goes with "ticket: requestItem" only',
  ]);
  expect(problems({ serviceNow: { ...SNOW, instance: 'https://contoso.service-now.com/nav_to.do' } })).toHaveLength(1);
});

test('a secret stands in no channel', () => {
  const [told] = problems({ webhook: { ...HOOK, secret: 'hunter22' } })!;
  expect(told).toMatch(/^webhook\.secret: a secret never stands in this file/);
  expect(told).not.toContain('hunter22');
  expect(problems({ webhook: { ...HOOK, address: 'http://hooks.contoso.com/' } })).toHaveLength(1);
  expect(problems({ webhook: { ...HOOK, states: 'https://hooks.contoso.com/removals' } })).toHaveLength(1);
});
