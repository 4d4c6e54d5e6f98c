// Which columns a configuration needs of the roster, and whether the roster has them.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigError, type ConfigProblem, type FilePlace } from '../model/errors.ts';
import { didYouMean } from '../model/nearest.ts';
import type { Settings } from '../model/settings.ts';
import { type Path, parseYaml, pathText } from './document.ts';
import { templateColumns } from './template.ts';

/** A column that the configuration names, and where it does. */
interface ColumnUse {
  readonly column: string;
  readonly path?: Path;
  readonly place?: FilePlace;
}

/** Every place that names a column of the roster. */
const columnUses = (settings: Settings): ColumnUse[] => [
  ...settings.match.rules.flatMap((rule, index): ColumnUse[] =>
    'filter' in rule
      ? rule.columns.map((column) => ({ column, path: ['match', index, 'filter'] }))
      : [{ column: rule.column, path: ['match', index, 'column'] }],
  ),
  ...Object.entries(settings.create?.attributes ?? {}).flatMap(([name, template]) =>
    templateColumns(template).map((column) => ({ column, path: ['create', name] })),
  ),
  ...('column' in settings.roles ? [{ column: settings.roles.column, path: ['roles', 'column'] }] : []),
  ...(settings.roleDescriptions.column === null
    ? []
    : [{ column: settings.roleDescriptions.column, path: ['roles', 'descriptionColumn'] }]),
  ...factUses(settings),
  ...completeUses(settings),
  ...overrideUses(settings),
];

const factUses = ({ accounts }: Settings): ColumnUse[] =>
  Object.entries(accounts).flatMap(([fact, where]: [string, string | { readonly column: string } | null]) => {
    if (where === null) return [];
    return [{ column: typeof where === 'string' ? where : where.column, path: ['accounts', fact] }];
  });

const completeUses = ({ complete: { columns, sum, trailer } }: Settings): ColumnUse[] => [
  ...columns.map((column, index) => ({ column, path: ['complete', 'columns', index] })),
  ...(sum ? [{ column: sum.column, path: ['complete', 'sum', 'column'] }] : []),
  ...(trailer ? [{ column: trailer.column, path: ['complete', 'trailer', 'column'] }] : []),
  ...(trailer?.count ? [{ column: trailer.count, path: ['complete', 'trailer', 'count'] }] : []),
];

/** An overrides file names its columns once, in its header. */
const overrideUses = (settings: Settings): ColumnUse[] => {
  const uses = new Map<string, ColumnUse>();
  for (const { where, place } of settings.match.overrides) {
    const file = resolve(dirname(settings.file), place.replace(/:\d*$/, ''));
    for (const column of Object.keys(where)) uses.set(column, { column, place: { file, line: 1 } });
  }
  return [...uses.values()];
};

/**
 * Throws {@link ConfigError} naming every column that the configuration needs and the roster lacks. `notes` are the
 * source's, which say what was left out.
 */
export const checkColumns = (settings: Settings, columns: readonly string[], notes: readonly string[] = []): void => {
  const known = new Set(columns);
  const missing = columnUses(settings).filter(({ column }) => !known.has(column));
  if (missing.length === 0) return;
  const placeOf = placesIn(settings.file);
  const problems = missing.map(({ column, path, place }): ConfigProblem => {
    const note = notes.find((text) => text.includes(`"${column}"`));
    const hint = note ? `. ${note}` : didYouMean(column, columns) || `; it has ${columns.join(', ')}`;
    return {
      place: place ?? placeOf(path ?? []),
      ...(path && { path: pathText(path) }),
      message: `the roster has no column "${column}"${hint}`,
    };
  });
  throw new ConfigError(problems, 'Correct the name, or collect a roster that has the column.');
};

/** Places are looked up only when there is something to show; the file may have gone since. */
const placesIn = (file: string): ((path: Path) => FilePlace) => {
  try {
    return parseYaml(file, readFileSync(file, 'utf8')).placeOf;
  } catch {
    return () => ({ file });
  }
};
