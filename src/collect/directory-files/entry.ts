// An entry of an exported file, whatever the format.

export interface FileEntry {
  /** Where it begins. */
  readonly line: number;
  readonly dn: string;
  /** Names of its attributes, as the file writes them. */
  readonly attributes: readonly string[];
  /**
   * The values of an attribute, named as {@link plainAttribute} does; none where it is absent.
   *
   * Errors: {@link SourceError} where the file does not hold them as they were.
   */
  values(attribute: string): readonly Buffer[];
}
