// The tenant itself: its name, its domains, its licences.
import type { TenantInfo } from '../../model/directory.ts';
import { DirectoryError } from '../../model/errors.ts';
import { type Call, isRecord } from '../call.ts';
import { lostFailure } from '../failure.ts';
import { textOf } from '../fields.ts';
import type { Graph } from '../graph.ts';
import { readList } from '../pages.ts';

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
  return {
    tenantId: textOf(organization['id']),
    displayName: textOf(organization['displayName']),
    verifiedDomains: records(organization['verifiedDomains']).map(({ name }) => textOf(name)),
  };
};

const USABLE_SKUS = new Set(['Enabled', 'Warning']);

/**
 * Names of the service plans that the tenant has, or null where it is not allowed to read them. A plan that is switched
 * off, or belongs to a licence that has run out, is not there.
 *
 * Source: https://learn.microsoft.com/graph/api/subscribedsku-list
 */
export const servicePlans = async ({ client }: Graph, signal?: AbortSignal): Promise<readonly string[] | null> => {
  try {
    const plans = (await readList(client, SKUS, signal))
      .filter(({ capabilityStatus }) => USABLE_SKUS.has(textOf(capabilityStatus)))
      .flatMap((sku) => records(sku['servicePlans']))
      .filter(({ provisioningStatus }) => provisioningStatus !== 'Disabled')
      .map(({ servicePlanName }) => textOf(servicePlanName));
    return [...new Set(plans)].sort();
  } catch (error) {
    if (error instanceof DirectoryError && error.failure.status === 403) return null;
    throw error;
  }
};

const records = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.filter(isRecord) : [];
