// The form in which texts are compared without regard to case.

/**
 * Takes for the same what every directory takes for the same that ignores case, and nothing more: letters of which each
 * is the other's only small or capital form. `É` is `é`; `ſ`, `ı`, `İ`, `ẞ` and the Kelvin sign, which go one way only,
 * stay themselves, and so does `Σ`, which has two small forms. So whoever is equal here is found there.
 *
 * Letter by letter, so that a text that begins like another still does when both are folded.
 */
export const fold = (text: string): string => (ASCII.test(text) ? text.toLowerCase() : [...text].map(small).join(''));

const ASCII = /^[\0-\x7f]*$/;

const small = (letter: string): string => {
  const lower = letter.toLowerCase();
  return lower.toUpperCase() === letter && letter !== 'Σ' ? lower : letter;
};
