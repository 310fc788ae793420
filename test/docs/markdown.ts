export interface Block {
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of a page. */
export function blocksOf(page: string): Block[] {
  return [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    text,
  }));
}

/** The targets of the links of a page. */
export function linksOf(page: string): string[] {
  return [...withoutBlocks(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

/** The headings of a page, without their marks. */
export function headingsOf(page: string): string[] {
  return [...withoutBlocks(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading.replaceAll('`', ''),
  );
}

/** What stands between the markers of a generated part. */
export function partOf(page: string, name: string): string {
  const [, part] =
    new RegExp(`<!-- generated:${name} -->\n([\\s\\S]*?)<!-- /generated:${name} -->`).exec(page) ?? [];
  if (part === undefined) throw new Error(`There is no part "${name}".`);
  return part;
}

/** The rows of the first table in a text; each cell without the marks of code. */
export function tableOf(text: string, { withHeadings = false } = {}): string[][] {
  const [lines = ''] = /(?:^\|.*\n)+/m.exec(text) ?? [];
  const rows = lines
    .trim()
    .split('\n')
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map(bare),
    );
  const [headings = [], , ...body] = rows;
  return withHeadings ? [headings, ...body] : body;
}

function bare(cell: string): string {
  return cell.trim().replaceAll('`', '');
}

function withoutBlocks(page: string): string {
  return page.replace(/^```[\s\S]*?^```$/gm, '');
}
