/** The resource limits of a plugin's process. Each of its child processes has the same limits of its own. */
export interface ResourceLimits {
  /** Private writable memory: heap, stacks, private pages of libraries. At least 16 MiB. */
  readonly memoryBytes?: number | undefined;
  /** Total processor time in seconds, at least 1; beyond it SIGXCPU ends the process. */
  readonly cpuSeconds?: number | undefined;
  /** Open files, sockets and pipes, at least 16. */
  readonly openFiles?: number | undefined;
}

/** The lowest values of {@link ResourceLimits}: with less, most programs cannot start. */
export const minimumLimits = { memoryBytes: 16 * 1024 * 1024, cpuSeconds: 1, openFiles: 16 } as const;
