import { buildFakeInterpreters } from '../../scripts/build-fake-interpreters.mjs';
import { useRunFolder } from '../../scripts/run-folder.mjs';

/** Jest's globalSetup, which must be a default export. */
export default async function globalSetup() {
  useRunFolder();
  await buildFakeInterpreters();
}
