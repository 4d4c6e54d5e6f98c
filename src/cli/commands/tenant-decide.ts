// rollcall tenant decide: plays the reviewers of a running local tenant, each in person, from a script.
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { RollcallError, UsageError } from '../../model/errors.ts';
import type { Io } from '../io.ts';
import { counted } from '../print/progress.ts';
import { type AskTenant, askTenant, type TenantConnection, tenantConnection } from '../tenant-connection.ts';

export interface TenantDecideOptions {
  readonly directory: string;
  readonly output: 'text' | 'json';
  readonly script: string;
}

/** What one line of the script says. */
interface Line {
  readonly line: number;
  /** User principal name. */
  readonly reviewer: string;
  /** User principal name, or id; `*`: everybody whom this reviewer has not decided on. */
  readonly user: string;
  readonly decision: string;
  readonly justification: string;
}

/** A line that did not do what it says. */
interface Left {
  readonly line: number;
  readonly reviewer: string;
  readonly user: string;
  readonly reason: string;
}

/** 0: every line was recorded; 2: some were not, which are told. */
export const tenantDecide = async (options: TenantDecideOptions, io: Io): Promise<number> => {
  const lines = readScript(options.script);
  const connection = tenantConnection(options.directory);
  const ask = await askTenant(connection, io.signal);
  let recorded = 0;
  const left: Left[] = [];
  for (const [reviewer, theirs] of Map.groupBy(lines, (line) => line.reviewer.toLowerCase())) {
    const token = await signIn(connection, ask, reviewer);
    const session: Session = { graph: connection.graph, ask, token };
    const open = await openDecisions(session);
    const byUser = new Map([
      ...Map.groupBy(open, ({ userPrincipalName }) => userPrincipalName),
      ...Map.groupBy(open, ({ id }) => id),
    ]);
    for (const line of theirs) {
      const wanted = line.user === '*' ? open.filter((one) => !one.isDecided) : (byUser.get(line.user) ?? []);
      if (wanted.length === 0) left.push(leftBy(line, 'no open decision on this user is for this reviewer'));
      for (const one of wanted) {
        const refusal = await record(session, one, line);
        if (refusal === undefined) {
          one.isDecided = true;
          recorded += 1;
        } else left.push(leftBy(line, refusal));
      }
    }
  }
  if (options.output === 'json') io.out(`${JSON.stringify({ recorded, left }, null, 2)}\n`);
  else {
    io.out(`${counted(recorded, 'decision')} recorded\n`);
    for (const { line, reviewer, user, reason } of left)
      io.err(`${options.script}:${line}: ${reviewer} on ${user}: ${reason}\n`);
  }
  return left.length === 0 ? 0 : 2;
};

const leftBy = ({ line, reviewer, user }: Line, reason: string): Left => ({ line, reviewer, user, reason });

const COLUMNS = ['reviewer', 'user', 'decision', 'justification'];
const DECISIONS: Readonly<Record<string, string>> = {
  approve: 'Approve',
  deny: 'Deny',
  dontknow: 'DontKnow',
  notreviewed: 'NotReviewed',
};

/** Reads the script whole before the first decision. Throws {@link UsageError} with the line. */
const readScript = (file: string): readonly Line[] => {
  const rows = rowsOf(file);
  const header = Object.keys(rows[0]?.record ?? {});
  const missing = COLUMNS.slice(0, 3).filter((name) => !header.includes(name));
  if (rows.length === 0 || missing.length > 0)
    throw wrong(file, rows.length === 0 ? 'it has no line' : `it lacks the column ${missing.join(', ')}`);
  return rows.map(({ record, line }) => {
    const [reviewer = '', user = '', said = '', justification = ''] = COLUMNS.map((name) => record[name]?.trim());
    const decision = DECISIONS[said.toLowerCase()];
    if (decision === undefined) throw wrong(`${file}:${line}`, `"${said}" is no decision`);
    if (reviewer === '' || user === '') throw wrong(`${file}:${line}`, 'a reviewer and a user are named by each line');
    return { line, reviewer, user: user.toLowerCase(), decision, justification };
  });
};

interface ScriptRow {
  readonly record: Readonly<Record<string, string>>;
  readonly line: number;
}

const rowsOf = (file: string): readonly ScriptRow[] => {
  try {
    const rows = parse(readFileSync(file), { columns: true, bom: true, skip_empty_lines: true, info: true }) as unknown;
    return (rows as { record: Record<string, string>; info: { lines: number } }[]).map(({ record, info }) => ({
      record,
      line: info.lines,
    }));
  } catch (error) {
    throw wrong(file, (error as Error).message);
  }
};

