// Pages held against axe, by light and in the dark, on a wide screen, on a narrow one and on paper.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** How a page is looked at. Pixels; paper is A4 across, less its margins. */
const LOOKS = [
  { colorScheme: 'light', media: 'screen', width: 1280, height: 900 },
  { colorScheme: 'dark', media: 'screen', width: 1280, height: 900 },
  { colorScheme: 'dark', media: 'screen', width: 320, height: 640 },
  { colorScheme: 'light', media: 'print', width: 1032, height: 703 },
] as const;

/** What axe finds wrong with a page, however it is looked at: the rule, and where. */
export const violations = async (page: Page): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const { colorScheme, media, width, height } of LOOKS) {
    await page.emulateMedia({ colorScheme, media });
    await page.setViewportSize({ width, height });
    const { violations: broken, passes } = await new AxeBuilder({ page }).analyze();
    expect(passes.length).toBeGreaterThan(10);
    for (const { id, nodes } of broken)
      found.push(`${colorScheme} ${media} ${width}: ${id}: ${nodes.map(({ target }) => target).join(' ')}`);
  }
  return found;
};
