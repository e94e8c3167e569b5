// Builds the console into dist/console, with each file compressed beside it; does nothing when what it is made of has not changed.
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const root = new URL('..', import.meta.url).pathname
const target = join(root, 'dist/console')
const mark = join(target, '.made-of')

/** What the build reads besides its packages, whose versions the lock file has. */
const sources = ['console', 'src/world/aws-regions.ts', 'src/base/account-region.ts', 'package-lock.json', 'scripts/build-console.mjs']

const madeOf = fingerprint()
if (markOf() !== madeOf) {
  const { build } = await import('vite')
  await build({ configFile: join(root, 'console/vite.config.ts') })
  compress()
  // Last: a build that was broken off is made again.
  writeFileSync(mark, madeOf)
}

function fingerprint() {
  const hash = createHash('sha256')
  for (const source of sources)
    for (const file of filesIn(source))
      hash
        .update(`${file}\0`)
        .update(readFileSync(join(root, file)))
        .update('\0')
  return hash.digest('hex')
}

/** Below the root. */
function filesIn(source) {
  if (source.includes('.')) return [source]
  const entries = readdirSync(join(root, source), { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort()
}

function markOf() {
  try {
    return readFileSync(mark, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

function compress() {
  for (const file of filesIn('dist/console')) {
    const path = join(root, file)
    const bytes = readFileSync(path)
    writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } }))
    writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
  }
}