const wrong = (place: string, why: string): UsageError =>
  new UsageError(
    `${place}: ${why}.`,
    'Write CSV with the header reviewer,user,decision,justification; a decision is Approve, Deny, DontKnow or NotReviewed.',
  );

/** A reviewer's own session, by a device code that the reviewer answers. Throws {@link RollcallError} for who cannot sign in. */
const signIn = async (
  { authority, tenantId, clientId }: TenantConnection,
  ask: AskTenant,
  user: string,
): Promise<string> => {
  const client_id = clientId;
  const begun = await ask({
    method: 'POST',
    url: `${authority}/${tenantId}/oauth2/v2.0/devicecode`,
    body: { client_id, scope: `${authority}/AccessReview.ReadWrite.All` },
  });
  const codes = JSON.parse(begun.text) as Readonly<Record<string, string>>;
  const code = codes['user_code'] ?? '';
  await ask({ method: 'POST', url: `${authority}/devicelogin`, body: { code, user, answer: 'accept' } });
  const redeemed = await ask({
    method: 'POST',
    url: `${authority}/${tenantId}/oauth2/v2.0/token`,
    body: {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id,
      device_code: codes['device_code'] ?? '',
    },
  });
  const { access_token, error_description } = JSON.parse(redeemed.text) as Readonly<Record<string, string>>;
  if (access_token !== undefined) return access_token;
  throw new RollcallError(
    `${user} cannot sign in to the local tenant: ${error_description ?? codes['error_description'] ?? redeemed.status}`,
    'Name a reviewer who is in the tenant and enabled, and grant the client AccessReview.ReadWrite.All.',
  );
};

interface Session {
  readonly graph: string;
  readonly ask: AskTenant;
  readonly token: string;
}

/** A decision that the reviewer can record. */
interface Open {
  readonly address: string;
  readonly id: string;
  readonly userPrincipalName: string;
  isDecided: boolean;
}

type Shown = Readonly<Record<string, unknown>> & { readonly id: string; readonly status?: string };

const OWN = "filterByCurrentUser(on='reviewer')";

/** All that the reviewer is to decide in reviews that are in progress. */
const openDecisions = async (session: Session): Promise<readonly Open[]> => {
  const open: Open[] = [];
  const reviews = '/identityGovernance/accessReviews/definitions';
  for (const { id: review } of await list(session, `${reviews}/${OWN}`)) {
    for (const { id, status } of await list(session, `${reviews}/${review}/instances/${OWN}`)) {
      if (status !== 'InProgress') continue;
      const decisions = `${reviews}/${review}/instances/${id}/decisions`;
      for (const { id: decision, principal, decision: said } of await list(session, `${decisions}/${OWN}`)) {
        const { id: user, userPrincipalName } = principal as { id: string; userPrincipalName: string };
        const address = `${decisions}/${decision}`;
        open.push({
          address,
          id: user.toLowerCase(),
          userPrincipalName: userPrincipalName.toLowerCase(),
          isDecided: said !== 'NotReviewed',
        });
      }
    }
  }
  return open;
};

const list = async ({ graph, ask, token }: Session, path: string): Promise<readonly Shown[]> => {
  const all: Shown[] = [];
  for (let url: string | undefined = `${graph}${path}`; url !== undefined; ) {
    const told = await ask({ method: 'GET', url, token });
    if (told.status !== 200)
      throw new RollcallError(
        `The tenant does not tell what is to be reviewed: ${messageOf(told.text) ?? told.status}`,
        'Grant the client AccessReview.ReadWrite.All.',
      );
    const page = JSON.parse(told.text) as { readonly value: readonly Shown[]; readonly '@odata.nextLink'?: string };
    all.push(...page.value);
    url = page['@odata.nextLink'];
  }
  return all;
};

/** Records a decision; answers why it was refused, if it was. */
const record = async ({ graph, ask, token }: Session, { address }: Open, line: Line): Promise<string | undefined> => {
  const body = JSON.stringify({ decision: line.decision, justification: line.justification });
  const { status, text } = await ask({ method: 'PATCH', url: `${graph}${address}`, body, token });
  return status === 204 ? undefined : (messageOf(text) ?? String(status));
};

const messageOf = (text: string): string | undefined => {
  try {
    return (JSON.parse(text) as { error?: { message?: string } }).error?.message;
  } catch {
    return undefined;
  }
};
