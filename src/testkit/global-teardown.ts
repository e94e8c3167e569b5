/** Jest's `globalTeardown`; see `global-setup.ts`. */
export { teardown as default } from './global-setup.ts'
