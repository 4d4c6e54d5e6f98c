// Nothing is written to the directory that could not be recorded first, and what was written stands in the record.
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readEvidence, verifyChain } from '../../src/evidence/verify.ts';
import { exampleWorld, type World } from './support/world.ts';

const evidenceFile = ({ folder }: World): string => {
  const place = join(folder, '.rollcall', 'evidence');
  const [name] = readdirSync(place);
  return join(place, name!);
};

const planned = async (): Promise<World> => {
  const world = await exampleWorld('corpdb1', 'evidence');
  for (const command of ['collect', 'match', 'plan']) await world.rollcall(command);
  return world;
};

test('a read-only evidence file: apply writes nothing to the directory', async () => {
  const world = await planned();
  chmodSync(evidenceFile(world), 0o444);
  const { status, err } = await world.rollcall('apply', '--yes');
  expect(status).toBe(1);
  expect(err).toMatch(/marked read-only/);
  expect(await world.writes()).toBe(0);
});

test('a folder in the place of the evidence file: apply and run write nothing to the directory', async () => {
  const world = await planned();
  const file = evidenceFile(world);
  renameSync(file, `${file}.away`);
  mkdirSync(file);
  for (const command of ['apply', 'run']) {
    const { status, err } = await world.rollcall(command, '--yes');
    expect(status).toBe(1);
    expect(err).toMatch(/Nothing is written to the directory that cannot be recorded first/);
  }
  expect(await world.writes()).toBe(0);
});

test('an evidence file whose end was cut off, or that was altered: apply writes nothing and says where', async () => {
  const world = await planned();
  const file = evidenceFile(world);
  const whole = readFileSync(file, 'utf8');
  const lines = whole.split('\n');
  const harms = [
    {
      text: `${lines.slice(0, -2).join('\n')}\n`,
      told: /the end was cut off: the file ends with record 3, and record 4/,
    },
    { text: '', told: /the end was cut off/ },
    { text: whole.replace('"rows":', '"rows": '), told: /line 1: it has been altered/ },
  ];
  for (const { text, told } of harms) {
    writeFileSync(file, text);
    const { status, err } = await world.rollcall('apply', '--yes');
    expect({ status, err }).toEqual({ status: 1, err: expect.stringMatching(told) });
    const looked = await world.rollcall('doctor');
    expect(looked.err).toMatch(/checks failed: .*evidence/);
  }
  expect(await world.writes()).toBe(0);
  writeFileSync(file, whole);
  expect(await world.rollcall('apply', '--yes')).toMatchObject({ status: 2 });
});

test('an evidence file that is removed in the middle of apply ends it before the next write', async () => {
  let remove = () => {};
  const world = await exampleWorld('corpdb1', undefined, {
    onExchange: ({ method }, phase) => {
      if (method === 'PATCH' && phase === 'received') remove();
    },
  });
  remove = () => rmSync(evidenceFile(world), { force: true });
  const { status, err } = await world.rollcall('run', '--yes');
  expect({ status, err }).toEqual({ status: 1, err: expect.stringMatching(/is gone: it was removed/) });
  expect(await world.writes()).toBe(1);

  remove = () => {};
  await world.json(2, 'run', '--yes');
  const kinds = [];
  for await (const { kind } of readEvidence(evidenceFile(world))) kinds.push(kind);
  expect(kinds[0]).toBe('recordBegunAnew');
});

test('each write stands in the record before its result, and the chain is whole', async () => {
  const world = await planned();
  await world.rollcall('apply', '--yes');
  const file = evidenceFile(world);
  expect(await verifyChain(file)).toMatchObject({ whole: true });
  const intended = new Set<number>();
  const ended = new Set<number>();
  for await (const { kind, data } of readEvidence(file)) {
    if (kind === 'intended') for (const { n } of (data as { actions: { n: number }[] }).actions) intended.add(n);
    if (kind !== 'written') continue;
    for (const { n } of (data as { results: { n: number }[] }).results) {
      expect(intended.has(n)).toBe(true);
      ended.add(n);
    }
  }
  expect(ended.size).toBe(intended.size);
  expect(intended.size).toBe(await world.writes());
});
