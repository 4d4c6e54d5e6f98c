import { expect, test } from 'vitest';
import { didYouMean, nearest } from './nearest.ts';

test('a misspelt name finds the right one', () => {
  expect(nearest('aplication', ['application', 'directory', 'source'])).toBe('application');
  expect(nearest('delimeter', ['path', 'delimiter', 'encoding'])).toBe('delimiter');
});

test('two swapped letters count as one mistake', () => {
  expect(nearest('mial', ['mail', 'miles'])).toBe('mail');
});

test('letter case is no difference', () => {
  expect(nearest('EMAIL', ['Email', 'Name'])).toBe('Email');
});

test('a name that resembles none has no nearest', () => {
  expect(nearest('colour', ['path', 'delimiter'])).toBeUndefined();
  expect(didYouMean('colour', ['path', 'delimiter'])).toBe('');
});

test('the nearest of several is taken', () => {
  expect(nearest('Emial2', ['Email', 'Email2'])).toBe('Email2');
});
