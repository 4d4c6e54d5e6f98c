// Properties that an organization has added to its users: directory extensions and schema extensions.
import type { Database } from './database.ts';
import { badRequest } from './errors.ts';
import { extensionAttribute } from './user-attributes.ts';

/**
 * An extension is known once a user has been put in with it: files and the control plane declare what they bring.
 * Where none is known, Graph speaks of a property that does not exist, and so does the local tenant.
 */
export const declareExtension = (db: Database, name: string): void => {
  db.run('insert or ignore into extensions (name) values (?)', name);
};

export const isDeclared = (db: Database, name: string): boolean =>
  db.one('select 1 from extensions where name = ?', name) !== undefined;

/** Whether a name has the form of an extension's. */
export const isExtensionName = (name: string): boolean =>
  name.includes('_') && !name.includes('/') && extensionAttribute(name) !== undefined;

/** Refuses what is written to a property that the directory has not. */
export const checkDeclared = (db: Database, body: Readonly<Record<string, unknown>>): void => {
  const unknown = Object.keys(body).find((name) => isExtensionName(name) && !isDeclared(db, name));
  if (unknown !== undefined)
    throw badRequest(`Property '${unknown}' does not exist as a declared property or extension property.`);
};
