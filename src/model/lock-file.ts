/** What files must be for a plugin to be started. A checksum is `sha256:` or `sha512:` and hexadecimal digits. */
export interface Checksums {
  /** Single files by their path, relative to the bundle. */
  readonly files: Readonly<Record<string, string>>;
  /** The whole bundle; docs/checksums.md says what it covers. */
  readonly bundle?: string | undefined;
}

/** Which files every plugin of a directory had when `espalier lock` looked at them. */
export interface LockFile {
  readonly version: 1;
  /** By the plugins' ids. */
  readonly plugins: Readonly<Record<string, Checksums>>;
}
