// Keychains are stood in for by programs that keep what they are given in a file.
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RollcallError } from '../model/errors.ts';
import { readSecret } from './secrets.ts';
import { storeInKeychain } from './store-secret.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-keychain-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const program = async (name: string, script: string): Promise<void> => {
  await writeFile(join(folder, name), `#!/bin/sh\necho "$*" >> ${join(folder, 'arguments')}\n${script}\n`);
  await chmod(join(folder, name), 0o755);
};

const SECRET = 'c2VjcmV0LXBsYW50ZWQ=';

/** What a keychain is told by, and what it then holds. */
const KEYCHAINS = {
  linux: {
    name: 'secret-tool',
    script: (held: string) => `case $1 in store) cat > ${held};; *) exec cat ${held};; esac`,
  },
  darwin: {
    name: 'security',
    script: (held: string) => `case $1 in -i) sed 's/.* -w //' > ${held};; *) exec cat ${held};; esac`,
  },
  win32: {
    name: 'powershell.exe',
    script: (held: string) =>
      `if echo "$4" | base64 -d | tr -d '\\000' | grep -q CredReadW; then exec cat ${held}; fi; cat > ${held}`,
  },
} as const;

// The stand-ins are scripts, which Windows would not run.
describe.skipIf(process.platform === 'win32')('a keychain', () => {
  for (const [platform, { name, script }] of Object.entries(KEYCHAINS)) {
    test(`of ${platform} is given a secret by standard input, and gives it back`, async () => {
      const held = join(folder, 'held');
      await program(name, script(held));
      const env = { PATH: `${folder}:/bin:/usr/bin` };
      await storeInKeychain('audit "key"', SECRET, env, platform as NodeJS.Platform);
      expect((await readFile(held, 'utf8')).trim()).toBe(SECRET);
      expect(await readSecret({ keychain: 'audit "key"' }, env, platform as NodeJS.Platform)).toBe(SECRET);
      expect(await readFile(join(folder, 'arguments'), 'utf8')).not.toContain(SECRET);
      await expect(storeInKeychain('audit "key"', 'b3RoZXI=', env, platform as NodeJS.Platform)).rejects.toMatchObject({
        message: 'The keychain has an entry "audit "key"" already.',
        remedy: 'Name another with --keychain.',
      });
      expect((await readFile(held, 'utf8')).trim()).toBe(SECRET);
    });
  }

  test.for([
    ['refuses', 'case $1 in store) echo planted >&2; exit 5;; *) exit 1;; esac', 'secret-tool refused it'],
    ['forgets', 'case $1 in store) cat > /dev/null;; *) exit 1;; esac', 'it does not give it back'],
  ] as const)('that %s is told of, without the secret', async ([, script, why]) => {
    await program('secret-tool', script);
    const env = { PATH: `${folder}:/bin:/usr/bin` };
    const error = await storeInKeychain('audit', SECRET, env, 'linux').catch((reason) => reason);
    expect(error).toBeInstanceOf(RollcallError);
    expect(error.message).toBe(`The secret "audit" cannot be stored in the keychain: ${why}.`);
    expect(JSON.stringify([error.message, error.remedy, error.stack, error.cause])).not.toMatch(/planted|c2Vjcm/);
  });

  test('that is not there is named', async () => {
    await expect(storeInKeychain('audit', SECRET, { PATH: folder }, 'linux')).rejects.toMatchObject({
      message: expect.stringContaining('secret-tool is not installed'),
      remedy: expect.stringContaining('--to'),
    });
  });
});
