// Numbers of 32 bits, as people wrote them.

/** The shortest writing of a number of 32 bits; its 64 bits would show digits that nobody wrote. */
export const shortFloat = (value: number): string => {
  for (let digits = 6; digits < 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return String(short);
  }
  return String(value);
};
