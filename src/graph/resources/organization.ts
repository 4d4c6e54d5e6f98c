// The tenant itself: its name, its domains, its licences.
import type { Licence, TenantInfo } from '../../model/directory.ts';
import { DirectoryError } from '../../model/errors.ts';
import { type Call, isRecord } from '../call.ts';
import { lostFailure } from '../failure.ts';
import { textOf } from '../fields.ts';
import type { Graph } from '../graph.ts';
import { type Item, readList } from '../pages.ts';

const ORGANIZATION: Call = {
  method: 'GET',
  path: '/organization?$select=id,displayName,verifiedDomains',
  template: '/organization',
};
const SKUS: Call = { method: 'GET', path: '/subscribedSkus', template: '/subscribedSkus' };

/** Source: https://learn.microsoft.com/graph/api/organization-list */
export const tenant = async ({ client }: Graph, signal?: AbortSignal): Promise<TenantInfo> => {
  const [organization] = await readList(client, ORGANIZATION, signal);
  if (organization === undefined)
    throw new DirectoryError(
      lostFailure(ORGANIZATION, 'NoOrganization', 'the directory does not say which tenant it is'),
    );
  const domains = records(organization['verifiedDomains']);
  return {
    tenantId: textOf(organization['id']),
    displayName: textOf(organization['displayName']),
    verifiedDomains: domains.map(({ name }) => textOf(name)),
    ownDomains: domains.filter(({ isInitial }) => isInitial !== true).map(({ name }) => textOf(name)),
  };
};

/**
 * The licences of the tenant, or null where it is not allowed to read them.
 *
 * Source: https://learn.microsoft.com/graph/api/subscribedsku-list
 */
export const licences = async ({ client }: Graph, signal?: AbortSignal): Promise<readonly Licence[] | null> => {
  try {
    return (await readList(client, SKUS, signal)).map(licenceOf);
  } catch (error) {
    if (error instanceof DirectoryError && error.failure.status === 403) return null;
    throw error;
  }
};

const licenceOf = (sku: Item): Licence => {
  const units = isRecord(sku['prepaidUnits']) ? sku['prepaidUnits'] : {};
  return {
    name: textOf(sku['skuPartNumber']),
    status: textOf(sku['capabilityStatus']),
    seats: Number(units['enabled'] ?? 0) + Number(units['warning'] ?? 0),
    servicePlans: records(sku['servicePlans'])
      .filter(({ provisioningStatus }) => provisioningStatus === 'Success')
      .map(({ servicePlanId }) => textOf(servicePlanId).toLowerCase()),
  };
};

/** Answers tell whole seconds, the rest cut off: on average half a second. Milliseconds. */
const CUT_OFF_MS = 500;

/** Every answer carries the time at which it was given, a refusal too; half of the way is taken for each direction. */
export const clockSkew = async ({ client, clock }: Graph, signal?: AbortSignal): Promise<number | null> => {
  const sent = clock.now();
  const answer = await client.send(ORGANIZATION, signal);
  const told = Date.parse(answer.header('date') ?? '');
  return Number.isNaN(told) ? null : told + CUT_OFF_MS - (sent + clock.now()) / 2;
};

const records = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.filter(isRecord) : [];
