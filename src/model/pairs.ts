// Sets of (user, role), a million of them in little memory.

/** A pair as a short text: two GUIDs take 32 characters of one byte. Other ids are taken as they are. */
export const pairKey = (principalId: string, roleId: string): string => compact(principalId) + compact(roleId);

const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

const compact = (id: string): string =>
  GUID.test(id) ? Buffer.from(id.replaceAll('-', ''), 'hex').toString('latin1') : `${id.toLowerCase()}\n`;
