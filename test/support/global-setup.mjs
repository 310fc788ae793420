import { buildFakeInterpreters } from '../../scripts/build-fake-interpreters.mjs';
import { useRunFolder } from '../../scripts/run-folder.mjs';

/** jest's globalSetup, which has to be a default export. */
export default async function beforeTheRun() {
  useRunFolder();
  await buildFakeInterpreters();
}
