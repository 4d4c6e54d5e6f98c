// Which columns are worth naming, judged by the first users of a SCIM server.

const LOOKED_AT = 100;

/** Says nothing of the account, or is asked for in another way. */
const NOT_PROPOSED = new Set(['schemas', 'meta', 'groups', 'password']);

/** Names of columns, each with its attribute path: what has one value in at least one user. */
export const proposeFrom = (users: readonly unknown[]): Record<string, string> => {
  const columns: Record<string, string> = {};
  const propose = (name: string, path: string) => {
    columns[name] ??= path;
  };
  for (const user of users.slice(0, LOOKED_AT)) {
    for (const [name, value] of members(user)) {
      if (NOT_PROPOSED.has(name)) continue;
      if (/^urn:/i.test(name)) {
        for (const [inner, each] of members(value)) proposeValue(inner, `${name}:${inner}`, each, propose);
      } else {
        proposeValue(name, name, value, propose);
      }
    }
  }
  return columns;
};

const proposeValue = (name: string, path: string, value: unknown, propose: (name: string, path: string) => void) => {
  if (value === null || value === '') return;
  if (typeof value !== 'object') {
    propose(name, path);
  } else if (Array.isArray(value)) {
    const chosen = choice(value);
    if (chosen !== undefined) propose(name, `${path}[${chosen}].value`);
  } else {
    for (const [sub, each] of members(value)) if (typeof each !== 'object') propose(`${name}.${sub}`, `${path}.${sub}`);
  }
};

/** How one of several values is meant: the primary one, or the one of the first type. */
const choice = (values: readonly unknown[]): string | undefined => {
  const [first] = values;
  if (typeof first !== 'object' || first === null || !('value' in first)) return undefined;
  if (values.some((each) => (each as { primary?: unknown }).primary === true)) return 'primary eq true';
  const { type } = first as { type?: unknown };
  return typeof type === 'string' && /^[\w-]+$/.test(type) ? `type eq "${type}"` : '0';
};

const members = (value: unknown): readonly (readonly [string, unknown])[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
