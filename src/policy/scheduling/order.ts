/** Where something with an order is: without a process, waiting for its turn, on its way up, up, or on its way down. */
export type Progress = 'stopped' | 'pending' | 'starting' | 'running' | 'stopping';

export interface Step {
  readonly id: string;
  readonly progress: Progress;
  /** What it starts after, and is stopped before. */
  readonly after: readonly string[];
}

/** Which of these may be brought down now: nothing that still runs comes after them. */
export function stoppable(steps: readonly Step[]): readonly string[] {
  const running = steps.filter(({ progress }) => progress !== 'stopped' && progress !== 'pending');
  const needed = new Set(running.flatMap(({ after }) => after));
  return running.filter(({ id, progress }) => progress !== 'stopping' && !needed.has(id)).map(({ id }) => id);
}

/**
 * Which of those that wait may start now: whatever they come after is up, or is not expected to come. At most `limit`
 * are on their way up at a time.
 */
export function startable(steps: readonly Step[], limit: number): readonly string[] {
  const expected = new Set(
    steps.filter(({ progress }) => progress !== 'running' && progress !== 'stopped').map(({ id }) => id),
  );
  const starting = steps.filter(({ progress }) => progress === 'starting').length;
  return steps
    .filter(({ progress, after }) => progress === 'pending' && !after.some((id) => expected.has(id)))
    .slice(0, Math.max(0, limit - starting))
    .map(({ id }) => id);
}
