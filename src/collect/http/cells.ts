// From a value in an answer to a cell. Nothing is joined or left out on the quiet.
import type { Cell } from '../../model/account.ts';

/** Why a value is no cell, in words. */
export interface NoCell {
  readonly because: 'several' | 'group';
  readonly message: string;
}

/**
 * A text as it is; a number and true or false as they are written in JSON; null, what is missing and a list without
 * values as null. A list of one value is that value.
 */
export const cellOf = (value: unknown): Cell | NoCell => {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) {
    if (value.length > 1) return { because: 'several', message: `there are ${value.length} values` };
    return cellOf(value[0]);
  }
  return { because: 'group', message: `there is a group of values (${Object.keys(value).slice(0, 5).join(', ')})` };
};

export const isCell = (made: Cell | NoCell): made is Cell => made === null || typeof made === 'string';
