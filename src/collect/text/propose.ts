// Where the columns of a text file seem to be, judged by its first records. They have no names: a person gives them.
import type { TextSettings } from '../../model/source-settings.ts';
import { textError } from './errors.ts';
import type { TextRecord } from './records.ts';

/** So many records are looked at. */
const LOOKED_AT = 200;

/** Columns with their places: fields where there is a delimiter, else what is parted by blanks in all records. */
export const proposeTextColumns = async (
  settings: TextSettings,
  records: AsyncIterable<readonly TextRecord[]>,
): Promise<Readonly<Record<string, string>>> => {
  const { delimiter, comment, header } = settings;
  const texts: string[] = [];
  for await (const handful of records) {
    for (const { text } of handful) {
      if (text.trim() === '' || (comment !== null && text.startsWith(comment))) continue;
      texts.push(text);
    }
    if (texts.length > LOOKED_AT) break;
  }
  const first = header === null ? 0 : typeof header === 'number' ? header : 1;
  // The last of them can be a trailer.
  const body = texts.slice(first, Math.max(first + 1, Math.min(texts.length - 1, LOOKED_AT)));
  if (body.length === 0) throw textError('emptyRoster', settings.path, 'the file holds no account');
  if (delimiter !== null) {
    const fields = body[0]!.split(delimiter).length;
    return Object.fromEntries(Array.from({ length: fields }, (_, i) => [`Field${i + 1}`, String(i + 1)]));
  }
  return Object.fromEntries(filledPlaces(body).map((place, i) => [`Column${i + 1}`, place]));
};

/** Places that begin after a blank in every record, up to the next such place. */
const filledPlaces = (texts: readonly string[]): readonly string[] => {
  const width = Math.max(...texts.map((text) => text.length));
  const isBlank = (at: number) => texts.every((text) => (text[at] ?? ' ').trim() === '');
  const starts = Array.from({ length: width }, (_, at) => at).filter(
    (at) => !isBlank(at) && (at === 0 || isBlank(at - 1)),
  );
  return starts.map((at, i) => `${at + 1}-${starts[i + 1] ?? width}`);
};
