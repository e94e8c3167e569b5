import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { priceOf } from '../cost/price-book.ts'
import { currentBook } from '../cost/price-books.ts'
import { bookWith, jsonListBytesMax } from '../cost/price-list.ts'
import { PriceBookFiles, readPriceList } from './price-book-files.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everywrite-books-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const csv = [
  '"OfferCode","AmazonDynamoDB"',
  '"SKU","TermType","EffectiveDate","StartingRange","EndingRange","PricePerUnit","Currency","usageType"',
  '"A","OnDemand","2026-01-01","0","Inf","0.0000007","USD","EUC1-WriteRequestUnits"',
].join('\n')

test('a price list is taken into a book, which is found by its name afterwards', async () => {
  const files = new PriceBookFiles(folder)
  expect(await files.names()).toEqual(['aws-2024-11', 'aws-before-2024-11'])
  await writeFile(join(folder, 'list.csv'), csv)
  await files.write(bookWith(currentBook(), 'mine', await readPriceList(join(folder, 'list.csv'))))
  expect(await files.names()).toEqual(['aws-2024-11', 'aws-before-2024-11', 'mine'])
  const mine = await files.read('mine')
  if (mine === undefined) throw new Error('it is there')
  expect(priceOf(mine, 'eu-central-1', 'write-request')).toEqual({ usd: '0.7', source: 'imported' })
  expect(priceOf(mine, 'eu-central-1', 'read-request')).toEqual(priceOf(currentBook(), 'eu-central-1', 'read-request'))
})

test('a file that is no book is refused with all that is wrong with it; one with the name of ours is not looked at', async () => {
  const files = new PriceBookFiles(folder)
  await mkdir(files.folder, { recursive: true })
  await writeFile(join(files.folder, 'bad.json'), '{"name":"bad","title":"","currency":"EUR","sources":{},"regions":{}}')
  await expect(files.read('bad')).rejects.toThrow(/currency must be one of USD; regions must NOT have fewer than 1/)
  await writeFile(join(files.folder, 'worse.json'), '{')
  await expect(files.read('worse')).rejects.toThrow(/is not JSON/)
  await writeFile(join(files.folder, 'aws-2024-11.json'), '{')
  expect(await files.read('aws-2024-11')).toEqual(currentBook())
  expect(await files.read('../bad')).toBeUndefined()
  expect(await files.read('none')).toBeUndefined()
})

test('what cannot be read is said in one sentence', async () => {
  await expect(readPriceList(join(folder, 'none'))).rejects.toThrow(/^There is no file .*none\.$/)
  await writeFile(join(folder, 'text'), 'hello')
  await expect(readPriceList(join(folder, 'text'))).rejects.toThrow(/is not a price list of AWS: it has no row that begins with SKU/)
  await writeFile(join(folder, 'large.json'), '{}')
  await truncate(join(folder, 'large.json'), jsonListBytesMax + 1)
  await expect(readPriceList(join(folder, 'large.json'))).rejects.toThrow(/larger than 256 MB.*CSV/)
})
