// The API reports in docs/api: every public name with its type, so that a change of the public API is seen in review.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompilerState, Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { root } from './espalier.mjs';

/** The declarations of each entry point of the package, by the name of its report in docs/api. */
const entryPoints = {
  'espalier.api.md': join(root, 'dist/modules/index.d.ts'),
  'espalier-plugin.api.md': join(root, 'dist/modules/plugin/index.d.ts'),
  'espalier-testing.api.md': join(root, 'dist/modules/testing/index.d.ts'),
};

/** The text of each report, by its path from the root of the repository. Reads the build in dist/. */
export function apiReports() {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-api-'));
  try {
    const configs = Object.entries(entryPoints).map((entry) => reportConfig(entry, folder));
    const compilerState = CompilerState.create(configs[0], {
      additionalEntryPoints: Object.values(entryPoints),
    });
    for (const config of configs)
      Extractor.invoke(config, { localBuild: true, compilerState, messageCallback: silence });
    const read = (report) => [`docs/api/${report}`, readFileSync(join(folder, report), 'utf8')];
    return new Map(Object.keys(entryPoints).map(read));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function reportConfig([reportFileName, mainEntryPointFilePath], folder) {
  const none = { default: { logLevel: 'none' } };
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath,
      compiler: { tsconfigFilePath: join(root, 'tsconfig.build.json') },
      apiReport: { enabled: true, reportFileName, reportFolder: folder, reportTempFolder: folder },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        compilerMessageReporting: none,
        extractorMessageReporting: none,
        tsdocMessageReporting: none,
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, 'package.json'),
  });
}

/** What matters is in the report; a message would only say that it was written. */
function silence(message) {
  message.handled = true;
}
