// Loads rollcall.yaml. Whatever is wrong with it is told at once.
import { dirname, resolve } from 'node:path';
import { ConfigError, type ConfigProblem } from '../model/errors.ts';
import type { Settings } from '../model/settings.ts';
import { readDocument, type WrittenDocument } from './document.ts';
import { normalise } from './normalise.ts';
import { type OverridesRead, readOverrides } from './overrides.ts';
import { problemsOf, schemaMessage } from './problems.ts';
import { type Written, writtenSchema } from './written.ts';

/**
 * Loads a configuration, the overrides that it names included. No secret is read.
 *
 * Errors: {@link ConfigError} with every problem, each with file, line, column, path, what was expected, and the nearest
 *         right name of an unknown one.
 */
export const loadSettings = async (file: string): Promise<Settings> => {
  const path = resolve(file);
  const folder = dirname(path);
  const document = await readDocument(path);
  const problems: ConfigProblem[] = [];
  const written = check(document, problems);
  const { overrides, problems: more } = await overridesOf(document, folder);
  problems.push(...more);
  if (written === undefined || problems.length > 0) throw new ConfigError(problems);
  return normalise(path, folder, written, overrides);
};

const check = (document: WrittenDocument, problems: ConfigProblem[]): Written | undefined => {
  const checked = writtenSchema.safeParse(document.data, { error: schemaMessage });
  if (!checked.success) problems.push(...problemsOf(checked.error.issues, document));
  problems.push(...forbiddenRoles(document));
  problems.sort(byPlace);
  return checked.data;
};

const byPlace = (a: ConfigProblem, b: ConfigProblem): number =>
  (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0);

/** The one key that objects keep for themselves: the schema would drop it without a word. */
const forbiddenRoles = (document: WrittenDocument): ConfigProblem[] => {
  const map = (document.data as { roles?: { map?: unknown } } | null)?.roles?.map;
  if (typeof map !== 'object' || map === null || !Object.hasOwn(map, '__proto__')) return [];
  const path = ['roles', 'map', '__proto__'];
  return [
    { place: document.keyPlaceOf(path), path: 'roles.map.__proto__', message: 'this cell cannot be mapped to a role' },
  ];
};

const overridesOf = async (document: WrittenDocument, folder: string): Promise<OverridesRead> => {
  const named = (document.data as { overrides?: unknown } | null)?.overrides;
  if (typeof named !== 'string' || named.trim() === '') return { overrides: [], problems: [] };
  return readOverrides(resolve(folder, named.trim()), folder);
};
