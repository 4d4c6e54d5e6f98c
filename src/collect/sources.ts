// From settings to the source that they describe. A kind is loaded when it is used: some bring heavy libraries.
import type { Source, SourceTools } from '../model/source.ts';
import type { ColumnChoices, SourceSettings } from '../model/source-settings.ts';
import { withoutSecrets } from './without-secrets.ts';

const NO_CHOICES: ColumnChoices = { drop: [], keep: [] };

/**
 * The source that the settings describe, without its columns of secrets. Nothing is read or connected to before it is
 * opened.
 */
export const sourceOf = async (
  settings: SourceSettings,
  tools: SourceTools,
  columns: ColumnChoices = NO_CHOICES,
): Promise<Source> => withoutSecrets(await load(settings, tools), columns);

const load = async (settings: SourceSettings, tools: SourceTools): Promise<Source> => {
  switch (settings.kind) {
    case 'csv':
      return (await import('./csv.ts')).csvSource(settings);
    case 'excel':
      return (await import('./excel/source.ts')).excelSource(settings);
    case 'text':
      return (await import('./text/source.ts')).textSource(settings);
    case 'ldif':
    case 'csvde':
      return (await import('./directory-files/source.ts')).directoryFileSource(settings);
    case 'rest':
      return (await import('./rest/rest.ts')).restSource(settings, tools);
    case 'ldap':
      return (await import('./ldap/source.ts')).ldapSource(settings, tools);
    case 'scim':
      return (await import('./scim/scim.ts')).scimSource(settings, tools);
    case 'soap':
      return (await import('./soap/soap.ts')).soapSource(settings, tools);
    case 'sql':
      return (await import('./sql/source.ts')).sqlSource(settings, tools);
  }
};
