/** The value below which a part of the values lies. */
export function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

export const median = (values) => quantile(values, 0.5);

/** Prints one measure of every host, and how each compares with the last one. */
export function printMeasure(name, unit, values) {
  const all = Object.entries(values);
  const [reference, base] = all.at(-1);
  const cells = all.map(([host, value]) => `${host} ${shown(value)} ${unit}`);
  const ratios = all
    .slice(0, -1)
    .map(([host, value]) => `${host} / ${reference} = ${(value / base).toFixed(2)}`);
  console.log(`${name}\n  ${ratios.join(', ')}\n  ${cells.join(', ')}`);
}

function shown(value) {
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(3);
}
