// The shapes that every part of rollcall.yaml is made of.
import { z } from 'zod';
import type { SecretRef } from '../model/settings.ts';

/** An object without unknown keys. The known ones are kept in the issue's message; problems.ts makes a sentence of them. */
export const object = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? Object.keys(shape).join('\n') : undefined),
  });

export const text = z.string().trim().min(1, 'expected a text that is not empty');

/** One of several ways to write a thing; `expected` says them all, for what fits none. */
export const either = <const Ways extends readonly z.core.SomeType[]>(ways: Ways, expected: string) =>
  z.union(ways, { error: ({ input }) => (input === undefined ? `missing; ${expected}` : expected) });

export const choice = <const Values extends readonly string[]>(values: Values) => z.enum(values);

/** Said in place of the value, whatever it was. */
export const SECRET_EXPECTED =
  'a secret never stands in this file; expected { env: NAME }, { file: PATH } or { keychain: NAME }';

export const secretRef = either(
  [
    object({ env: text.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable') }),
    object({ file: text }),
    object({ keychain: text }),
  ],
  SECRET_EXPECTED,
).describe('Where the secret is kept: an environment variable, a file, or the keychain of the operating system.');

export const url = text.refine(isReachable, 'expected an https address (http only for this machine itself)');

function isReachable(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(address);
  const bare = username === '' && password === '' && search === '' && hash === '';
  const loopback = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
  return bare && (protocol === 'https:' || (protocol === 'http:' && loopback));
}

/** Makes a path of the configuration absolute. */
export type ToPath = (name: string) => string;

/** Where a secret is kept, with its path made absolute. */
export const secretPlace = (ref: SecretRef, path: ToPath): SecretRef =>
  'file' in ref ? { file: path(ref.file) } : ref;
