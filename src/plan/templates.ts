// Templates over columns: `{Full name}` stands for the cell of that column.

const COLUMN = /\{([^{}]+)\}/g;

/**
 * Fills a template with cells, their blanks at both ends removed. Answers an empty text when a column that the
 * template names has no value: half a value would be worse than none.
 */
export const fill = (template: string, cell: (column: string) => string): string => {
  let complete = true;
  const text = template.replace(COLUMN, (_all, column: string) => {
    const value = cell(column).trim();
    if (value === '') complete = false;
    return value;
  });
  return complete ? text.trim() : '';
};
