// JMESPath over answers. An expression that goes wrong names itself and its place.
import { search } from 'jmespath';
import type { ServerPlace, SourceError } from '../../model/errors.ts';
import { restError } from './errors.ts';

/** Why a text is no JMESPath; undefined where it is one. */
export const expressionProblem = (expression: string): string | undefined => {
  try {
    search(null, expression);
    return undefined;
  } catch (error) {
    // What else goes wrong lies in there being no data.
    const { name, message } = error as Error;
    const isWrong = /^(?:Lexer|Parser)Error$/.test(name) || /^(?:Unknown function|ArgumentError)/.test(message);
    return isWrong ? message : undefined;
  }
};

/** Throws {@link SourceError} `badExpression`. */
export const find = (expression: string, value: unknown, what: string, place: ServerPlace): unknown => {
  try {
    return search(value, expression) as unknown;
  } catch (error) {
    throw wrongExpression(expression, what, place, error);
  }
};

const wrongExpression = (expression: string, what: string, place: ServerPlace, error: unknown): SourceError =>
  restError('badExpression', place, `${what} ("${expression}") cannot be read: ${(error as Error).message}`);

/**
 * Finds several values in each record. The library parses an expression each time that it is asked, so all are asked
 * for at once, over all records.
 */
export const findEach = (
  records: readonly unknown[],
  columns: readonly (readonly [name: string, expression: string])[],
  placeOfRecord: (index: number) => ServerPlace,
): readonly (readonly unknown[])[] => {
  const all = `[*].[${columns.map(([, expression]) => `(${expression})`).join(', ')}]`;
  try {
    return search(records, all) as unknown[][];
  } catch {
    // Once more one by one: that says which column and which record it is.
    return records.map((record, index) =>
      columns.map(([name, expression]) => find(expression, record, `column "${name}"`, placeOfRecord(index))),
    );
  }
};
