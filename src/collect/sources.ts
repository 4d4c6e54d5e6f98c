// From settings to the source that they describe. A kind is loaded when it is used: some bring heavy libraries.
import type { Source, SourceTools } from '../model/source.ts';
import type { SourceSettings } from '../model/source-settings.ts';

/** The source that the settings describe. Nothing is read or connected to before it is opened. */
export const sourceOf = async (settings: SourceSettings, _tools: SourceTools): Promise<Source> => {
  switch (settings.kind) {
    case 'csv':
      return (await import('./csv.ts')).csvSource(settings);
  }
};
