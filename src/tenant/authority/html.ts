// Pages that the authority shows: plain HTML that works without scripts, by keyboard, and read aloud.

export const escaped = (text: string): string => text.replace(/[&<>"']/g, (letter) => `&#${letter.codePointAt(0)};`);

const STYLE = `body{font:1rem/1.5 "Segoe UI",system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem;color:#1b1a19;background:#fff}
label{display:block;font-weight:600;margin-top:1rem}input{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;border:1px solid #605e5c}
button{font:inherit;padding:.5rem 1.5rem;margin:1.5rem .5rem 0 0;border:1px solid #0f548c;background:#fff;color:#0f548c}
button.first{background:#0f548c;color:#fff}:focus-visible{outline:3px solid #0f548c;outline-offset:2px}.error{border-left:4px solid #a4262c;padding-left:1rem}`;

/** A whole page. `main` is HTML already. */
export const page = (title: string, main: string, script = ''): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${main}
</main>
${script}</body>
</html>
`;

const NOTICE =
  '<p>This is the local tenant of Rollcall, a directory on this machine. It keeps no passwords and asks for none: say who signs in.</p>';

interface Choice {
  readonly userPrincipalName: string;
  readonly displayName: string;
}

export interface SignInForm {
  readonly title: string;
  /** Where the form is sent. */
  readonly action: string;
  /** What is asked before the user, as HTML. */
  readonly before?: string;
  readonly people: readonly Choice[];
  /** Who is offered. */
  readonly offered: string;
  readonly error?: string;
}

/** A form that asks who signs in: one of those offered, or another name that is typed. */
export const signInForm = ({ title, action, before = '', people, offered, error }: SignInForm): string => {
  const options = people
    .map(
      ({ userPrincipalName, displayName }) =>
        `<option value="${escaped(userPrincipalName)}">${escaped(displayName)}</option>`,
    )
    .join('');
  const problem = error === undefined ? '' : `<p class="error" role="alert" id="problem">${escaped(error)}</p>`;
  const described = error === undefined ? '' : ' aria-describedby="problem" aria-invalid="true"';
  return page(
    title,
    `${NOTICE}
${problem}
<form method="post" action="${escaped(action)}">
${before}<label for="user">User principal name</label>
<input id="user" name="user" list="people" value="${escaped(offered)}" autocomplete="off" required${described}>
<datalist id="people">${options}</datalist>
<button class="first" name="answer" value="accept">Sign in</button>
<button name="answer" value="decline" formnovalidate>Cancel</button>
</form>`,
  );
};

/** Sends fields on to the client by a form that submits itself, or by its button where there are no scripts. */
export const postingPage = (action: string, fields: URLSearchParams, scriptNonce: string): string =>
  page(
    'Signed in',
    `<form method="post" action="${escaped(action)}">
${[...fields].map(([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`).join('\n')}
<button class="first">Continue</button>
</form>`,
    `<script nonce="${scriptNonce}">document.forms[0].submit()</script>\n`,
  );
