// The pages that people meet pass axe, by light and in the dark, on a wide screen, on a narrow one and on paper.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { startTenant } from '../../src/tenant/server.ts';
import { violations } from './support/axe.ts';
import { CHROMIUM, openBrowser } from './support/chromium.ts';
import { emptyWorld, FINDS_CREATES_ASSIGNS } from './support/world.ts';

const ADMIN = 'admin@contoso.com';

/** Accounts of whom some are created, one cannot be looked up, one stands there twice and one cannot be created. */
const FILES = {
  'rollcall.yaml': FINDS_CREATES_ASSIGNS,
  'users.csv': [
    'EMail,Full name,Login',
    'ana@contoso.com,Ana Ruiz,ana',
    'bo@contoso.com,Bo Lind,bo',
    ',Cy Gone,cy',
    'ANA@contoso.com,Ana Ruiz,ana2',
    'dee@elsewhere.example,Dee Far,dee',
  ].join('\n'),
};

test.skipIf(CHROMIUM === undefined)('the pages of signing in pass axe, with and without an error', async () => {
  const tenant = await startTenant({ administrators: { [ADMIN]: ['Global Administrator'] } });
  onTestFinished(() => tenant.close());
  const { authority, tenantId, clientId } = tenant;
  const asked = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: 'http://localhost:1/',
    scope: `${authority}/.default`,
  });
  const consent = new URLSearchParams({ client_id: clientId, redirect_uri: 'http://localhost:1/', state: 's' });
  const page = await openBrowser();
  const found: string[] = [];
  const look = async () => found.push(...(await violations(page)).map((one) => `${page.url()} ${one}`));
  for (const address of [
    `${authority}/devicelogin`,
    `${authority}/${tenantId}/oauth2/v2.0/authorize?${asked}`,
    `${authority}/${tenantId}/oauth2/v2.0/authorize?client_id=nobody`,
    `${authority}/${tenantId}/adminconsent?${consent}`,
    `${authority}/${tenantId}/oauth2/v2.0/logout`,
  ]) {
    await page.goto(address);
    await look();
  }
  await page.goto(`${authority}/devicelogin`);
  await page.getByLabel('Code').fill('NOSUCHONE');
  await page.getByLabel('User principal name').fill(ADMIN);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await look();
  expect(found).toEqual([]);
});

test.skipIf(CHROMIUM === undefined)('a report passes axe, whole and narrowed down', async () => {
  const { folder, rollcall } = await emptyWorld(FILES, undefined);
  expect((await rollcall('run', '--yes')).status).toBe(2);
  const reports = join(folder, '.rollcall', 'reports');
  const report = readdirSync(reports, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('.html'))!;
  const page = await openBrowser();
  await page.goto(pathToFileURL(join(reports, report)).href);
  expect(await violations(page)).toEqual([]);
  await page.emulateMedia({ media: 'screen' });
  await page.getByLabel('Show').selectOption('person');
  expect(await violations(page)).toEqual([]);
});
