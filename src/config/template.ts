// Templates over columns: `{Full name}` stands for the value of that column.

const COLUMN = /\{([^{}]+)\}/g;

/** The columns that a template names, each once, in order. */
export const templateColumns = (template: string): string[] => [
  ...new Set(Array.from(template.matchAll(COLUMN), ([, column]) => column!)),
];

/** What is wrong with a template, or undefined. */
export const templateProblem = (template: string): string | undefined =>
  /[{}]/.test(template.replaceAll(COLUMN, '')) ? 'a brace has no partner; expected {Column}' : undefined;
