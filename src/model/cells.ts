// Cells on their way into a spreadsheet, which runs some texts as formulas.

/** What Excel, LibreOffice or Google Sheets begin a formula with, full-width forms included. */
const FORMULA = '[=+\\-@＝＋－＠]';
/**
 * Blanks, control characters and letters without width: spreadsheets drop them before they look at a cell. Tabs and
 * line breaks are not among them, since they begin a cell themselves.
 */
const SKIPPED = '(?:[^\\S\\t\\r\\n]|[\\u0000-\\u0008\\u000e-\\u001f\\u200b-\\u200f\\u2060])*';
/**
 * Where a cell can begin. Excel splits a file at semicolons where the regional settings say so, and then does not see
 * the quotes around a cell either: so a text after a semicolon, a tab or a line break is the beginning of a cell, too.
 */
const BEGINNING = new RegExp(`^(?=[\\t\\r\\n])|(?<=^|[;\\t\\r\\n])(?=${SKIPPED}${FORMULA})`, 'g');

/**
 * The text with an apostrophe before everything that a spreadsheet would run as a formula; other texts as they are.
 *
 * Source: https://owasp.org/www-community/attacks/CSV_Injection
 */
export const harmlessCell = (value: string): string => value.replace(BEGINNING, "'");

/**
 * What a cell must be quoted for besides the row's own end: a reader takes a bare LF or CR for the end of a row, too, and
 * the rest of the row for another account.
 */
export const LINE_BREAK = /[\r\n]/;
