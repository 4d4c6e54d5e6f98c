import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PairSet } from './pairs.ts';

test('behaves as a set of texts does, whatever is added and removed in whatever order', () => {
  const id = fc.nat(40).map((n) => `00000000-0000-4000-8000-0000000000${String(n).padStart(2, '0')}`);
  const step = fc.tuple(fc.constantFrom('add', 'delete', 'has'), id, fc.constantFrom('role-a', 'role-b'));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const pairs = new PairSet();
      const model = new Set<string>();
      for (const [what, user, role] of steps) {
        const key = `${user} ${role}`;
        if (what === 'add') {
          expect(pairs.add(user, role)).toBe(!model.has(key));
          model.add(key);
        } else if (what === 'delete') expect(pairs.delete(user, role)).toBe(model.delete(key));
        else expect(pairs.has(user, role)).toBe(model.has(key));
        expect(pairs.size).toBe(model.size);
      }
    }),
  );
});

test('grows to many pairs and loses none, in some 16 bytes each', () => {
  const pairs = new PairSet();
  for (let i = 0; i < 50_000; i += 1) expect(pairs.add(`user-${i}`, 'role')).toBe(true);
  for (let i = 0; i < 50_000; i += 2) expect(pairs.delete(`user-${i}`, 'role')).toBe(true);
  expect(pairs.size).toBe(25_000);
  for (let i = 0; i < 50_000; i += 1) expect(pairs.has(`USER-${i}`, 'Role')).toBe(i % 2 === 1);
});
