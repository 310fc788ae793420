/** Where something with an order is: without a process, waiting for its turn, on its way up, up, or on its way down. */
export type Progress = 'down' | 'waiting' | 'rising' | 'up' | 'sinking';

export interface Step {
  readonly id: string;
  readonly progress: Progress;
  /** What it starts after, and is stopped before. */
  readonly after: readonly string[];
}

/** Which of these may be brought down now: nothing that still runs comes after them. */
export function nextDown(steps: readonly Step[]): readonly string[] {
  const running = steps.filter(({ progress }) => progress !== 'down' && progress !== 'waiting');
  const needed = new Set(running.flatMap(({ after }) => after));
  return running.filter(({ id, progress }) => progress !== 'sinking' && !needed.has(id)).map(({ id }) => id);
}

/**
 * Which of those that wait may start now: whatever they come after is up, or is not expected to come. At most `limit`
 * are on their way up at a time.
 */
export function nextUp(steps: readonly Step[], limit: number): readonly string[] {
  const expected = new Set(
    steps.filter(({ progress }) => progress !== 'up' && progress !== 'down').map(({ id }) => id),
  );
  const rising = steps.filter(({ progress }) => progress === 'rising').length;
  return steps
    .filter(({ progress, after }) => progress === 'waiting' && !after.some((id) => expected.has(id)))
    .slice(0, Math.max(0, limit - rising))
    .map(({ id }) => id);
}
