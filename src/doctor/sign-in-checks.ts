// Signing in: whether the addresses belong together, and who is signed in, with what that means for what is read back.
import { CLOUDS, cloudAt, isMicrosoftAuthority } from '../model/clouds.ts';
import type { Directory, Session } from '../model/directory.ts';
import type { Found } from './check.ts';

/** A token of one cloud is refused by the others. Source: https://learn.microsoft.com/graph/deployments */
export const cloudFound = ({ graph, authority }: Directory['addresses']): Found => {
  const cloud = cloudAt(graph);
  const details = { graph, authority, cloud: cloud ?? null };
  if (authority === null) return { status: 'ok', found: `${graph}`, details };
  const belongs =
    cloud === undefined
      ? !isMicrosoftAuthority(authority)
      : CLOUDS[cloud].authorities.includes(new URL(authority).origin);
  const found = `${graph} with sign-in at ${authority}${cloud === undefined ? '' : ` (cloud: ${cloud})`}`;
  if (belongs) return { status: 'ok', found, details };
  return {
    status: 'failed',
    found: `${found} do not belong together`,
    remedy: `Under directory in the configuration, ${cloud === undefined ? 'give graph and authority of the same directory' : `leave authority out, or write ${CLOUDS[cloud].authorities.join(' or ')}`}: a token of one cloud is refused by another.`,
    details,
  };
};

/** Source: https://learn.microsoft.com/entra/architecture/architecture (session consistency) */
export const sessionFound = ({ kind, name, tenantId, clientId }: Session): Found => {
  const meaning =
    kind === 'app'
      ? 'what it has just written it may not see for some minutes, so each stage waits and looks again'
      : 'it sees at once what it has written';
  return {
    status: 'ok',
    found: `signed in as ${name} (${kind === 'app' ? 'application' : 'user'} session) in ${tenantId}: ${meaning}`,
    details: { kind, name, tenantId, clientId, readsItsWrites: kind === 'user' },
  };
};
