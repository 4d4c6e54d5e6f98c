import { describe, expect, test } from 'vitest';
import type { Transform } from '../model/settings.ts';
import { compileTransforms } from './transforms.ts';

const cases: readonly (readonly [string, readonly Transform[], string, string])[] = [
  ['trim takes blanks and line breaks off both ends', [{ kind: 'trim' }], ' ann b \r\n', 'ann b'],
  ['no transform leaves blanks where they are', [], ' ann ', ' ann '],
  ['lower writes small letters', [{ kind: 'lower' }], 'Ann@CONTOSO.com', 'ann@contoso.com'],
  ['stripDomain takes off what follows the last @', [{ kind: 'stripDomain' }], 'a@b@contoso.com', 'a@b'],
  ['stripDomain takes off a Windows domain', [{ kind: 'stripDomain' }], 'CONTOSO\\ann', 'ann'],
  ['stripDomain leaves a plain name', [{ kind: 'stripDomain' }], 'ann', 'ann'],
  ['replaceDomain puts another domain', [{ kind: 'replaceDomain', with: 'x.com' }], 'ann@old.com', 'ann@x.com'],
  ['replaceDomain takes its domain with an @ too', [{ kind: 'replaceDomain', with: '@x.com' }], 'ann@old', 'ann@x.com'],
  ['replaceDomain leaves a value without a domain', [{ kind: 'replaceDomain', with: 'x.com' }], 'ann', 'ann'],
  ['prefix comes before', [{ kind: 'prefix', text: 'smtp:' }], 'ann@x.com', 'smtp:ann@x.com'],
  ['suffix comes after', [{ kind: 'suffix', text: '@x.com' }], 'ann', 'ann@x.com'],
  ['an empty value is not given a prefix', [{ kind: 'prefix', text: 'smtp:' }], '', ''],
  ['a value trimmed to nothing is given no suffix', [{ kind: 'trim' }, { kind: 'suffix', text: '@x' }], '  ', ''],
  ['regex writes its groups', [{ kind: 'regex', pattern: '^(\\w+), (\\w+)$', with: '$2.$1' }], 'Li, Ann', 'Ann.Li'],
  ['regex writes named groups', [{ kind: 'regex', pattern: '^E(?<no>\\d+)$', with: '$<no>' }], 'E042', '042'],
  ['a value that the pattern does not fit is none', [{ kind: 'regex', pattern: '^\\d+$', with: '$&' }], 'x1', ''],
  ['regex sees letters beyond the first plane whole', [{ kind: 'regex', pattern: '^.$', with: 'one' }], '𝒳', 'one'],
  ['transforms go in order', [{ kind: 'stripDomain' }, { kind: 'suffix', text: '@y.com' }], 'a@x.com', 'a@y.com'],
];

describe('transforms', () => {
  test.each(cases)('%s', (_, transforms, cell, value) => {
    expect(compileTransforms(transforms)(cell)).toBe(value);
  });
});
