// Chance that can be told again: a number follows from a seed and a place alone, in whatever order they are asked for.

const mixed = (value: number): number => {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return h ^ (h >>> 15);
};

/** From 0 up to, not including, 1. `place` is whole numbers, such as a request's number and an item's in it. */
export const drawn = (seed: number, ...place: readonly number[]): number => {
  let h = mixed(seed + 0x9e3779b9);
  for (const part of place) h = mixed(h + Math.imul(part + 1, 0x9e3779b1));
  return (h >>> 0) / 2 ** 32;
};
