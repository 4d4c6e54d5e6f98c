import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RollcallError } from '../model/errors.ts';
import { readSecret } from './secrets.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-secrets-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a secret is read from the environment', async () => {
  expect(await readSecret({ env: 'APP_SECRET' }, { APP_SECRET: ' s3cret\n' })).toBe(' s3cret\n');
});

test('a variable that is not set, or empty, is named', async () => {
  await expect(readSecret({ env: 'APP_SECRET' }, {})).rejects.toThrow('APP_SECRET is not set');
  await expect(readSecret({ env: 'APP_SECRET' }, { APP_SECRET: '' })).rejects.toThrow('APP_SECRET is empty');
});

test.for([
  ['s3cret', 's3cret'],
  ['s3cret\n', 's3cret'],
  ['s3cret\r\n', 's3cret'],
  ['s3cret\n\n', 's3cret\n'],
] as const)('of the file %j one line break at the end is left out', async ([content, secret]) => {
  const file = join(folder, 'secret');
  await writeFile(file, content);
  expect(await readSecret({ file })).toBe(secret);
});

test('a file that is not there, or empty, is named', async () => {
  await expect(readSecret({ file: join(folder, 'lost') })).rejects.toThrow(/lost cannot be read \(ENOENT\)/);
  await writeFile(join(folder, 'empty'), '\n');
  await expect(readSecret({ file: join(folder, 'empty') })).rejects.toThrow(/empty is empty/);
});

test('a keychain without its program says what to do', async () => {
  const reading = readSecret({ keychain: 'app' }, { PATH: folder }, 'linux');
  await expect(reading).rejects.toBeInstanceOf(RollcallError);
  await expect(reading).rejects.toMatchObject({
    message: expect.stringContaining('secret-tool is not installed'),
    remedy: expect.stringContaining('secret-tool store'),
  });
});

// The programs of the keychains are stood in for by a script, which Windows would not run.
test.skipIf(process.platform === 'win32')('a keychain is asked by service and name', async () => {
  const program = async (name: string, script: string) => {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  };
  await program('secret-tool', 'printf "%s" "$*"');
  await program('security', 'printf "%s\\n" "$*"');
  await program('powershell.exe', 'printf "%s" "$ROLLCALL_KEYCHAIN_NAME"');
  const env = { PATH: `${folder}:/bin:/usr/bin` };
  expect(await readSecret({ keychain: 'a b' }, env, 'linux')).toBe('lookup service rollcall account a b');
  expect(await readSecret({ keychain: 'a b' }, env, 'darwin')).toBe('find-generic-password -s rollcall -a a b -w');
  expect(await readSecret({ keychain: 'a b' }, env, 'win32')).toBe('rollcall:a b');
});

test.skipIf(process.platform === 'win32')('what a failing keychain prints is not in the error', async () => {
  await writeFile(join(folder, 'security'), '#!/bin/sh\necho hunter2-planted\necho hunter2-planted >&2\nexit 44\n');
  await chmod(join(folder, 'security'), 0o755);
  const env = { PATH: `${folder}:/bin:/usr/bin` };
  const error = await readSecret({ keychain: 'app' }, env, 'darwin').catch((reason) => reason);
  expect(error).toBeInstanceOf(RollcallError);
  expect(JSON.stringify([error.message, error.remedy, error.stack, error.cause])).not.toContain('hunter2');
});
