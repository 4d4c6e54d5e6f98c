// Times in ISO 8601, each with one text: sources differ in how many zeros they write.

/** `2026-01-02T03:04:05.120Z` as `2026-01-02T03:04:05.12Z`, `…05.000Z` as `…05Z`. Anything else stays as it is. */
export const shortTime = (iso: string): string =>
  iso.replace(/(:\d\d)\.(\d*?)0+(?!\d)/, (_, seconds: string, fraction: string) =>
    fraction === '' ? seconds : `${seconds}.${fraction}`,
  );
