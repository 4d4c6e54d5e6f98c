// Chance that comes out the same every time, so that the examples can be made again byte for byte.

export interface Random {
  /** From 0 up to, but not including, 1. */
  next(): number;
  pick<T>(items: readonly T[]): T;
  guid(): string;
}

/** Mulberry32: 32 bits of state, good enough to shuffle people. */
export const randomFrom = (seed: number): Random => {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => (next() * 16) & 15)
      .map(toHex)
      .join('');
  return {
    next,
    pick: (items) => items[Math.floor(next() * items.length)]!,
    guid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`,
  };
};

const toHex = (digit: number): string => digit.toString(16);
