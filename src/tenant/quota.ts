// How many objects a directory takes.
// Source: https://learn.microsoft.com/entra/identity/users/directory-service-limits-restrictions
import { GraphError } from './errors.ts';
import type { Tenant } from './request.ts';

const DELETED_COUNTS = 1 / 4;

/** Refuses one more object where the directory is full. */
export const refuseBeyondQuota = ({ db, objectQuota }: Tenant): void => {
  if (objectQuota === undefined) return;
  const { present, deleted } = db.one<{ present: number; deleted: number }>(
    'select (select count(*) from users) + (select count(*) from objects) as present, (select count(*) from deleted) as deleted',
  )!;
  if (present + deleted * DELETED_COUNTS + 1 <= objectQuota) return;
  throw new GraphError(
    400,
    'Directory_QuotaExceeded',
    'The directory object quota limit for the Tenant has been exceeded. Please ask your administrator to increase the quota limit or delete objects to reduce the used quota.',
  );
};
