// Programs sign in to the local tenant with @azure/identity as it is, over TLS, in each of its ways; and so does Rollcall.
import { type ChildProcess, spawn } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { startTenant } from '../../src/tenant/server.ts';
import { makeClientCertificate } from '../support/certificate.ts';
import { CHROMIUM, openBrowser } from './support/chromium.ts';
import type { CredentialResult, CredentialTask } from './support/credential-client.ts';
import { recordTo, startCommand, temporaryFolder } from './support/world.ts';

const PROGRAM = fileURLToPath(new URL('./support/credential-client.ts', import.meta.url));
const ADMIN = 'admin@contoso.com';
const ISSUER = 'https://issuer.example.com';
const SUBJECT = 'system:serviceaccount:governance:rollcall';

/** A tenant with an administrator, its client's certificate, and an issuer elsewhere whose workload may sign in. */
const world = async (name: string) => {
  const folder = temporaryFolder();
  const { certificate, key } = await makeClientCertificate();
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keys = [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'one' }];
  const tenant = await startTenant({
    tls: true,
    administrators: { [ADMIN]: ['Global Administrator'] },
    certificates: [certificate],
    federated: [{ issuer: ISSUER, subject: SUBJECT, keys }],
    managedIdentity: true,
    ...recordTo(name),
  });
  onTestFinished(() => tenant.close());
  const certificateFile = join(folder, 'client.pem');
  writeFileSync(certificateFile, `${key}\n${certificate}\n`);
  const tokenFile = join(folder, 'workload.jwt');
  const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  writeFileSync(tokenFile, workloadToken(pem));
  return { folder, tenant, certificateFile, tokenFile };
};

const workloadToken = (key: string): string => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 600;
  const claims = { iss: ISSUER, sub: SUBJECT, aud: 'api://AzureADTokenExchange', exp };
  const signed = `${part({ alg: 'RS256', kid: 'one' })}.${part(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), createPrivateKey(key)).toString('base64url')}`;
};

type World = Awaited<ReturnType<typeof world>>;

/** Starts the program; lines come as it prints them. */
const startProgram = (
  { tenant, certificateFile, tokenFile }: World,
  kind: CredentialTask['kind'],
  env: NodeJS.ProcessEnv = {},
) => {
  const { graph, authority, tenantId, clientId, clientSecret, caFile } = tenant;
  const task: CredentialTask = { kind, graph, authority, tenantId, clientId, clientSecret, certificateFile, tokenFile };
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile, ...env },
  });
  onTestFinished(() => {
    child.kill();
  });
  return child;
};

/** The lines of a program's output, each as JSON. Throws with its error output when it fails. */
async function* linesOf<T>(child: ChildProcess): AsyncGenerator<T> {
  let errors = '';
  child.stderr!.setEncoding('utf8').on('data', (text) => {
    errors += text;
  });
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  let rest = '';
  for await (const text of child.stdout!.setEncoding('utf8')) {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop()!;
    for (const line of lines) yield JSON.parse(line) as T;
  }
  const status = await closed;
  if (status !== 0) throw new Error(`the program ended with ${status}: ${errors}`);
}

const resultOf = async (child: ChildProcess): Promise<CredentialResult> => {
  let last: CredentialResult | undefined;
  for await (const line of linesOf<CredentialResult>(child)) last = line;
  return last!;
};

/** As a person does on the page that a device code leads to. */
const enterCode = async (uri: string, code: string): Promise<void> => {
  const page = await openBrowser();
  await page.goto(uri);
  await page.getByLabel('Code').fill(code);
  expect(await page.getByLabel('User principal name').inputValue()).toBe(ADMIN);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('You have signed in').waitFor();
};

test('a secret, a certificate, a workload’s token and a managed identity each get an application’s token', async () => {
  const it = await world('azure-identity');
  const { authority, clientId } = it.tenant;
  const [secret, certificate, workload, managed] = await Promise.all([
    resultOf(startProgram(it, 'secret')),
    resultOf(startProgram(it, 'certificate')),
    resultOf(startProgram(it, 'workload')),
    resultOf(startProgram(it, 'managedIdentity', { AZURE_POD_IDENTITY_AUTHORITY_HOST: authority })),
  ]);
  const app = { status: 200, claims: { appid: clientId, idtyp: 'app' } };
  expect(secret).toMatchObject(app);
  expect(secret.claims).toMatchObject({ appidacr: '1' });
  for (const result of [certificate, workload, managed]) {
    expect(result).toMatchObject(app);
    expect(result.claims).toMatchObject({ appidacr: '2' });
  }
});

// Without Chromium nobody can fill in the pages.
test.skipIf(CHROMIUM === undefined)('a person signs in with a device code', async () => {
  const it = await world('azure-identity-device-code');
  const seen: unknown[] = [];
  for await (const line of linesOf<Record<string, string>>(startProgram(it, 'deviceCode'))) {
    seen.push(line);
    if (line['userCode']) await enterCode(line['verificationUri']!, line['userCode']);
  }
  expect(seen.at(-1)).toMatchObject({ status: 200, claims: { upn: ADMIN, idtyp: 'user', appidacr: '0' } });
});

