import { expect, test } from 'vitest';
import { harmlessCell } from './cells.ts';

test.each([
  ['=1+1', "'=1+1"],
  ['+49 30 1234', "'+49 30 1234"],
  ['-5', "'-5"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t'=1"],
  ['\rplain', "'\rplain"],
  ['\n=1', "'\n'=1"],
  ['  =1', "'  =1"],
  ['\u00a0\u200b=1', "'\u00a0\u200b=1"],
  ['\u0000=1', "'\u0000=1"],
  ['\ufeff=1', "'\ufeff=1"],
  ['＝1+1', "'＝1+1"],
  ['＋1', "'＋1"],
  ['－1', "'－1"],
  ['＠A1', "'＠A1"],
  ['=HYPERLINK("https://example.com?"&A1)', '\'=HYPERLINK("https://example.com?"&A1)'],
  ['x;=1+1', "x;'=1+1"],
  ['x\n=1+1;  @y', "x\n'=1+1;'  @y"],
])('a spreadsheet sees %j as text', (cell, harmless) => {
  expect(harmlessCell(cell)).toBe(harmless);
});

test.each(['', ' ', 'Ann', 'a=b', 'o-brien@example.com', "'=1", 'a - b', '1-2', '漢字', 'a;b', 'x\ny'])(
  'a cell that no spreadsheet would run stays as it is: %j',
  (cell) => {
    expect(harmlessCell(cell)).toBe(cell);
  },
);

test('a million blanks or line breaks are looked through in one go', () => {
  const blanks = ' '.repeat(1_000_000);
  expect(harmlessCell(`${blanks}x`)).toBe(`${blanks}x`);
  for (const odd of ['\v', '\ufeff', '\u3000', '\u0001', '\u200b'])
    expect(harmlessCell(`${odd.repeat(1_000_000)}=`)[0]).toBe("'");
  expect(harmlessCell(`${'\v\f\ufeff'.repeat(300_000)}x`)[0]).toBe('\v');
  expect(harmlessCell(`${';'.repeat(1_000_000)}x`)).toHaveLength(1_000_001);
  expect(harmlessCell(`${'\n'.repeat(1_000_000)}x`)).toHaveLength(1_000_002);
});
