// Where people and applications sign in to Microsoft's clouds.

/** Of China two are documented. Source: https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud */
const MICROSOFT_LOGINS: ReadonlySet<string> = new Set([
  'https://login.microsoftonline.com',
  'https://login.microsoftonline.us',
  'https://login.partner.microsoftonline.cn',
  'https://login.chinacloudapi.cn',
]);

/** Whether sign-in at this address is Microsoft's own, which the sign-in library can look up and check. */
export const isMicrosoftAuthority = (authority: string): boolean => MICROSOFT_LOGINS.has(new URL(authority).origin);
