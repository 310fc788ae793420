// Writes docs/images/run.svg: the terminal of a real `espalier run`, with its log and its live table.
//
//   npm run build && node dist/esm/cli/main.js prepare examples/plugins
//   node scripts/docs/terminal-picture.mjs
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './espalier.mjs';

const runMs = 12_000;
const columns = 100;
const visibleLines = 16;
const [lineHeight, characterWidth, padding] = [19, 8.43, 16];
/** The colours of the command line by their SGR codes. */
const styles = {
  1: 'font-weight="bold"',
  2: 'fill="#8b949e"',
  31: 'fill="#ff7b72"',
  32: 'fill="#3fb950"',
  33: 'fill="#d29922"',
};

/** Runs the examples in a pseudo-terminal of util-linux's `script`, and returns the bytes on it until Ctrl-C. */
async function recordTerminal() {
  const command = `stty cols ${columns} rows 40; exec ${process.execPath} dist/esm/cli/main.js run examples/plugins --with examples/visitor.mjs`;
  const child = spawn('script', ['--quiet', '--command', command, '/dev/null'], { cwd: root });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  const ended = new Promise((resolve) => child.once('close', resolve));
  await new Promise((resolve) => setTimeout(resolve, runMs));
  const recorded = output;
  child.stdin.write('\u0003');
  await ended;
  return recorded;
}

/** The lines on the screen: the command line only moves up, clears below, and prints. */
function linesOf(output) {
  const lines = [''];
  let current = 0;
  for (const token of output.match(/\u001b\[[?\d;]*[A-Za-z]|\n|\r|[^\u001b\n\r]+/g) ?? []) {
    const up = /^\u001b\[(\d+)A$/.exec(token);
    if (up !== null) current -= Number(up[1]);
    else if (token === '\u001b[0J') lines.splice(current, lines.length, '');
    else if (token === '\n') lines[(current += 1)] ??= '';
    else if (!/^(\r|\u001b\[\?.*)$/.test(token)) lines[current] += token;
  }
  return lines.slice(0, -1);
}

function svgLine(line, index) {
  let style = '';
  const spans = line.split(/(\u001b\[\d+m)/).flatMap((part) => {
    const code = /^\u001b\[(\d+)m$/.exec(part)?.[1];
    if (code === undefined) return part === '' ? [] : [`<tspan ${style}>${escaped(part)}</tspan>`];
    style = styles[code] ?? '';
    return [];
  });
  return `<text x="${padding}" y="${padding + lineHeight * (index + 0.8)}" xml:space="preserve">${spans.join('')}</text>`;
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function svgOf(lines) {
  const width = Math.round(columns * characterWidth + 2 * padding);
  const height = lines.length * lineHeight + 2 * padding;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>espalier run: the log and the live table of two plugins</title>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<g fill="#e6edf3" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace" font-size="14">
${lines.map(svgLine).join('\n')}
</g>
</svg>
`;
}

const clipped = (line) =>
  line.replace(new RegExp(`^((?:(?:\\u001b\\[\\d+m)*[^\\u001b]){${columns}}).*$`), '$1');
const lines = linesOf(await recordTerminal())
  .map(clipped)
  .slice(-visibleLines);
mkdirSync(join(root, 'docs/images'), { recursive: true });
writeFileSync(join(root, 'docs/images/run.svg'), svgOf(lines));
