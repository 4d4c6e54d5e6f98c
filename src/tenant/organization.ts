// The tenant itself and what it has paid for.
import { queryOptions } from './query-options.ts';
import type { GraphRequest, GraphResponse, Tenant } from './request.ts';

/** `GET /organization`. */
export const listOrganization = ({ tenantId, domains }: Tenant, request: GraphRequest): GraphResponse => {
  const { select } = queryOptions(request.query, request.headers);
  const organization: Record<string, unknown> = {
    id: tenantId,
    deletedDateTime: null,
    businessPhones: [],
    city: null,
    country: null,
    countryLetterCode: 'US',
    createdDateTime: '2020-01-01T00:00:00Z',
    displayName: 'Contoso',
    onPremisesSyncEnabled: null,
    tenantType: 'AAD',
    verifiedDomains: domains.map((name, i) => ({
      capabilities: 'Email, OfficeCommunicationsOnline',
      isDefault: i === 0,
      isInitial: name.endsWith('.onmicrosoft.com'),
      name,
      type: 'Managed',
    })),
  };
  const value = select ? Object.fromEntries(select.map((name) => [name, organization[name] ?? null])) : organization;
  const names = select ? `(${select.join(',')})` : '';
  return { status: 200, body: { '@odata.context': `${request.root}/$metadata#organization${names}`, value: [value] } };
};

const PLANS = [
  { servicePlanId: '41781fb2-bc02-4b7c-bd55-b576c07bb09d', servicePlanName: 'AAD_PREMIUM' },
  { servicePlanId: 'eec0eb4f-6444-4f95-aba0-50c24d67f998', servicePlanName: 'AAD_PREMIUM_P2' },
  { servicePlanId: 'e866a266-3cff-43a3-acca-0c90a7e00c8b', servicePlanName: 'Entra_Identity_Governance' },
];
const SUITE = 'f9602137-2203-447b-9fff-41b36e08ce5d';

/** `GET /subscribedSkus`: the Entra Suite, for everybody. */
export const listSkus = ({ tenantId }: Tenant, request: GraphRequest): GraphResponse => ({
  status: 200,
  body: {
    '@odata.context': `${request.root}/$metadata#subscribedSkus`,
    value: [
      {
        accountId: tenantId,
        accountName: 'contoso',
        appliesTo: 'User',
        capabilityStatus: 'Enabled',
        consumedUnits: 0,
        id: `${tenantId}_${SUITE}`,
        skuId: SUITE,
        skuPartNumber: 'Microsoft_Entra_Suite',
        prepaidUnits: { enabled: 1000, suspended: 0, warning: 0, lockedOut: 0 },
        servicePlans: PLANS.map((plan) => ({ ...plan, provisioningStatus: 'Success', appliesTo: 'User' })),
        subscriptionIds: [tenantId],
      },
    ],
  },
});
