// The tenant itself: its id, its domains, its licences.
import type { TenantInfo } from '../../model/directory.ts';
import { DirectoryError } from '../../model/errors.ts';
import { readAll } from '../pages.ts';
import type { GraphSession } from '../session.ts';

interface WireOrganization {
  readonly id: string;
  readonly displayName?: string | null;
  readonly verifiedDomains?: readonly { readonly name?: string | null }[];
}
interface WireSku {
  readonly capabilityStatus?: string | null;
  readonly servicePlans?: readonly {
    readonly servicePlanName?: string | null;
    readonly provisioningStatus?: string | null;
  }[];
}

export const tenantInfo = async (session: GraphSession, signal?: AbortSignal): Promise<TenantInfo> => {
  const [organization] = await readAll<WireOrganization>(
    session,
    '/organization?$select=id,displayName,verifiedDomains',
    signal,
  );
  return {
    tenantId: organization!.id,
    displayName: organization!.displayName ?? '',
    verifiedDomains: (organization!.verifiedDomains ?? []).flatMap(({ name }) => (name ? [name] : [])),
  };
};

/** Names of the service plans that are paid for and in force; null where they may not be read. */
export const servicePlans = async (session: GraphSession, signal?: AbortSignal): Promise<readonly string[] | null> => {
  try {
    const skus = await readAll<WireSku>(session, '/subscribedSkus', signal);
    const inForce = skus.filter(
      ({ capabilityStatus }) => capabilityStatus === 'Enabled' || capabilityStatus === 'Warning',
    );
    const plans = inForce.flatMap(({ servicePlans: all }) => all ?? []);
    return [
      ...new Set(
        plans.flatMap((plan) =>
          plan.provisioningStatus !== 'Disabled' && plan.servicePlanName ? [plan.servicePlanName] : [],
        ),
      ),
    ];
  } catch (error) {
    if (error instanceof DirectoryError && error.failure.status === 403) return null;
    throw error;
  }
};
