/** What one process of a plugin may take of its machine. Each process that it starts may take as much again. */
export interface ResourceLimits {
  /** Memory that it may write to: its heap, its stacks, the private pages of its libraries. At least 16 MiB. */
  readonly memoryBytes?: number | undefined;
  /** Seconds of processor time over its whole life, at least 1. Past it, it is ended by SIGXCPU. */
  readonly cpuSeconds?: number | undefined;
  /** Files, sockets and pipes open at once, at least 16. */
  readonly openFiles?: number | undefined;
}

/** Below these no program can be expected to start. */
export const minimumLimits = { memoryBytes: 16 * 1024 * 1024, cpuSeconds: 1, openFiles: 16 } as const;
