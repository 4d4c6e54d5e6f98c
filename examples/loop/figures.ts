// The figures that the loop must come to, each beside what it came to.

type Value = string | number | readonly string[];

export interface Figure {
  readonly what: string;
  readonly found: Value;
  readonly expected: Value;
}

export const isMet = ({ found, expected }: Figure): boolean => JSON.stringify(found) === JSON.stringify(expected);

/** Figures as a table; a list is shown by its length. */
export const figuresTable = (figures: readonly Figure[]): string => {
  const width = Math.max(...figures.map(({ what }) => what.length));
  const shown = (value: Value) => (typeof value === 'object' ? String(value.length) : String(value));
  return figures
    .map((figure) => {
      const { what, found, expected } = figure;
      return `${what.padEnd(width)}  ${shown(found).padStart(7)}${isMet(figure) ? '' : `  NOT MET: ${unmet(found, expected)}`}`;
    })
    .join('\n');
};

const unmet = (found: Value, expected: Value): string => {
  if (typeof found !== 'object' || typeof expected !== 'object') return `expected ${expected}`;
  const lacking = expected.filter((one) => !found.includes(one));
  const surplus = found.filter((one) => !expected.includes(one));
  return `${lacking.length} lacking (${lacking.slice(0, 3).join(', ')}), ${surplus.length} too many (${surplus.slice(0, 3).join(', ')})`;
};
