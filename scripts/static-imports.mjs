import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The packages that a built ES module loads at once, with all files that it imports; those of Node left out. */
export function staticImports(file, seen = new Set()) {
  if (seen.has(file)) return [];
  seen.add(file);
  const statements = readFileSync(file, 'utf8').matchAll(
    /^(?:import|export)\b(?:[^'"]*?\bfrom)?\s*["']([^"']+)["'];?$/gm,
  );
  const found = [...statements].flatMap(([, to]) => {
    if (to.startsWith('.')) return staticImports(join(dirname(file), to), seen);
    return to.startsWith('node:') ? [] : [to];
  });
  return [...new Set(found)].sort();
}
