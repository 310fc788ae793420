/** @jest-config-loader esbuild-register */
import type { Config } from 'jest';

const config: Config = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true, tsconfig: 'tsconfig.json' }] },
  modulePathIgnorePatterns: ['<rootDir>/.stryker-tmp/'],
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  // Most tests wait for processes: one worker a core, and not one less, as jest would have it.
  maxWorkers: '100%',
  // Node 20 frees no ES module of a test file that is over. A worker with a gigabyte of them takes longer to end than
  // jest waits for it, so it is replaced while it is smaller.
  workerIdleMemoryLimit: '256MB',
  testTimeout: 10_000,
};

export default config;
