// Answers with one JSON record a line, read as they come: their size does not matter.
import type { ServerPlace } from '../../model/errors.ts';
import { brokenJson, notJson } from '../http/answers.ts';
import type { StreamedAnswer } from '../http/client.ts';
import { webError } from '../http/errors.ts';
import { faultPosition, parseJson } from '../http/json.ts';
import { restError } from './errors.ts';

/** No record is longer; a JSON document in place of lines is. */
const LINE_CHARACTERS = 16 * 1024 * 1024;

export interface Line {
  readonly line: number;
  readonly record: unknown;
}

/** The records of an answer in handfuls. Blank lines are skipped. Throws {@link SourceError}. */
export async function* linesOf(
  { pieces, headers }: StreamedAnswer,
  place: ServerPlace,
  masked: (text: string) => string,
): AsyncGenerator<readonly Line[]> {
  let line = 0;
  for await (const texts of textLines(pieces, place)) {
    const lines: Line[] = [];
    for (const text of texts) {
      line += 1;
      if (text.trim() === '') continue;
      try {
        lines.push({ line, record: parseJson(text) });
      } catch {
        // The lines before it go first: they can be wrong in another way, and the first defect is the one to tell.
        yield lines;
        const at = { ...place, at: `line ${line}` };
        throw notJson(text, headers['content-type'], at, masked) ?? brokenJson(at, faultPosition(text));
      }
    }
    yield lines;
  }
}

/** Whole lines, as many as a piece of the answer completes. */
async function* textLines(pieces: AsyncIterable<Uint8Array>, place: ServerPlace): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (piece?: Uint8Array): string => {
    try {
      return piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true });
    } catch {
      throw webError('invalidEncoding', place, 'the answer is not in UTF-8');
    }
  };
  let rest = '';
  for await (const piece of pieces) {
    const lines = decode(piece).split('\n');
    lines[0] = rest + lines[0]!;
    rest = lines.pop()!;
    if (rest.length > LINE_CHARACTERS) {
      throw restError('lineTooLong', place, `a line has more than ${LINE_CHARACTERS.toLocaleString('en')} characters`);
    }
    yield lines;
  }
  rest += decode();
  yield [rest];
}
