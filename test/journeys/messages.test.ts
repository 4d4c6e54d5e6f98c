// Removals as messages: through a mail server with TLS and a sign-in, from the command line.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { headersOf, MAIL_USER, partsOf, startMailServer } from '../support/smtp.ts';
import { rollcallHere } from './support/in-process.ts';
import { emptyWorld, type World } from './support/world.ts';

const run = async (world: World, status: number, ...args: readonly string[]) => {
  const ended = await rollcallHere(world.folder, ...args, '--output', 'json');
  expect({ args, status: ended.status, err: ended.err }).toMatchObject({ args, status });
  return JSON.parse(ended.out);
};

test('what is refused is ordered by one message, and what nobody took is ordered again with the same id', async () => {
  let isCut = true;
  const { port, caFile, mails } = await startMailServer({
    wantsSignIn: true,
    onMessage: () => {
      const told = isCut ? 'cut' : undefined;
      isCut = false;
      return told;
    },
  });
  const world = await emptyWorld(
    {
      'rollcall.yaml': [
        'application: CORPDB1',
        'directory: local',
        'source: { csv: { path: users.csv } }',
        'match: [{ column: EMail, attribute: userPrincipalName }, { column: Login, attribute: employeeId }]',
        'removals:',
        '  channel:',
        '    email:',
        '      server: localhost',
        `      port: ${port}`,
        `      caFile: ${JSON.stringify(caFile)}`,
        `      signIn: { user: ${MAIL_USER.user}, password: { file: password.txt } }`,
        '      from: Rollcall <rollcall@contoso.com>',
        '      to: [owner@contoso.com]',
      ].join('\n'),
      'password.txt': MAIL_USER.password,
      'users.csv': [
        'Login,EMail',
        '"=cmd|\'/c calc\'!A1",ana@contoso.com',
        '<script>alert(1)</script>,bo@contoso.com',
        'cy,cy@contoso.com',
      ].join('\n'),
    },
    undefined,
  );
  const { checks } = JSON.parse((await rollcallHere(world.folder, 'doctor', '--output', 'json')).out);
  expect(checks.find(({ name }: { name: string }) => name === 'channel')).toEqual({
    name: 'channel',
    status: 'ok',
    found: `email: localhost:${port} answers over TLS and lets ${MAIL_USER.user} in`,
  });
  expect(mails).toEqual([]);
  await run(world, 0, 'collect');
  await run(world, 2, 'match');
  const decisions = join(world.folder, 'decisions.csv');
  writeFileSync(
    decisions,
    'EMail,decision,by,reason\nana@contoso.com,Deny,owner@contoso.com,left\nbo@contoso.com,Deny,owner@contoso.com,not needed\n',
  );
  await run(world, 2, 'removals', 'deny', decisions);

  const shown = await run(world, 2, 'removals', 'send', '--what-if');
  expect(shown).toMatchObject({ channel: 'email', found: expect.stringMatching(/answers over TLS/) });
  expect(shown.removals).toHaveLength(2);
  expect(mails).toEqual([]);

  const lost = await rollcallHere(world.folder, 'removals', 'send');
  expect(lost.status).toBe(1);
  expect(lost.err).toMatch(/whether the message was taken is not known/);
  expect(lost.err).not.toContain(MAIL_USER.password);
  expect(await run(world, 0, 'removals', 'send')).toMatchObject({ ordered: 2, failed: [] });
  expect(await run(world, 0, 'removals', 'send')).toMatchObject({ ordered: 0, reopened: 0 });

  expect(mails).toHaveLength(2);
  const [first, second] = mails.map(({ raw }) => headersOf(raw).get('message-id'));
  expect(second).toBe(first);
  for (const { raw, isSecure, to } of mails) {
    expect({ isSecure, to }).toEqual({ isSecure: true, to: ['owner@contoso.com'] });
    const parts = partsOf(raw);
    expect(parts.get('text/plain')).toContain('Remove the account ana@contoso.com from');
    expect(parts.get('text/csv')).toContain("'=cmd|");
    expect(parts.get('text/csv')).not.toMatch(/(?:^|,)"?=/m);
    expect(parts.get('text/html')).toContain('&lt;script&gt;');
    expect(parts.get('text/html')).not.toMatch(/<script/);
    expect([raw, ...parts.values()].join('')).not.toContain(MAIL_USER.password);
  }
  const { removals } = await run(world, 0, 'removals', 'list');
  expect(removals.map(({ order }: { order: { reference: string } }) => order.reference)).toEqual([first, first]);
});
