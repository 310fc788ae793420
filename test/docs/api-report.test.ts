import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** In a process of its own, because API Extractor is CommonJS and loads a compiler of its own. */
const program = `
  import { apiReports } from './scripts/docs/api-report.mjs';
  process.stdout.write(JSON.stringify([...apiReports()]));
`;

describe('the API reports', () => {
  it('show the public API as it is built', async () => {
    const args = ['--input-type=module', '--eval', program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 24 });
    const reports = JSON.parse(stdout) as [string, string][];
    expect(reports.length).toBe(3);
    for (const [path, report] of reports) expect(readFileSync(path, 'utf8')).toBe(report);
  }, 180_000);
});
