/** The checksums that a bundle must have to be started: `sha256:` or `sha512:` and hexadecimal digits. */
export interface Checksums {
  /** The checksums of single files by their path, relative to the bundle. */
  readonly files: Readonly<Record<string, string>>;
  /** The checksum of the whole bundle; docs/checksums.md defines what it covers. */
  readonly bundle?: string | undefined;
}

/** The content of a lock file: the checksums of all bundles in a directory, as `espalier lock` wrote them. */
export interface LockFile {
  readonly version: 1;
  /** By the plugins' ids. */
  readonly plugins: Readonly<Record<string, Checksums>>;
}
