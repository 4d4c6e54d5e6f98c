// Microsoft's clouds: where each answers, where people sign in to it, and where its administrators work.

export type Cloud = 'global' | 'usgov' | 'dod' | 'china';

export interface CloudPlaces {
  readonly graph: string;
  /** The first is the one that is used where nothing else is configured. */
  readonly authorities: readonly [string, ...string[]];
  /** The admin center. */
  readonly portal: string;
  /** What the Azure CLI and Microsoft Graph PowerShell call it. */
  readonly cliName: string;
  readonly powerShellName: string;
}

/**
 * Of China's sign-in two addresses are documented.
 *
 * Sources: https://learn.microsoft.com/graph/deployments,
 * https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud,
 * https://learn.microsoft.com/cli/azure/manage-clouds-azure-cli,
 * https://learn.microsoft.com/powershell/microsoftgraph/authentication-commands
 */
export const CLOUDS: Readonly<Record<Cloud, CloudPlaces>> = {
  global: {
    graph: 'https://graph.microsoft.com',
    authorities: ['https://login.microsoftonline.com'],
    portal: 'https://entra.microsoft.com',
    cliName: 'AzureCloud',
    powerShellName: 'Global',
  },
  usgov: {
    graph: 'https://graph.microsoft.us',
    authorities: ['https://login.microsoftonline.us'],
    portal: 'https://portal.azure.us',
    cliName: 'AzureUSGovernment',
    powerShellName: 'USGov',
  },
  dod: {
    graph: 'https://dod-graph.microsoft.us',
    authorities: ['https://login.microsoftonline.us'],
    portal: 'https://portal.azure.us',
    cliName: 'AzureUSGovernment',
    powerShellName: 'USGovDoD',
  },
  china: {
    graph: 'https://microsoftgraph.chinacloudapi.cn',
    authorities: ['https://login.partner.microsoftonline.cn', 'https://login.chinacloudapi.cn'],
    portal: 'https://portal.azure.cn',
    cliName: 'AzureChinaCloud',
    powerShellName: 'China',
  },
};

/** The cloud that answers at an address; undefined outside Microsoft's clouds. */
export const cloudAt = (graph: string): Cloud | undefined => {
  const { origin } = new URL(graph);
  return (Object.keys(CLOUDS) as Cloud[]).find((cloud) => CLOUDS[cloud].graph === origin);
};

/** Whether sign-in at this address is one of Microsoft's own. */
export const isMicrosoftAuthority = (authority: string): boolean => {
  const { origin } = new URL(authority);
  return Object.values(CLOUDS).some(({ authorities }) => authorities.includes(origin));
};
