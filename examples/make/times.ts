/** Calls `compose` so many times, with 0, 1, 2 … */
export const times = (count: number, compose: (index: number) => void): void => {
  for (let index = 0; index < count; index += 1) compose(index);
};
