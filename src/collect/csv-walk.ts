// Walks over one row of CSV text, character by character, to find where its cells begin and where it is wrong.
import { type Position, TextPlace } from './source-file.ts';

export interface WalkedRow {
  /** Where each cell begins. */
  readonly cells: readonly Required<Position>[];
  /** How many characters each cell takes, its quotes included. */
  readonly lengths: readonly number[];
  /** Just after the row's last character. */
  readonly end: Required<Position>;
  /** What ended the row; `fault`: it could not be read to its end. */
  readonly endedBy: 'lineBreak' | 'endOfText' | 'fault';
  readonly fault?: RowFault;
}

/** `at` is the character at fault; of an unterminated quote, the quote that opens. */
export interface RowFault {
  readonly code: 'unterminatedQuote' | 'quoteInUnquotedCell' | 'textAfterQuote';
  readonly at: Required<Position>;
}

/** Walks over the row that begins `text`; `line` is the line on which it begins. */
export const walkRow = (text: string, delimiter: string, line: number): WalkedRow => {
  const place = new TextPlace();
  place.line = line;
  const here = () => ({ line: place.line, column: place.column });
  const cells = [here()];
  const lengths: number[] = [];
  let length = 0;
  let state: 'start' | 'bare' | 'quoted' | 'closed' = 'start';
  let opened = here();
  const walked = (endedBy: WalkedRow['endedBy'], code?: RowFault['code'], at = here()): WalkedRow => ({
    cells,
    lengths: [...lengths, length],
    end: here(),
    endedBy,
    ...(code && { fault: { code, at } }),
  });

  for (const character of text) {
    const lineBreak = character === '\n' || character === '\r';
    if (state === 'quoted') {
      if (character === '"') state = 'closed';
    } else if (character === '"') {
      if (state === 'bare') return walked('fault', 'quoteInUnquotedCell');
      if (state === 'start') opened = here();
      // From the start this opens; after a closing quote it makes the two of them one quote of the text.
      state = 'quoted';
    } else if (lineBreak) {
      return walked('lineBreak');
    } else if (character === delimiter) {
      lengths.push(length);
      length = -1;
      state = 'start';
    } else if (state === 'closed') {
      return walked('fault', 'textAfterQuote');
    } else {
      state = 'bare';
    }
    place.pass(character);
    length += 1;
    if (state === 'start') cells.push(here());
  }
  return state === 'quoted' ? walked('fault', 'unterminatedQuote', opened) : walked('endOfText');
};
