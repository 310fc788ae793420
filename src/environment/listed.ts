/** The most names that a message lists. */
const maxNamed = 20;

/** The first names of a list, and how many more there are. */
export function listed(names: readonly string[]): string {
  const more = names.length - maxNamed;
  return [...names.slice(0, maxNamed), ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}
