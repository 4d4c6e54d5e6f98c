// The source of a configuration that reads CSV, for tests that open their work themselves.
import { csvSource } from '../../src/collect/csv.ts';
import type { Settings } from '../../src/model/settings.ts';
import type { Source } from '../../src/model/source.ts';

export const csvSourceOf = ({ source }: Pick<Settings, 'source'>): Source => {
  if (source.kind !== 'csv') throw new Error(`the configuration names ${source.kind}, not csv`);
  return csvSource(source);
};
