/** The progress of a child in a group start or stop. `pending`: it is to be started, but is not yet. */
export type Progress = 'stopped' | 'pending' | 'starting' | 'running' | 'stopping';

/** One child of a group start or stop. */
export interface Step {
  readonly id: string;
  readonly progress: Progress;
  /** The children that it starts after and is stopped before. */
  readonly after: Iterable<string>;
}

/** The children that may be stopped now: all that start after them have stopped. */
export function stoppable(steps: readonly Step[]): readonly string[] {
  const running = steps.filter(({ progress }) => progress !== 'stopped' && progress !== 'pending');
  const needed = new Set(running.flatMap(({ after }) => [...after]));
  return running.filter(({ id, progress }) => progress !== 'stopping' && !needed.has(id)).map(({ id }) => id);
}

/**
 * The pending children that may start now: all that they start after are running or will not start. At most `limit` of
 * them start at the same time.
 */
export function startable(steps: readonly Step[], limit: number): readonly string[] {
  const expected = new Set(
    steps.filter(({ progress }) => progress !== 'running' && progress !== 'stopped').map(({ id }) => id),
  );
  const starting = steps.filter(({ progress }) => progress === 'starting').length;
  return steps
    .filter(({ progress, after }) => progress === 'pending' && ![...after].some((id) => expected.has(id)))
    .slice(0, Math.max(0, limit - starting))
    .map(({ id }) => id);
}
