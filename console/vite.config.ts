import { defineConfig } from 'vite'

/** Everything the console needs is in its own files: it works without a network, and its pages load when they are first looked at. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    // Nothing inline: the server's Content-Security-Policy forbids it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  // For work on the console itself: `npx vite console` beside a running server.
  server: { proxy: { '/_everywrite': 'http://127.0.0.1:8000', '^/$': 'http://127.0.0.1:8000' } },
})
