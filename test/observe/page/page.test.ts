import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { pageHtml, pagePolicy } from '../../../src/observe/page/page.generated.js';

describe("the inspector's page", () => {
  it('is made of the files beside it as they are now', async () => {
    const { stderr } = await promisify(execFile)(process.execPath, ['src/observe/page/build.mjs', '--check']);
    expect(stderr).toBe('');
  });

  it.each(['style', 'script'])('is allowed the %s that is in it, and no other', (element) => {
    const content = new RegExp(`<${element}>([\\s\\S]*)</${element}>`).exec(pageHtml)?.[1] ?? '';
    const hash = createHash('sha256').update(content).digest('base64');
    expect(content.length).toBeGreaterThan(1000);
    expect(pagePolicy).toContain(`${element}-src 'sha256-${hash}';`);
  });

  it('names no place on a network', () => {
    expect(pageHtml.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:\/\/[a-z0-9]/i);
  });
});
