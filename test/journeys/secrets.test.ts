// No password, token or secret is left anywhere: not in files, state, evidence, reports or output, even when things fail.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exampleWorld, startCommand } from './support/world.ts';

const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile());

/** Looks for each secret in all the shapes in which it could have been written down. */
const expectNone = (secrets: Iterable<string>, texts: readonly string[]): void => {
  for (const secret of secrets) {
    for (const shape of [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString('base64'),
    ]) {
      expect(texts.some((text) => text.includes(shape))).toBe(false);
    }
  }
};

test('after a run with failures, no byte of a secret is found in any file or output', async () => {
  const sent: string[] = [];
  const world = await exampleWorld('corpdb1', undefined, {
    onRequest: ({ headers, body }) => {
      const token = headers.authorization?.replace(/^Bearer /, '');
      if (token) sent.push(token);
      for (const [, password] of body.matchAll(/"password":("(?:[^"\\]|\\.)*")/g)) sent.push(JSON.parse(password!));
    },
  });
  const { clientSecret, authority } = world.tenant;
  await fetch(`${authority}/_tenant/faults`, {
    method: 'POST',
    body: JSON.stringify({
      faults: [
        {
          method: 'POST',
          path: '^/users',
          nth: 2,
          do: 'status',
          status: 403,
          code: 'Authorization_RequestDenied',
          message: 'Insufficient privileges to complete the operation.',
        },
        {
          method: 'POST',
          path: 'appRoleAssignedTo',
          nth: 5,
          do: 'status',
          status: 500,
          code: 'InternalServerError',
          message: 'broken',
        },
        { method: 'POST', path: '\\$batch', nth: 3, do: 'dropReply' },
      ],
    }),
  });
  const first = await world.rollcall('run', '--yes', '--verbose');
  const second = await world.rollcall('run', '--yes', '--verbose', '--output', 'json');
  const doctor = await world.rollcall('doctor', '--verbose');

  // A wrong secret, so that the sign-in fails and is told.
  const marked = 'MARKED-secret-7f3a~Zq';
  const connection = join(world.folder, 'connection.json');
  const line = JSON.parse(readFileSync(connection, 'utf8'));
  writeFileSync(connection, JSON.stringify({ ...line, clientSecret: marked }));
  const refused = await startCommand(world.folder, ['run', '--yes', '--verbose', '--directory', connection]).ended;
  expect(refused.status).toBe(1);
  expect(refused.err).toMatch(/AADSTS/);
  writeFileSync(connection, '');

  expect(sent.filter((one) => one.includes('.')).length).toBeGreaterThan(0);
  const passwords = sent.filter((one) => one.length === 32);
  expect(passwords.length).toBeGreaterThan(5);
  const secrets = new Set([...sent, clientSecret, marked]);
  const outputs = [first, second, doctor, refused].flatMap(({ out, err }) => [out, err]);
  const texts = [...outputs, ...filesUnder(world.folder).map((file) => readFileSync(file, 'latin1'))];
  expect(texts.length).toBeGreaterThan(10);
  expectNone(secrets, texts);
});

test('a run that was killed while users were being created leaves no byte of a secret behind', async () => {
  const secrets = new Set<string>();
  let pid = 0;
  const world = await exampleWorld('corpdb1', undefined, {
    onRequest: ({ headers, body }) => {
      const token = headers.authorization?.replace(/^Bearer /, '');
      if (token) secrets.add(token);
      const passwords = [...body.matchAll(/"password":("(?:[^"\\]|\\.)*")/g)].map(([, password]) =>
        JSON.parse(password!),
      );
      for (const password of passwords) secrets.add(password);
      if (passwords.length > 0 && pid !== 0) process.kill(pid, 'SIGKILL');
    },
  });
  const run = world.start('run', '--yes', '--verbose');
  pid = run.pid;
  const { signal, out, err } = await run.ended;
  expect(signal).toBe('SIGKILL');
  expect(secrets.size).toBeGreaterThan(1);
  secrets.add(world.tenant.clientSecret);
  const files = filesUnder(join(world.folder, '.rollcall'));
  // What was under way when it was killed is there: the plan, the store with its log, the evidence of what was intended.
  expect(files.some((file) => /rollcall\.db-wal$/.test(file))).toBe(true);
  expect(files.some((file) => readFileSync(file, 'latin1').includes('"kind":"createUser","properties"'))).toBe(true);
  const texts = [out, err, ...files.map((file) => readFileSync(file, 'latin1'))];
  expectNone(secrets, texts);
});
