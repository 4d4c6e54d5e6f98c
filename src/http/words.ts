// What may be shown of an address and of an answer.

/** An address as it may be shown: its query can hold keys. */
export const addressText = ({ protocol, host, pathname }: URL): string => `${protocol}//${host}${pathname}`;

const SHOWN = 200;

/** The first words of an answer, on one line, without markup and control characters. */
export const firstWords = (text: string): string => {
  const bare = /<[a-z!/]/i.test(text)
    ? text.replace(/<(script|style)\b[\s\S]*?<\/\1\s*>/gi, ' ').replace(/<[^>]*>/g, ' ')
    : text;
  const words = bare.replace(/[\s\p{C}]+/gu, ' ').trim();
  return words.length > SHOWN ? `${words.slice(0, SHOWN)}…` : words;
};

/** Takes secrets out of what somebody else has said: servers repeat what they were sent. */
export const withoutThese = (secrets: Iterable<string>, text: string): string => {
  let masked = text;
  for (const secret of secrets) {
    if (secret.length < 4) continue;
    for (const form of new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])) {
      masked = masked.replaceAll(form, '***');
    }
  }
  return masked;
};
