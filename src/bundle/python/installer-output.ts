const worthTelling =
  /^(?:collecting|processing|building|downloading|installing|successfully|error|warning|fatal|resolved|prepared|built|installed|uninstalled|[+~-] \S+==)/i;
const longestLine = 200;

/**
 * A line of `uv`, `venv` or `pip` as a person wants to see it, or `null` for one of the many
 * that say nothing new (progress bars, finished sub-steps, "already satisfied").
 */
export function installerProgress(line: string): string | null {
  const plain = line
    .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '')
    .replace(/[\u0000-\u001f\u007f]+/g, ' ')
    .trim();
  if (!worthTelling.test(plain) || /: (started|finished)|^building wheels? for collected/i.test(plain))
    return null;
  return plain.length > longestLine ? `${plain.slice(0, longestLine - 1)}…` : plain;
}

/** What a person does next about a failed installer, told by the end of its output. */
export function installerHint(tail: string): string {
  const found = hints.find(([pattern]) => pattern.test(tail));
  return (
    found?.[1] ??
    'The end of its output (facts.outputTail) says why; correct the requirements and prepare again.'
  );
}

const hints: readonly (readonly [RegExp, string])[] = [
  [
    /ensurepip is not available|No module named '?(venv|ensurepip)/,
    'Install the venv module of this Python (on Debian and Ubuntu: apt install python3-venv), or install uv.',
  ],
  [/No module named '?pip/, 'This Python has no pip: install it, or install uv.'],
  [/No space left on device|ENOSPC/, 'Make room on the disk and prepare again.'],
  [
    /Temporary failure in name resolution|NewConnectionError|Connection(?:Error| refused| reset)|ProxyError|dns error|failed to lookup address|Read timed out|error sending request|SSLError/i,
    'The package index could not be reached: check the network, the proxy and PIP_INDEX_URL or UV_INDEX_URL.',
  ],
  [
    /No matching distribution|Could not find a version|No solution found|not found in the package registry/,
    'A requirement has no release for this Python and platform: correct its name or version in the requirements file.',
  ],
  [/Could not open requirements file|File not found/i, 'A file that the requirements name is not there.'],
  [
    /command '?(?:gcc|cc|c\+\+|clang)|error: command|Failed to build|Microsoft Visual C\+\+/,
    'A package had to be compiled and could not be: install a compiler, or choose a release with a wheel for this Python.',
  ],
];