/** What opens a browser on Linux runs the program that BROWSER names; this one writes down where it was sent. */
const waitingBrowser = ({ folder }: World) => {
  const [browser, address] = ['browser', 'address'].map((name) => join(folder, name)) as [string, string];
  writeFileSync(browser, `#!/bin/sh\nprintf %s "$1" > '${address}.part'\nmv '${address}.part' '${address}'\n`);
  chmodSync(browser, 0o755);
  return {
    env: { BROWSER: browser, DISPLAY: '' },
    /** The page that the browser was sent to. Throws where the program ends before. */
    opened: async (ended: Promise<unknown>): Promise<Page> => {
      let hasEnded = false;
      const end = ended.finally(() => {
        hasEnded = true;
      });
      while (!existsSync(address)) {
        await Promise.race([sleep(50), end]);
        if (hasEnded) throw new Error(`no browser was opened: ${JSON.stringify(await ended)}`);
      }
      const page = await openBrowser();
      await page.goto(readFileSync(address, 'utf8'));
      return page;
    },
  };
};

test.skipIf(CHROMIUM === undefined)('a person signs in with the browser that opens', async () => {
  const it = await world('azure-identity-browser');
  const browser = waitingBrowser(it);
  const result = resultOf(startProgram(it, 'browser', browser.env));
  const page = await browser.opened(result);
  await page.getByLabel('User principal name').fill('nobody@contoso.com');
  await page.getByRole('button', { name: 'Sign in' }).click();
  expect(await page.getByRole('alert').textContent()).toContain('AADSTS50034');
  await page.getByLabel('User principal name').fill(ADMIN);
  await page.keyboard.press('Enter');
  expect(await result).toMatchObject({ status: 200, claims: { upn: ADMIN, idtyp: 'user' } });
});

/** Runs `rollcall doctor` in a folder whose configuration signs in so. */
const doctor = (
  { folder, tenant }: World,
  signIn: readonly string[],
  env: NodeJS.ProcessEnv = {},
  onError?: (text: string) => void,
) => {
  const { graph, authority, tenantId, clientId, caFile } = tenant;
  const keys = { tenant: tenantId, graph, authority, caFile: caFile!, clientId };
  writeFileSync(join(folder, 'users.csv'), 'EMail,Name\nana@contoso.com,Ana\n');
  writeFileSync(
    join(folder, 'rollcall.yaml'),
    [
      'application: CORPDB1',
      'directory:',
      ...Object.entries(keys).map(([name, value]) => `  ${name}: ${value}`),
      ...signIn.map((line) => `  ${line}`),
      'source:',
      '  csv: { path: users.csv }',
      'match:',
      '  - { column: EMail, attribute: userPrincipalName }',
      'roles: { default: General }',
      '',
    ].join('\n'),
  );
  return startCommand(folder, ['doctor', '--output', 'json'], env, onError);
};

const signInCheck = (out: string): { status: string; found: string } => {
  const { checks } = JSON.parse(out) as { checks: { name: string; status: string; found: string }[] };
  return checks.find(({ name }) => name === 'sign-in')!;
};

test('Rollcall signs in as its configuration says: by secret, certificate, workload and managed identity', async () => {
  const it = await world('rollcall-signs-in');
  const secret = { TRIAL_SECRET: it.tenant.clientSecret };
  for (const [signIn, env] of [
    [['signIn: clientSecret', 'secret: { env: TRIAL_SECRET }'], secret],
    [['signIn: certificate', `certificate: ${it.certificateFile}`], {}],
    [['signIn: workloadIdentity'], { AZURE_FEDERATED_TOKEN_FILE: it.tokenFile }],
    [
      ['signIn: managedIdentity'],
      { AZURE_POD_IDENTITY_AUTHORITY_HOST: it.tenant.authority, NODE_EXTRA_CA_CERTS: it.tenant.caFile },
    ],
  ] as const) {
    const { out, err } = await doctor(it, signIn, env).ended;
    expect({ signIn, err, ...signInCheck(out) }).toMatchObject({
      status: 'ok',
      found: expect.stringContaining('application session'),
    });
  }
});

test.skipIf(CHROMIUM === undefined)(
  'Rollcall shows a device code, and goes on when a person has entered it',
  async () => {
    const it = await world('rollcall-device-code');
    const shown = Promise.withResolvers<string>();
    const { ended } = doctor(it, ['signIn: deviceCode'], {}, (text) => {
      const code = /enter the code (\w+)/.exec(text)?.[1];
      if (code) shown.resolve(code);
    });
    const code = await Promise.race([shown.promise, ended]);
    if (typeof code !== 'string') throw new Error(`no code was shown: ${code.err}`);
    await enterCode(`${it.tenant.authority}/devicelogin`, code);
    const { out } = await ended;
    expect(signInCheck(out)).toMatchObject({ status: 'ok', found: expect.stringContaining('user session') });
  },
);

test.skipIf(CHROMIUM === undefined)(
  'Rollcall opens a browser, and goes on when a person has signed in there',
  async () => {
    const it = await world('rollcall-browser');
    const browser = waitingBrowser(it);
    const { ended } = doctor(it, ['signIn: browser'], { ...browser.env, NODE_EXTRA_CA_CERTS: it.tenant.caFile });
    const page = await browser.opened(ended);
    await page.getByLabel('User principal name').fill(ADMIN);
    await page.keyboard.press('Enter');
    const { out } = await ended;
    expect(signInCheck(out)).toMatchObject({ status: 'ok', found: expect.stringContaining('user session') });
  },
);
