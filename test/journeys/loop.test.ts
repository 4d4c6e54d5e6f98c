// The whole loop, as npm run demo:loop goes it: ten thousand accounts, a review, tickets, a second list of users, evidence;
// with a directory and a desk that misbehave, and the product killed twice.
import { createReadStream, createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { expect, onTestFailed, test } from 'vitest';
import { figuresTable, isMet } from '../../examples/loop/figures.ts';
import { goTheLoop } from '../../examples/loop/loop.ts';
import { recordTo, temporaryFolder } from './support/world.ts';

/** Answers that Graph would not give, which a proxy or a service in distress does. */
const NOT_OF_GRAPH = /"faults":\[[^\]]*"(?:missingItem|throttledWithoutRetryAfter)"/;

/** Of what a tenant has recorded, what could be Graph's traffic. */
const keepLikely = (from: string, to: string): Promise<void> =>
  pipeline(
    createInterface({ input: createReadStream(from) }),
    async function* (lines: AsyncIterable<string>) {
      for await (const line of lines) if (!NOT_OF_GRAPH.test(line)) yield `${line}\n`;
    },
    createWriteStream(to),
  );

test('of 250 refused among 10,000 accounts exactly the 12 that are still there are named, their tickets reopened, and again nothing changes', {
  timeout: 1_800_000,
}, async () => {
  const folder = join(temporaryFolder(), 'loop');
  mkdirSync(folder);
  const said: string[] = [];
  onTestFailed(() => console.log(said.join('\n')));
  const { record } = { record: undefined, ...recordTo('loop') };
  const traffic = `${folder}.ndjson`;
  const figures = await goTheLoop({
    ...{ folder, cwd: folder, say: (line) => said.push(line) },
    ...(record !== undefined && { record: traffic }),
  });
  if (record !== undefined) await keepLikely(traffic, record);
  for (const { what, found, expected } of figures) expect({ what, found }).toEqual({ what, found: expected });

  const told = Object.fromEntries(figures.map(({ what, found }) => [what, found]));
  expect(told).toMatchObject({
    accounts: 10_000,
    'accounts that nobody stands behind': 400,
    'assignments in the directory': 9600,
    '  roles': 3,
    '  of them denials': 250,
    '  of them applied': 250,
    'assignments that are left': 9350,
    tickets: 250,
    'confirmed gone': 238,
    'tickets that stay resolved': 238,
    'all tickets': 250,
    'writes to the directory, run again': 0,
    'new tickets, run again': 0,
    'times killed': 2,
    'the evidence': 'holds',
  });
  expect(told['named as there again']).toHaveLength(12);
  expect(told['tickets opened again']).toEqual(told['named as there again']);
});

test('a figure that is not met is told, with what it lacks and what it has too much', () => {
  const figures = [
    { what: 'tickets', found: 250, expected: 250 },
    { what: 'new tickets', found: 1, expected: 0 },
    { what: 'named', found: ['ana', 'cy'], expected: ['ana', 'bo'] },
    { what: 'opened again', found: ['ana', 'bo'], expected: ['ana', 'bo'] },
  ];
  expect(figures.map(isMet)).toEqual([true, false, false, true]);
  expect(figuresTable(figures).split('\n')).toEqual([
    'tickets           250',
    'new tickets         1  NOT MET: expected 0',
    'named               2  NOT MET: 1 lacking (bo), 1 too many (cy)',
    'opened again        2',
  ]);
});
