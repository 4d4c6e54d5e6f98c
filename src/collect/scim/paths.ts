// Attribute paths as SCIM writes them (RFC 7644, 3.10), and `emails[0].value` besides.
import { filter, parse } from 'scim2-parse-filter';

/** From a resource to all values that stand at a path. */
export type AttributePath = (resource: unknown) => readonly unknown[];

const SCHEMA_OF_USERS = 'urn:ietf:params:scim:schemas:core:2.0:user';
const NAME = /^\$?[A-Za-z][\w-]*$/;

/**
 * Reads `userName`, `name.givenName`, `emails[primary eq true].value`, `emails[0].value`, and the same behind the URN of an
 * extension: `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber`. Names of attributes are equal
 * whatever their case (RFC 7643, 2.1).
 *
 * Errors: `SyntaxError`, in words.
 */
export const attributePath = (written: string): AttributePath => {
  const [beforeBracket = '', ...rest] = written.split('[');
  // The last colon before a bracket ends the URN; one inside a bracket belongs to a value.
  const colon = /^urn:/i.test(written) ? beforeBracket.lastIndexOf(':') : -1;
  const extension = colon === -1 ? undefined : written.slice(0, colon);
  const path = written.slice(colon + 1);
  const parts = /^([^[\].]+)(?:\[(.*)\])?(?:\.([^[\]]+))?$/s.exec(path);
  if (!parts || (rest.length > 0 && parts[2] === undefined)) throw notAPath(written);
  const [, attribute, chosen, sub] = parts;
  for (const name of [attribute!, ...(sub?.split('.') ?? [])]) if (!NAME.test(name)) throw notAPath(written);
  const choose = chosen === undefined ? undefined : choice(chosen, written);
  return (resource) => {
    const root =
      extension === undefined || extension.toLowerCase() === SCHEMA_OF_USERS
        ? [resource]
        : valuesAt(resource, extension);
    let values = root.flatMap((each) => valuesAt(each, attribute!));
    if (choose) values = choose(values);
    for (const name of sub?.split('.') ?? []) values = values.flatMap((each) => valuesAt(each, name));
    return values;
  };
};

const choice = (chosen: string, written: string): ((values: readonly unknown[]) => unknown[]) => {
  if (/^\d+$/.test(chosen)) return (values) => values.slice(Number(chosen), Number(chosen) + 1);
  try {
    const matches = filter(parse(chosen));
    return (values) => values.filter((value) => matches(value));
  } catch {
    throw new SyntaxError(`"${chosen}" is no filter, in ${written}`);
  }
};

const notAPath = (written: string): SyntaxError => new SyntaxError(`${written} is no path of an attribute`);

/** The values of one attribute: none, one, or of a multi-valued one several. */
const valuesAt = (value: unknown, name: string): readonly unknown[] => {
  const found = member(value, name);
  if (found === undefined || found === null) return [];
  return Array.isArray(found) ? found : [found];
};

/** A member by its name in any case. */
export const member = (value: unknown, name: string): unknown => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const members = value as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(members, name)) return members[name];
  const wanted = name.toLowerCase();
  const key = Object.keys(members).find((each) => each.toLowerCase() === wanted);
  return key === undefined ? undefined : members[key];
};
