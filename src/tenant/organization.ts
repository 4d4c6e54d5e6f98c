// The tenant itself, its domains, and what it has paid for.
// Sources: https://learn.microsoft.com/graph/api/resources/organization, …/domain, …/subscribedsku
import { notFound, unsupportedQuery } from './errors.ts';
import { queryOptions, refuseExpand, unknownProperty } from './query-options.ts';
import type { GraphRequest, GraphResponse, Tenant } from './request.ts';

type Plain = { readonly id: string } & Readonly<Record<string, unknown>>;

/** A handful of objects that nobody filters or pages through. */
interface Handful {
  readonly set: string;
  readonly edmName: string;
  /** Declared, but nothing to tell of: shown where they are asked for. */
  readonly silent: readonly string[];
  readonly all: (tenant: Tenant) => readonly Plain[];
}

const organizations: Handful = {
  set: 'organization',
  edmName: 'microsoft.graph.organization',
  silent: ['postalCode', 'preferredLanguage', 'state', 'street', 'defaultUsageLocation', 'onPremisesLastSyncDateTime'],
  all: ({ tenantId, domains, federatedDomains }) => [
    {
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
        type: federatedDomains.includes(name.toLowerCase()) ? 'Federated' : 'Managed',
      })),
    },
  ],
};

const domainsOf: Handful = {
  set: 'domains',
  edmName: 'microsoft.graph.domain',
  silent: ['availabilityStatus', 'state', 'passwordNotificationWindowInDays', 'passwordValidityPeriodInDays'],
  all: ({ domains, federatedDomains }) =>
    domains.map((id, i) => ({
      id,
      authenticationType: federatedDomains.includes(id.toLowerCase()) ? 'Federated' : 'Managed',
      isAdminManaged: true,
      isDefault: i === 0,
      isInitial: id.endsWith('.onmicrosoft.com'),
      isRoot: true,
      isVerified: true,
      supportedServices: ['Email', 'OfficeCommunicationsOnline'],
    })),
};

const PLANS = [
  { servicePlanId: '41781fb2-bc02-4b7c-bd55-b576c07bb09d', servicePlanName: 'AAD_PREMIUM' },
  { servicePlanId: 'eec0eb4f-6444-4f95-aba0-50c24d67f998', servicePlanName: 'AAD_PREMIUM_P2' },
  { servicePlanId: 'e866a266-3cff-43a3-acca-0c90a7e00c8b', servicePlanName: 'Entra_Identity_Governance' },
];
const SUITE = 'f9602137-2203-447b-9fff-41b36e08ce5d';

/** For so many at least, where nobody says how many. */
const FEWEST_SEATS = 1000;

const seatsOf = ({ db, seats }: Tenant): number =>
  seats ?? Math.max(FEWEST_SEATS, db.one<{ count: number }>('select count(*) as count from users')!.count);

/** Without a licence that covers them there are no access reviews. */
export const hasLicence = ({ seats }: Pick<Tenant, 'seats'>): boolean => seats !== 0;

/** The Entra Suite. */
const skus: Handful = {
  set: 'subscribedSkus',
  edmName: 'microsoft.graph.subscribedSku',
  silent: [],
  all: (tenant) => {
    if (!hasLicence(tenant)) return [];
    const { tenantId } = tenant;
    return [
      {
        accountId: tenantId,
        accountName: 'contoso',
        appliesTo: 'User',
        capabilityStatus: 'Enabled',
        consumedUnits: 0,
        id: `${tenantId}_${SUITE}`,
        skuId: SUITE,
        skuPartNumber: 'Microsoft_Entra_Suite',
        prepaidUnits: { enabled: seatsOf(tenant), suspended: 0, warning: 0, lockedOut: 0 },
        servicePlans: PLANS.map((plan) => ({ ...plan, provisioningStatus: 'Success', appliesTo: 'User' })),
        subscriptionIds: [tenantId],
      },
    ];
  },
};

type Rule<Rest extends readonly unknown[] = []> = (
  tenant: Tenant,
  request: GraphRequest,
  ...rest: Rest
) => GraphResponse;

const list =
  (handful: Handful): Rule =>
  (tenant, request) => {
    const { set, all } = handful;
    const { filter, orderBy } = queryOptions(request.query, request.headers);
    if (filter) throw unsupportedQuery(`$filter is not supported on ${set}.`);
    if (orderBy) throw unsupportedQuery(`$orderby is not supported on ${set}.`);
    const { shape, names } = shaper(handful, request);
    return {
      status: 200,
      body: { '@odata.context': `${request.root}/$metadata#${set}${names}`, value: all(tenant).map(shape) },
    };
  };

const one =
  (handful: Handful): Rule<[id: string]> =>
  (tenant, request, id) => {
    const found = handful.all(tenant).find((object) => object.id.toLowerCase() === id.toLowerCase());
    if (!found) throw notFound(id);
    const { shape, names } = shaper(handful, request);
    const context = `${request.root}/$metadata#${handful.set}${names}/$entity`;
    return { status: 200, body: { '@odata.context': context, ...shape(found) } };
  };

/** How objects are shown by what the request selects. */
const shaper = ({ edmName, silent }: Handful, { query, headers }: GraphRequest) => {
  const { select, expand } = queryOptions(query, headers);
  refuseExpand(expand);
  return {
    names: select ? `(${select.join(',')})` : '',
    shape: (object: Plain): Readonly<Record<string, unknown>> => {
      const unknown = select?.find((name) => !(name in object) && !silent.includes(name));
      if (unknown !== undefined) throw unknownProperty(unknown, edmName);
      return select ? Object.fromEntries(select.map((name) => [name, object[name] ?? null])) : object;
    },
  };
};

/** `GET /organization` and `GET /organization/{id}`. */
export const listOrganization = list(organizations);
export const getOrganization = one(organizations);
/** `GET /domains` and `GET /domains/{id}`. */
export const listDomains = list(domainsOf);
export const getDomain = one(domainsOf);
/** `GET /subscribedSkus` and `GET /subscribedSkus/{id}`. */
export const listSkus = list(skus);
export const getSku = one(skus);
