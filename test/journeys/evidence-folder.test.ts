// The evidence of a period leaves the machine as one folder, and is verified with nothing but the public key.
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Ended, emptyWorld, FINDS_CREATES_ASSIGNS, startCommand, temporaryFolder } from './support/world.ts';

test('a signed folder is verified elsewhere; altered, by another key or against a wrong head it is refused', async () => {
  const world = await emptyWorld(
    {
      'rollcall.yaml': `${FINDS_CREATES_ASSIGNS}\nevidence: { key: { file: key.pem } }\n`,
      'users.csv': 'EMail,Full name,Login\n',
    },
    undefined,
  );
  writeFileSync(join(world.folder, 'users.csv'), 'EMail,Full name,Login\nana@contoso.com,Ana <b>,ana\n');
  const missing = await world.rollcall('collect');
  expect(missing).toMatchObject({ status: 1, err: expect.stringMatching(/key\.pem cannot be read/) });

  const made = await world.rollcall('evidence', 'keys', '--to', 'key.pem');
  expect(made).toMatchObject({ status: 0, out: expect.stringMatching(/^-----BEGIN PUBLIC KEY-----/) });
  const again = await world.rollcall('evidence', 'keys', '--to', 'key.pem');
  expect(again).toMatchObject({ status: 1, err: expect.stringMatching(/never written over/) });
  await world.rollcall('run', '--yes');
  const rotated = await world.rollcall('evidence', 'keys', '--rotate', '--to', 'next.pem');
  expect(rotated.status).toBe(0);
  const old = await world.rollcall('collect');
  expect(old).toMatchObject({ status: 1, err: expect.stringMatching(/let the old one announce the new/) });
  const configuration = join(world.folder, 'rollcall.yaml');
  writeFileSync(configuration, readFileSync(configuration, 'utf8').replace('key.pem', 'next.pem'));

  const exported = await world.json(0, 'evidence', 'export', '--to', 'out');
  const head = (exported['chain'] as { head: { hash: string } }).head.hash;
  const elsewhere = temporaryFolder();
  cpSync(join(world.folder, 'out'), join(elsewhere, 'out'), { recursive: true });
  writeFileSync(join(elsewhere, 'first.pem'), made.out);
  writeFileSync(join(elsewhere, 'next.pem'), rotated.out);
  const verify = (...more: string[]): Promise<Ended> =>
    startCommand(elsewhere, ['evidence', 'verify', 'out', ...more]).ended;
  // The first key announced the second.
  expect(await verify('--public-key', 'first.pem', '--head', head)).toMatchObject({ status: 0 });
  expect(await verify('--public-key', 'next.pem')).toMatchObject({ status: 0 });
  expect(await verify()).toMatchObject({ status: 64 });
  expect(await verify('--public-key', 'next.pem', '--head', `sha256:${'0'.repeat(64)}`)).toMatchObject({ status: 1 });

  const cover = readFileSync(join(elsewhere, 'out', 'cover.txt'), 'utf8');
  expect(cover).toMatch(/Rows collected: 1\n.*\n {2}Sum: 1\n {2}Agrees: yes/);
  expect(cover).toMatch(/answered "yes" to "Write this to the directory\?" \(--yes\)/);
  const chain = join(elsewhere, 'out', 'chain.ndjson');
  expect(readFileSync(chain, 'utf8')).toMatch(/"httpStatus":201,"requestId":"/);
  writeFileSync(chain, readFileSync(chain, 'utf8').replace('"answer":"yes"', '"answer":"no"'));
  const altered = await verify('--public-key', 'next.pem', '--output', 'json');
  expect(altered.status).toBe(1);
  expect(JSON.parse(altered.out)['problems']).toMatchObject([
    { file: 'chain.ndjson', record: expect.any(Number), what: 'it has been altered' },
  ]);

  const full = await world.rollcall('evidence', 'export', '--to', 'out');
  expect(full).toMatchObject({ status: 1, err: expect.stringMatching(/has something in it/) });
  const empty = await world.rollcall('evidence', 'export', '--to', 'none', '--until', '2020-01-01');
  expect(empty).toMatchObject({ status: 1, err: expect.stringMatching(/has no record/) });
  const day = await world.rollcall('evidence', 'export', '--to', 'none', '--from', '2026-02-31');
  expect(day).toMatchObject({ status: 64, err: expect.stringMatching(/--from takes a day/) });
}, 120_000);

test('outcomes that something was written by are kept for the auditor, also when there are newer ones', async () => {
  const users = (...names: string[]) =>
    `EMail,Full name,Login\n${names.map((one) => `${one}@contoso.com,${one},${one}\n`).join('')}`;
  const world = await emptyWorld({ 'rollcall.yaml': FINDS_CREATES_ASSIGNS, 'users.csv': users('ana') }, undefined);
  await world.rollcall('run', '--yes');
  for (const names of [
    ['ana', 'bo'],
    ['ana', 'bo', 'cy'],
  ]) {
    writeFileSync(join(world.folder, 'users.csv'), users(...names));
    await world.rollcall('collect');
    await world.rollcall('match');
  }
  const exported = await world.json(0, 'evidence', 'export', '--to', 'out');
  expect(exported['notHeld']).toEqual([
    { kind: 'outcomes', hash: expect.stringMatching(/^sha256:/), why: expect.stringContaining('took their place') },
  ]);
  const lines = readdirSync(join(world.folder, 'out', 'outcomes')).map(
    (name) => readFileSync(join(world.folder, 'out', 'outcomes', name), 'utf8').split('\n').length - 1,
  );
  expect(lines.sort()).toEqual([1, 3]);
  const verify = ['evidence', 'verify', 'out', '--allow-unsigned', '--output', 'json'];
  const verified = await startCommand(world.folder, verify).ended;
  expect(JSON.parse(verified.out)).toMatchObject({
    isWhole: true,
    notes: [expect.stringContaining('The outcomes sha256:')],
  });
}, 120_000);
