// Which columns of a directory are worth naming, judged by the attributes of its first entries: for ldap, ldif and csvde alike.

/** Column, and the attributes that it is usually kept in: the first that any entry has is taken. */
const USUAL: readonly (readonly [column: string, attributes: readonly string[], steps?: string])[] = [
  ['EMail', ['userPrincipalName', 'mail']],
  ['Mail', ['mail']],
  ['EmployeeId', ['employeeID', 'employeeNumber']],
  ['Account', ['sAMAccountName', 'uid']],
  ['Name', ['displayName', 'cn']],
  ['FirstName', ['givenName']],
  ['LastName', ['sn']],
  ['Department', ['department', 'ou', 'departmentNumber']],
  ['Enabled', ['userAccountControl', 'msDS-UserAccountDisabled', 'nsAccountLock', 'pwdAccountLockedTime'], 'enabled'],
  ['LastSignIn', ['lastLogonTimestamp', 'lastLoginTime', 'authTimestamp', 'pwdLastSuccess']],
  ['Role', ['memberOf'], 'name | each'],
];

/** Columns with their expressions. `entries`: of each entry the names of its attributes. */
export const proposeDirectoryColumns = (entries: readonly (readonly string[])[]): Record<string, string> => {
  const names = new Map<string, string>();
  for (const name of entries.flat()) if (!names.has(name.toLowerCase())) names.set(name.toLowerCase(), name);
  const columns: Record<string, string> = {};
  const taken = new Set<string>();
  for (const [column, attributes, steps] of USUAL) {
    const found = attributes.map((attribute) => names.get(attribute.toLowerCase())).find((name) => name !== undefined);
    // A mail address that is the first column already is not named again.
    if (found === undefined || taken.has(found)) continue;
    taken.add(found);
    columns[column] = steps === undefined ? found : `${found} | ${steps}`;
  }
  if (Object.keys(columns).length === 0) columns['Entry'] = 'dn';
  return columns;
};
