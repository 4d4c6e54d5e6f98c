// A first password that nobody will ever see: the user is disabled, and whoever enables it sets another.
import { randomInt } from 'node:crypto';

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const DIGITS = '0123456789';
const SYMBOLS = '@#%^*-_!+=:,.?~()';
const LENGTH = 32;

/**
 * A password of 32 characters from a cryptographic generator, with a character of each of the four categories.
 * Source: https://learn.microsoft.com/entra/identity/authentication/concept-sspr-policy
 */
export const newPassword = (): string => {
  const characters = [LOWER, UPPER, DIGITS, SYMBOLS].map(pick);
  while (characters.length < LENGTH) characters.push(pick(LOWER + UPPER + DIGITS + SYMBOLS));
  for (let i = characters.length - 1; i > 0; i -= 1) {
    const j = randomInt(i + 1);
    [characters[i], characters[j]] = [characters[j]!, characters[i]!];
  }
  return characters.join('');
};

const pick = (alphabet: string): string => alphabet[randomInt(alphabet.length)]!;
