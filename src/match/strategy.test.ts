import { describe, expect, test } from 'vitest';
import { compileRule } from './rules.ts';
import { chooseStrategy } from './strategy.ts';

const limits = {
  valuesPerLookup: 15,
  lookupsPerRequest: 20,
  usersPerPage: 999,
  requestsAtOnce: 4,
  resourceUnitsPerSecond: 350,
};
const by = (attribute: string) => compileRule({ column: 'A', attribute, operator: 'equals', transforms: [] }, 0);
const byFilter = compileRule({ filter: "mail eq '{A}'", columns: ['A'], transforms: [] }, 1);

describe('the strategy', () => {
  test('is lookups where few accounts stand against many users', () => {
    const choice = chooseStrategy('auto', [by('mail')], [2000], 1_000_000, limits);
    expect(choice).toMatchObject({ strategy: 'lookups', users: 1_000_000, values: 2000 });
    expect(choice.lookups).toEqual({ requests: 7, resourceUnits: 134, seconds: 0.4 });
    expect(choice.directory).toEqual({ requests: 1003, resourceUnits: 1003, seconds: 100.3 });
  });

  test('is a read of the directory where it is small against the accounts', () => {
    const choice = chooseStrategy('auto', [by('mail')], [1_000_000], 1_000_000, limits);
    expect(choice.strategy).toBe('directory');
    expect(choice.reason).toBe(
      'an estimated 100.3 s for 1003 requests and 1003 resource units against 190.5 s for 3334 requests and 66667 resource units',
    );
  });

  test('weighs that pages come one after another, and lookups several at once', () => {
    expect(chooseStrategy('auto', [by('mail')], [10_000], 20_000, limits)).toMatchObject({
      strategy: 'lookups',
      lookups: { requests: 34, resourceUnits: 667 },
      directory: { requests: 22, resourceUnits: 22 },
    });
  });

  test('goes by requests where the times are equal', () => {
    expect(chooseStrategy('auto', [by('mail')], [1575], 1998, limits)).toMatchObject({
      strategy: 'directory',
      lookups: { requests: 6, seconds: 0.3 },
      directory: { requests: 3, seconds: 0.3 },
    });
  });

  test('counts a filter once for each value, whichever way is taken', () => {
    const choice = chooseStrategy('auto', [by('mail'), byFilter], [300, 100], 5000, limits);
    expect(choice.lookups).toMatchObject({ requests: 1 + 5, resourceUnits: 20 + 100 });
    expect(choice.directory).toMatchObject({ requests: 6 + 1 + 5, resourceUnits: 6 + 1 + 100 });
  });

  test('is what the administrator says, with the estimates shown all the same', () => {
    const choice = chooseStrategy('directory', [by('mail')], [1], 1_000_000, limits);
    expect(choice).toMatchObject({
      strategy: 'directory',
      reason: 'chosen by the administrator',
      lookups: { requests: 1 },
    });
  });

  test('is a read, whatever anyone says, for an attribute that the directory never finds anybody by', () => {
    const choice = chooseStrategy('lookups', [by('mail'), by('onPremisesUserPrincipalName')], [1, 1], 5000, limits);
    expect(choice.strategy).toBe('directory');
    expect(choice.reason).toContain('onPremisesUserPrincipalName');
  });

  test('is lookups, which cost nothing, where there is nothing to ask', () => {
    expect(chooseStrategy('auto', [by('mail')], [0], 0, limits)).toMatchObject({
      strategy: 'lookups',
      lookups: { requests: 0, resourceUnits: 0 },
    });
  });
});
