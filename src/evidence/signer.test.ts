import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isSignatureOf, newPrivateKey, publicKeyOf } from './keys.ts';
import { keySigner, signerOf } from './signer.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-signer-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const notAsked = async (): Promise<string> => {
  throw new Error('a program holds the key');
};

test('a program is given the text and its signature is checked; what is none, and a failure, are told', async () => {
  const key = newPrivateKey();
  const { publicKey } = keySigner(key, 'the test');
  const file = join(folder, 'public.pem');
  writeFileSync(file, publicKey.pem);
  const vault = (answer: string) => [
    process.execPath,
    '--input-type=module',
    '-e',
    `import { createPrivateKey, sign } from 'node:crypto'; import { readFileSync } from 'node:fs';
    const key = createPrivateKey({ key: Buffer.from('${key}', 'base64'), format: 'der', type: 'pkcs8' });
    const text = readFileSync(0); ${answer}`,
  ];
  const signing = async (answer: string) =>
    (await signerOf({ command: vault(answer), publicKey: file }, notAsked)).sign('a text');
  const signature = await signing("console.log(sign(null, text, key).toString('base64'))");
  expect(isSignatureOf(publicKey, 'a text', signature)).toBe(true);
  expect(isSignatureOf(publicKey, 'another text', signature)).toBe(false);
  await expect(signing("console.log('yes')")).rejects.toThrow(/not a signature by the public key/);
  await expect(signing('process.exit(3)')).rejects.toThrow(/ended with status 3/);
});

test('a key that is none, of another kind or the wrong half is refused, and no error holds any of it', () => {
  const key = newPrivateKey();
  const { publicKey } = keySigner(key, 'the test');
  expect(publicKeyOf(publicKey.pem, 'x')).toMatchObject({ fingerprint: publicKey.fingerprint, pem: publicKey.pem });
  for (const text of ['', `${key.slice(0, 20)}planted`, publicKey.pem]) {
    expect(() => keySigner(text, 'The file k')).toThrow(/^The file k holds no private Ed25519 key: [^=]*$/);
  }
  expect(() => publicKeyOf('planted', 'f')).toThrow(/^f holds no public Ed25519 key/);
});
