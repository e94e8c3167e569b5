/**
 * The rooms of src/ and what each may import. Imports go down only; ARCHITECTURE.md has the picture.
 * From outside a room only its top-level files are imported: depth is privacy.
 */
const allowed = {
  base: [],
  telemetry: ['base'],
  item: ['base'],
  expression: ['item', 'base'],
  storage: ['item', 'base'],
  engine: ['expression', 'storage', 'item', 'base'],
  replication: ['engine', 'storage', 'item', 'base'],
  cost: ['item', 'base'],
  transfer: ['engine', 'storage', 'item', 'base'],
  world: ['transfer', 'replication', 'engine', 'storage', 'item', 'base'],
  api: ['transfer', 'engine', 'cost', 'telemetry', 'expression', 'item', 'base'],
  fis: ['world', 'api', 'base'],
  lab: ['world', 'transfer', 'replication', 'api', 'cost', 'engine', 'storage', 'item', 'base'],
  admin: ['world', 'replication', 'api', 'cost', 'telemetry', 'engine', 'item', 'base'],
  server: ['admin', 'fis', 'lab', 'world', 'transfer', 'replication', 'api', 'cost', 'telemetry', 'engine', 'storage', 'item', 'base'],
  testkit: ['server', 'admin', 'lab', 'world', 'api', 'base'],
  cli: ['server', 'admin', 'lab', 'testkit', 'world', 'api', 'cost', 'base'],
}

const rooms = Object.keys(allowed)

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, pathNot: ['\\.(test|contract|bench)\\.ts$', '^src/cli/main\\.ts$', '^src/index\\.ts$', '^src/testkit/', '^console/vite\\.config\\.ts$'] }, to: {} },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-test-code-in-production',
      severity: 'error',
      from: { pathNot: '\\.(test|contract|bench)\\.ts$' },
      to: { path: '\\.(test|contract|bench)\\.ts$' },
    },
    {
      name: 'no-dev-dependencies-in-production',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.(test|contract|bench)\\.ts$' },
      to: { dependencyTypes: ['npm-dev'], pathNot: '@types/node' },
    },
    {
      // The console knows the control API's JSON, and where the Regions are.
      name: 'console-imports-only-what-it-may',
      severity: 'error',
      from: { path: '^console/', pathNot: '\\.test\\.tsx?$' },
      to: { path: '^src/', pathNot: '^src/(admin/wire|world/aws-regions|base/account-region)\\.ts$' },
    },
    { name: 'nothing-imports-the-console', severity: 'error', from: { path: '^src/' }, to: { path: '^console/' } },
    {
      name: 'console-pages-do-not-know-each-other',
      severity: 'error',
      from: { path: '^console/src/pages/([^/]+)/' },
      to: { path: '^console/src/pages/', pathNot: '^console/src/pages/$1/' },
    },
    ...rooms.map((room) => ({
      name: `${room}-imports-only-what-it-may`,
      severity: 'error',
      from: { path: `^src/${room}/`, pathNot: '\\.(test|contract|bench)\\.ts$' },
      to: { path: '^src/', pathNot: `^src/(${[room, ...allowed[room]].join('|')})/` },
    })),
    ...rooms.map((room) => ({
      name: `${room}-is-entered-at-the-top`,
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/${room}/|\\.(test|contract|bench)\\.ts$` },
      to: { path: `^src/${room}/[^/]+/` },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
