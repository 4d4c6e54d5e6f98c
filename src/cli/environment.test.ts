import { expect, test } from 'vitest';
import { program } from '../../scripts/command-pages.ts';
import { settleEnvironment } from './environment.ts';

const settled = (env: NodeJS.ProcessEnv) => ({ problem: settleEnvironment(program(), env), env });

test.each(['false', '0', 'no', 'Off', ''])('ROLLCALL_YES=%s answers no question', (value) => {
  expect(settled({ ROLLCALL_YES: value })).toEqual({ problem: undefined, env: {} });
});

test.each(['true', '1', 'yes', 'ON'])('ROLLCALL_WHAT_IF=%s is --what-if', (value) => {
  expect(settled({ ROLLCALL_WHAT_IF: value })).toEqual({ problem: undefined, env: { ROLLCALL_WHAT_IF: value } });
});

test('a switch that says neither yes nor no is not guessed', () => {
  expect(settled({ ROLLCALL_YES: 'perhaps' }).problem).toContain('ROLLCALL_YES says "perhaps"');
});

test('an empty variable is one that is not set', () => {
  expect(settled({ ROLLCALL_CONFIG: '', ROLLCALL_PORT: ' ', ROLLCALL_OUTPUT: 'json' }).env).toEqual({
    ROLLCALL_OUTPUT: 'json',
  });
});
