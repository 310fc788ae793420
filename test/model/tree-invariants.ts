import { rootGroup, type SupervisorStatus } from '../../src/model/index.js';
import type { Run } from './run.js';

/** The invariants of the supervisors after each step. Each returns its violation, or `null`. */
const invariants: readonly ((run: Run, status: SupervisorStatus) => string | null)[] = [
  ({ specs }, { name, children }) => {
    const expected = specs.flatMap((spec) => (spec.parent === name ? [spec.name] : [])).sort();
    const found = children.flatMap((child) => (child.kind === 'supervisor' ? [child.supervisor.name] : []));
    return isEqual(found.sort(), expected) ? null : `the groups of ${name} are ${expected.join(', ')}`;
  },
  ({ plugins }, { name, children }) => {
    const expected = [...plugins.values()].flatMap(({ id, group }) => (group === name ? [id] : [])).sort();
    const found = children.flatMap((child) => (child.kind === 'plugin' ? [child.id] : []));
    return isEqual(found.sort(), expected) ? null : `the plugins of ${name} are ${expected.join(', ')}`;
  },
  (_, { name, intensity, restartsLeft }) => {
    if (intensity === null) return restartsLeft === null ? null : `${name}, without a budget, has none left`;
    const left = restartsLeft ?? -1;
    return left >= 0 && left <= intensity ? null : `${name} has between 0 and ${intensity} restarts left`;
  },
  ({ tree }, { name }) => {
    const { status } = tree.supervisor(name)?.getSnapshot() as { readonly status: string };
    return status === 'active' ? null : `the supervisor ${name} never breaks`;
  },
  ({ groups }, { name, state }) => {
    const known = groups.get(name)?.state;
    return state === (known === 'running' ? 'running' : known)
      ? null
      : `${name} is told to be ${known ?? 'nothing'}`;
  },
];

/** The first sentence about a supervisor that is not true, or `null`. Whoever is at ease again has nothing exited. */
export function violatedTreeInvariant(run: Run): string | null {
  if (run.groups.size === 0) return null;
  const root = run.tree.tree();
  for (const status of [root, ...below(root)]) {
    for (const invariant of invariants) {
      const untrue = invariant(run, status);
      if (untrue !== null) return `not true that ${untrue}`;
    }
    if (status.state === 'running') run.groups.get(status.name)?.exited.clear();
  }
  const names = new Set([rootGroup, ...below(root).map(({ name }) => name)]);
  return names.size === run.specs.length ? null : 'not true that each group is in the tree once';
}

function below({ children }: SupervisorStatus): readonly SupervisorStatus[] {
  return children.flatMap((child) =>
    child.kind === 'supervisor' ? [child.supervisor, ...below(child.supervisor)] : [],
  );
}

function isEqual(one: readonly string[], other: readonly string[]): boolean {
  return one.join() === other.join();
}
