// Signing in to a web API. A secret is read when it is needed, put into one request, and kept no longer than the collection.

import { addressText, firstWords, withoutThese } from '../../http/words.ts';
import type { ServerPlace } from '../../model/errors.ts';
import type { SourceTools } from '../../model/source.ts';
import type { WebSignIn } from '../../model/web-settings.ts';
import { webError } from './errors.ts';
import { parseJson } from './json.ts';

/** What a request carries to be let in. */
export interface Pass {
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
}

export interface SignedIn {
  pass(): Promise<Pass>;
  /** After a refusal: whether another pass is worth a try, because this one can have expired. */
  renew(): boolean;
  /** All secrets that were read or received so far, to take them out of what others say. */
  readonly secrets: ReadonlySet<string>;
}

/** Sends a form to a token endpoint; answers its text, whatever its status. */
export type PostForm = (
  url: URL,
  headers: Readonly<Record<string, string>>,
  form: URLSearchParams,
) => Promise<{ readonly status: number; readonly text: string }>;

/** A token is not used in its last moments: it could expire on its way. */
const MARGIN_MS = 60_000;

export const signInTo = (signIn: WebSignIn, tools: SourceTools, postForm: PostForm): SignedIn => {
  const secrets = new Set<string>();
  const secret = async (ref: Parameters<SourceTools['readSecret']>[0]): Promise<string> => {
    const read = await tools.readSecret(ref);
    secrets.add(read);
    return read;
  };
  const basic = (user: string, password: string): Record<string, string> => {
    const pair = Buffer.from(`${user}:${password}`).toString('base64');
    secrets.add(pair);
    return { authorization: `Basic ${pair}` };
  };
  const fixed = (make: () => Promise<Pass>): SignedIn => {
    let pass: Promise<Pass> | undefined;
    return { secrets, renew: () => false, pass: () => (pass ??= make()) };
  };
  switch (signIn.kind) {
    case 'none':
      return fixed(async () => ({ headers: {}, query: {} }));
    case 'basic':
      return fixed(async () => ({ headers: basic(signIn.user, await secret(signIn.password)), query: {} }));
    case 'bearer':
      return fixed(async () => ({ headers: { authorization: `Bearer ${await secret(signIn.token)}` }, query: {} }));
    case 'apiKey':
      return fixed(async () => {
        const carried = { [signIn.name]: await secret(signIn.key) };
        return signIn.in === 'header' ? { headers: carried, query: {} } : { headers: {}, query: carried };
      });
    case 'clientCredentials': {
      const url = new URL(signIn.tokenUrl);
      let token: { readonly text: string; readonly until: number } | undefined;
      const fetchToken = async () => {
        const form = new URLSearchParams({ grant_type: 'client_credentials', ...signIn.more });
        if (signIn.scope !== null) form.set('scope', signIn.scope);
        const clientSecret = await secret(signIn.secret);
        let headers: Readonly<Record<string, string>> = {};
        if (signIn.as === 'basic') {
          // RFC 6749, 2.3.1: both are encoded as in a form before they are joined.
          headers = basic(formEncoded(signIn.clientId), formEncoded(clientSecret));
        } else {
          form.set('client_id', signIn.clientId);
          form.set('client_secret', clientSecret);
        }
        const { status, text } = await postForm(url, headers, form);
        return readToken(status, text, { address: addressText(url), at: 'token' }, secrets);
      };
      return {
        secrets,
        renew: () => {
          token = undefined;
          return true;
        },
        pass: async () => {
          if (token === undefined || performance.now() >= token.until) {
            token = await fetchToken();
            secrets.add(token.text);
          }
          return { headers: { authorization: `Bearer ${token.text}` }, query: {} };
        },
      };
    }
  }
};

const formEncoded = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);

const readToken = (status: number, text: string, place: ServerPlace, secrets: ReadonlySet<string>) => {
  const answer = tokenAnswer(text);
  const { access_token: token, token_type: type = 'Bearer', expires_in: lifetime } = answer;
  if (status >= 400 || typeof token !== 'string' || token === '') {
    // OAuth says why in two members; whatever else stands there may be a token.
    const why = [answer['error'], answer['error_description']].filter((part) => typeof part === 'string').join(': ');
    const told = why === '' ? '' : `, ${firstWords(withoutThese(secrets, why))}`;
    throw webError('noToken', place, `no token was given: status ${status}${told}`);
  }
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') {
    throw webError('noToken', place, 'the token is not of type Bearer');
  }
  const seconds = lifetime === undefined ? Number.POSITIVE_INFINITY : Number(lifetime);
  return { text: token, until: performance.now() + Math.max(seconds * 1000 - MARGIN_MS, seconds * 500) };
};

const tokenAnswer = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const parsed = parseJson(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
};
