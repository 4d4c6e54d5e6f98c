// Which way to the users costs less: a lookup for each value, or one read of the whole directory. Pure.
import type { DirectoryLimits } from '../model/directory.ts';
import type { Strategy } from '../model/settings.ts';
import { isFoundByLookup, type Rule } from './rules.ts';

export interface Cost {
  readonly requests: number;
  readonly resourceUnits: number;
  /** An estimate for comparing, not a promise. */
  readonly seconds: number;
}

/** The way that was taken, why, and what both would have cost, for people and for evidence. */
export interface StrategyChoice {
  readonly strategy: Exclude<Strategy, 'auto'>;
  readonly reason: string;
  readonly lookups: Cost;
  readonly directory: Cost;
  /** Users in the directory. */
  readonly users: number;
  /** Values to ask for: of the first rule all, of each later rule at most so many. */
  readonly values: number;
}

/**
 * A lookup or a page costs one resource unit: a list of users costs 2, less 1 for `$select`.
 * Source: https://learn.microsoft.com/graph/throttling-limits
 */
const UNITS_PER_QUERY = 1;

/** A usual round trip. Only its proportion to the limit of resource units matters. */
const SECONDS_PER_ROUND_TRIP = 0.1;

/**
 * Chooses by estimated time, unless the administrator has chosen: lookups go several at once but soon meet the limit of
 * resource units, pages come one after another. In a tie fewer requests win.
 *
 * Shape: `values` counts the values of each rule. A rule that lookups cannot answer leaves no choice.
 */
export const chooseStrategy = (
  wanted: Strategy,
  rules: readonly Rule[],
  values: readonly number[],
  users: number,
  limits: DirectoryLimits,
): StrategyChoice => {
  const lookups = timed(sum(rules.map((rule, index) => lookupLoad(rule, values[index] ?? 0, limits))), 0, limits);
  const directory = directoryCost(rules, values, users, limits);
  const known = { lookups, directory, users, values: values.reduce((total, count) => total + count, 0) };
  const unfindable = rules.find((rule) => !isFoundByLookup(rule));
  if (unfindable)
    return {
      strategy: 'directory',
      reason: `the directory finds nobody by ${unfindable.compares!.attribute}, so it is read and compared here`,
      ...known,
    };
  if (wanted !== 'auto') return { strategy: wanted, reason: 'chosen by the administrator', ...known };
  const difference = lookups.seconds - directory.seconds || lookups.requests - directory.requests;
  const [strategy, cheaper, dearer] =
    difference > 0 ? (['directory', directory, lookups] as const) : (['lookups', lookups, directory] as const);
  return { strategy, reason: `an estimated ${costText(cheaper)} against ${costText(dearer)}`, ...known };
};

/** What is sent; how long it takes follows from it. */
type Load = Omit<Cost, 'seconds'>;

/** `inTurn`: how many of the requests wait for one another. */
const timed = (load: Load, inTurn: number, limits: DirectoryLimits): Cost => {
  const rounds = inTurn + Math.ceil((load.requests - inTurn) / limits.requestsAtOnce);
  const seconds = Math.max(rounds * SECONDS_PER_ROUND_TRIP, load.resourceUnits / limits.resourceUnitsPerSecond);
  return { ...load, seconds: Math.round(seconds * 10) / 10 };
};

const lookupLoad = (rule: Rule, values: number, limits: DirectoryLimits): Load => {
  const queries = Math.ceil(values / (rule.compares ? limits.valuesPerLookup : 1));
  return { requests: Math.ceil(queries / limits.lookupsPerRequest), resourceUnits: queries * UNITS_PER_QUERY };
};

// The whole read, one question a rule to see that the directory accepts it, and the filters, which are asked all the same.
const directoryCost = (
  rules: readonly Rule[],
  values: readonly number[],
  users: number,
  limits: DirectoryLimits,
): Cost => {
  const compared = rules.filter(({ compares }) => compares).length;
  const pages = compared === 0 ? 0 : Math.max(1, Math.ceil(users / limits.usersPerPage));
  const filters = rules.map((rule, index) => (rule.compares ? NOTHING : lookupLoad(rule, values[index] ?? 0, limits)));
  const checks = { requests: compared, resourceUnits: compared * UNITS_PER_QUERY };
  return timed(sum([{ requests: pages, resourceUnits: pages * UNITS_PER_QUERY }, checks, ...filters]), pages, limits);
};

const NOTHING: Load = { requests: 0, resourceUnits: 0 };

const sum = (loads: readonly Load[]): Load =>
  loads.reduce(
    (total, { requests, resourceUnits }) => ({
      requests: total.requests + requests,
      resourceUnits: total.resourceUnits + resourceUnits,
    }),
    NOTHING,
  );

const costText = ({ requests, resourceUnits, seconds }: Cost): string =>
  `${seconds} s for ${requests} requests and ${resourceUnits} resource units`;
