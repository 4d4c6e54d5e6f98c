// What a call will be charged, as published, so that it can be taken from the allowance before it is sent.
import type { Call } from './call.ts';

export interface Cost {
  readonly units: number;
  readonly writes: number;
}

/** Source: https://learn.microsoft.com/graph/throttling-limits (identity and access, "request resource units") */
const BASE_UNITS: readonly { readonly template: RegExp; readonly units: number }[] = [
  { template: /^\/subscribedSkus/, units: 3 },
  { template: /^\/users$/, units: 2 },
  { template: /^\/applications/, units: 2 },
  { template: /\/appRoleAssignments$/, units: 2 },
];
const SMALL_PAGE = 20;

/** Of one call, or of all that an envelope holds; the envelope itself costs nothing. */
export const costOf = (call: Call): Cost => {
  if (call.holds) return call.holds.map(costOf).reduce(sum, { units: 0, writes: 0 });
  if (call.method !== 'GET') return { units: 1, writes: 1 };
  const query = call.path.split('?')[1] ?? '';
  const base = BASE_UNITS.find(({ template }) => template.test(call.template))?.units ?? 1;
  const top = Number(/(?:^|&)\$top=(\d+)/.exec(query)?.[1] ?? SMALL_PAGE);
  const units = base - (query.includes('$select=') ? 1 : 0) - (top < SMALL_PAGE ? 1 : 0);
  return { units: Math.max(1, units + (query.includes('$expand=') ? 1 : 0)), writes: 0 };
};

const sum = (one: Cost, other: Cost): Cost => ({ units: one.units + other.units, writes: one.writes + other.writes });
