import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { pageHtml, pagePolicy } from '../../../src/observe/page/page.generated.js';

describe("the inspector's page", () => {
  it('is up to date with its sources', async () => {
    const { stderr } = await promisify(execFile)(process.execPath, ['src/observe/page/build.mjs', '--check']);
    expect(stderr).toBe('');
  });

  it.each(['style', 'script'])('allows only its own %s', (element) => {
    const content = new RegExp(`<${element}>([\\s\\S]*)</${element}>`).exec(pageHtml)?.[1] ?? '';
    const hash = createHash('sha256').update(content).digest('base64');
    expect(content.length).toBeGreaterThan(1000);
    expect(pagePolicy).toContain(`${element}-src 'sha256-${hash}';`);
  });

  it('contains no URL', () => {
    expect(pageHtml.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:\/\/[a-z0-9]/i);
  });
});
