import { buildFakeInterpreters } from '../../scripts/build-fake-interpreters.mjs';

/** jest's globalSetup, which has to be a default export. */
export default async function buildBeforeTheTests() {
  await buildFakeInterpreters();
}
