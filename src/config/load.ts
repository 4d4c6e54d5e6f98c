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
  problems.push(...forbiddenKeys(document));
  problems.sort(byPlace);
  return checked.data;
};

const byPlace = (a: ConfigProblem, b: ConfigProblem): number =>
  (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0);

/** The one key that objects keep for themselves, wherever it stands: the schema would drop it without a word. */
const forbiddenKeys = (document: WrittenDocument): ConfigProblem[] => {
  const found: ConfigProblem[] = [];
  const look = (value: unknown, path: readonly (string | number)[]): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      const at = [...path, Array.isArray(value) ? Number(key) : key];
      if (key === '__proto__')
        found.push({ place: document.keyPlaceOf(at), path: at.join('.'), message: 'this name cannot be used here' });
      else look(inner, at);
    }
  };
  look(document.data, []);
  return found;
};

const overridesOf = async (document: WrittenDocument, folder: string): Promise<OverridesRead> => {
  const named = (document.data as { overrides?: unknown } | null)?.overrides;
  if (typeof named !== 'string' || named.trim() === '') return { overrides: [], problems: [] };
  return readOverrides(resolve(folder, named.trim()), folder);
};
