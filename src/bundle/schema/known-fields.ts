import { z } from 'zod';

/** An object that has no fields but these. An unknown one is rejected with the known name that was probably meant. */
export function knownFields<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? describeUnknown(issue.keys, known).join('\n') : undefined,
  });
}

/** A sentence for each unknown name: the known one that was probably meant. Without one, the first lists all. */
export function describeUnknown(names: readonly string[], known: readonly string[]): string[] {
  return names.map((name, index) => {
    const meant = closestOf(name, known);
    if (meant !== null) return `is not known: did you mean ${meant}?`;
    return index === 0 ? `is not known: the known ones are ${known.join(', ')}` : 'is not known';
  });
}

function closestOf(name: string, known: readonly string[]): string | null {
  const [closest] = known
    .map((candidate) => ({ candidate, edits: editsBetween(plain(name), plain(candidate)) }))
    // A name that lacks its end, such as the unit, or has more than it, is not far from it.
    .map((each) =>
      isBeginning(name, each.candidate) || isBeginning(each.candidate, name) ? { ...each, edits: 1 } : each,
    )
    .filter(({ candidate, edits }) => edits <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((one, other) => one.edits - other.edits);
  return closest?.candidate ?? null;
}

const plain = (text: string): string => text.toLowerCase().replace(/[-_]/g, '');
const isBeginning = (one: string, other: string): boolean =>
  one.length > 2 && plain(other).startsWith(plain(one));

/** How many letters to insert, delete, replace or swap with their neighbour make the one text of the other. */
function editsBetween(one: string, other: string): number {
  // Far too long to be a misspelling; the table would cost its square.
  if (one.length > 64) return Infinity;
  const rows = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    rows.push(current);
    for (let column = 1; column <= other.length; column += 1) {
      const isSame = one[row - 1] === other[column - 1];
      const isSwapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      current[column] = Math.min(
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + (isSame ? 0 : 1),
        isSwapped ? at(row - 2, column - 2) + 1 : Infinity,
      );
    }
  }
  return at(one.length, other.length);
}
