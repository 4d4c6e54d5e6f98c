import { expect, test } from 'vitest';
import { newPassword } from './password.ts';

test('every password has all four categories, allowed characters only, and is never the same', () => {
  const made = new Set<string>();
  for (let i = 0; i < 2000; i += 1) {
    const password = newPassword();
    for (const category of [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/]) expect(password).toMatch(category);
    expect(password).toMatch(/^[A-Za-z0-9@#%^*\-_!+=:,.?~()]{32}$/);
    made.add(password);
  }
  expect(made.size).toBe(2000);
});
