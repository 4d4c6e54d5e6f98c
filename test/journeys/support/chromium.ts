// The system's Chromium, driven as a person would use it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './world.ts';

const PLACES = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where Chromium is; undefined where there is none. */
export const CHROMIUM = PLACES.find((place) => place !== undefined && existsSync(place));

if (CHROMIUM === undefined)
  console.warn(
    'Without Chromium, what needs a browser is skipped: apt-get install chromium, or name it with CHROMIUM.',
  );

const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A page of a new browser, which ends with the test. The certificates of local tenants are let pass. */
export const openBrowser = async (): Promise<Page> => {
  const profile = join(temporaryFolder(), 'profile');
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM!,
    headless: true,
    args: QUIET,
    ignoreHTTPSErrors: true,
  });
  onTestFinished(() => context.close());
  return context.newPage();
};
