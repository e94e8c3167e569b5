import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Examples import the package as its users do.
  resolve: { alias: { 'everywrite/testkit': new URL('src/testkit/testkit.ts', import.meta.url).pathname } },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts', 'console/**/*.test.ts'],
    // All cores: many tests wait for programs that they started.
    maxWorkers: '100%',
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
