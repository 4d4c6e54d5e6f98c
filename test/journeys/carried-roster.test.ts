// A roster is collected in one place, carried as a file, and matched and applied in another.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { expect, test } from 'vitest';
import { exampleWorld, startCommand } from './support/world.ts';

test('a roster collected in a closed network is matched and applied elsewhere, as if it had been collected there', async () => {
  const world = await exampleWorld('sap-cloud-identity', 'carried-roster');
  const closed = join(world.folder, 'closed');
  mkdirSync(closed);
  for (const file of ['rollcall.yaml', 'users.csv']) copyFileSync(join(world.folder, file), join(closed, file));
  rmSync(join(world.folder, 'users.csv'));

  const collecting = startCommand(closed, ['collect', '--to', 'out/sap.roster', '--output', 'json']);
  const { status, out } = await collecting.ended;
  expect(status).toBe(0);
  const collected = JSON.parse(out);
  const file = join(closed, 'out', 'sap.roster');

  const carried = await world.json(0, 'collect', '--from', file);
  const { hash, rows, columns, source, collectedAt } = collected;
  expect(carried).toMatchObject({ hash, rows, columns, source, collectedAt });
  expect(await world.json(2, 'run', '--from', file, '--yes')).toMatchObject({
    matched: 102,
    assigned: 102,
    roster: hash,
  });

  writeFileSync(file, gzipSync(gunzipSync(readFileSync(file)).toString().replace('@contoso.com', '@fabrikam.com')));
  const altered = await world.rollcall('collect', '--from', file);
  expect(altered.status).toBe(1);
  expect(altered.err).toMatch(/the roster was altered\nCopy the file again from where it was collected/);
});

test('a roster that is encrypted to a public key is read with the private key, and not without', async () => {
  const world = await exampleWorld('sap-cloud-identity', undefined);
  const identity = await generateIdentity();
  writeFileSync(join(world.folder, 'key.txt'), `# created: 2026-01-01\n${identity}\n`);
  const { hash } = await world.json(
    0,
    ...['collect', '--to', 'sap.roster', '--encrypt-to', await identityToRecipient(identity)],
  );
  expect(await world.json(0, 'collect', '--from', 'sap.roster', '--identity', 'key.txt')).toMatchObject({ hash });
  const without = await world.rollcall('collect', '--from', 'sap.roster');
  expect(without.status).toBe(1);
  expect(without.err).toMatch(/the roster is encrypted\nName the file of your private key with --identity/);
  const wrong = await world.rollcall('collect', '--to', 'other.roster', '--encrypt-to', identity);
  expect(wrong.status).toBe(64);
  expect(wrong.err).not.toContain(identity);
});
