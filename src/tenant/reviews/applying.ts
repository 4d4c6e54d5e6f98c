// What a review's decisions do in the end: who was denied loses what was assigned directly.
// Source: https://learn.microsoft.com/entra/id-governance/complete-access-review#apply-the-changes
import { removeDirect } from '../assignments.ts';
import type { Tenant } from '../request.ts';
import { userNamed } from '../users.ts';
import { auditReview, byService } from './doer.ts';
import { type ApplyResult, changeItem, type Item, itemsIn, itemTargets, resourceOf } from './items.ts';
import { throughGroups } from './population.ts';
import type { Identity, Kept } from './records.ts';

/** Applies all that was approved or denied and has not been applied yet. */
export const applyItems = (tenant: Tenant, instance: Kept<'instance'>, by: Identity): void => {
  const resource = resourceOf(instance);
  const doer = byService();
  const inGroups = throughGroups(tenant, resource.id);
  const applied = { applied_by: JSON.stringify(by), applied_at: new Date(tenant.now()).toISOString() };

  const deny = (item: Item): ApplyResult => {
    if (!userNamed(tenant.db, item.principal)) return 'AppliedSuccessfullyButObjectNotFound';
    const removed = removeDirect(tenant, doer, item.principal, resource.id);
    // A review takes nobody out of a group: that access stays.
    if (inGroups.has(item.principal)) return 'ApplyNotSupported';
    return removed > 0 ? 'AppliedSuccessfully' : 'AppliedSuccessfullyButObjectNotFound';
  };

  for (const item of itemsIn(tenant, { instance: instance.id })) {
    if (item.apply_result !== 'New' || (item.decision !== 'Approve' && item.decision !== 'Deny')) continue;
    const apply_result = item.decision === 'Deny' ? deny(item) : 'AppliedSuccessfully';
    changeItem(tenant, item, { apply_result, ...applied });
    if (item.decision === 'Deny') auditReview(tenant, doer, 'Apply decision', itemTargets(item, resource));
  }
};
