// Tables as Markdown, so that what a run prints can be quoted as it is.

/** Rows of cells under a header; the first column to the left, all others to the right. */
export const markdownTable = (header: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length), 3));
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, i) => (i === 0 ? (cells[i] ?? '').padEnd(width) : (cells[i] ?? '').padStart(width))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(header), rule, ...rows.map(line)].join('\n');
};

/** `12,345` */
export const whole = (value: number): string => Math.round(value).toLocaleString('en-US');

/** Seconds: two digits after the point below ten, none above a thousand. */
export const inSeconds = (value: number): string =>
  value >= 1000 ? whole(value) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

export const inMiB = (kib: number): string => whole(kib / 1024);

/** How many times less the second is than the first: `1/37`; `×1.4` where it is more. */
export const ratio = (of: number, to: number): string => {
  if (to === 0) return of === 0 ? '1' : 'none';
  const times = of / to;
  if (times < 1) return `×${(1 / times).toFixed(1)}`;
  return times >= 10 ? `1/${whole(times)}` : `1/${times.toFixed(1)}`;
};
