/** A table; the first row has the headings. */
export function table([headings, ...rows]) {
  return [headings, headings.map(() => '---'), ...rows].map(row).join('\n');
}

export function row(cells) {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

export function block(language, text) {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
}

export function code(text) {
  return `\`${text}\``;
}
