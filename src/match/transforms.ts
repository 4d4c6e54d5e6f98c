// What is done to a cell before it is compared. An empty value stays empty, whatever comes: nothing is made of nothing.
import type { Transform } from '../model/settings.ts';

type Change = (value: string) => string;

/**
 * Makes one function of a list of transforms, applied in order.
 *
 * - stripDomain: `ann@contoso.com` and `CONTOSO\ann` become `ann`.
 * - replaceDomain: what follows the last `@` is replaced; a value without one stays as it is.
 * - regex: the first match is replaced; a value that does not match becomes empty.
 *
 * Errors: a `SyntaxError` when a pattern is not a regular expression.
 */
export const compileTransforms = (transforms: readonly Transform[]): Change => {
  const changes = transforms.map(compile);
  return (cell) => changes.reduce((value, change) => (value === '' ? '' : change(value)), cell);
};

const compile = (transform: Transform): Change => {
  switch (transform.kind) {
    case 'trim':
      return (value) => value.trim();
    case 'lower':
      return (value) => value.toLowerCase();
    case 'stripDomain':
      return (value) => withoutDomain(value.slice(value.indexOf('\\') + 1));
    case 'replaceDomain': {
      const domain = transform.with.replace(/^@/, '');
      return (value) => (value.includes('@') ? `${withoutDomain(value)}@${domain}` : value);
    }
    case 'prefix':
      return (value) => transform.text + value;
    case 'suffix':
      return (value) => value + transform.text;
    case 'regex': {
      const pattern = new RegExp(transform.pattern, 'u');
      return (value) => (pattern.test(value) ? value.replace(pattern, transform.with) : '');
    }
  }
};

const withoutDomain = (value: string): string => (value.includes('@') ? value.slice(0, value.lastIndexOf('@')) : value);
