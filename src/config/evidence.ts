// evidence: what people write of the key that signs the evidence, and what the code uses.
import { z } from 'zod';
import type { EvidenceSettings } from '../model/settings.ts';
import { either, object, secretPlace, secretRef, type ToPath, text } from './shapes.ts';

const command = object({
  command: z
    .array(z.string())
    .min(1, 'expected a program and its arguments')
    .describe('A program that is given the text to sign on standard input and prints the signature, as base64.'),
  publicKey: text.describe('A file with the public key (PEM) of the key that the program signs with.'),
});

export const evidenceWritten = object({
  key: either(
    [secretRef, command],
    'expected { file: PATH }, { keychain: NAME }, { env: NAME } or { command: [PROGRAM, …], publicKey: FILE }',
  ).describe('The private key that signs the evidence. "rollcall evidence keys" makes one.'),
})
  .optional()
  .describe('How the evidence is signed. Without a key it is chained, and not signed.');

export const evidenceSettings = (written: z.infer<typeof evidenceWritten>, path: ToPath): EvidenceSettings => {
  if (written === undefined) return { key: null };
  const { key } = written;
  return { key: 'command' in key ? { ...key, publicKey: path(key.publicKey) } : secretPlace(key, path) };
};
