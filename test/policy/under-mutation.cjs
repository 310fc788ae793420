// All tests of decisions as one file: each mutant would load the decisions anew for every file, which takes many times
// longer than the tests.
const { readdirSync } = require('node:fs');

for (const file of readdirSync(__dirname, { recursive: true }))
  if (file.endsWith('.test.ts')) require(`./${file}`);
