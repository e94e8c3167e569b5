/** What nobody should send: texts, numbers, JSON and attribute values at and beyond every edge that was thought of. */
import fc from 'fast-check'

const strangeTexts = [
  '',
  ' ',
  '\u0000',
  '\n',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '#',
  ':',
  '\ud800',
  '\udc00\ud800',
  '𝄞',
  '\ufeff',
  "'",
  '"',
  '\\',
  '../..',
  '%00',
  'NaN',
  '-0',
  '1e999999999999',
  '0'.repeat(400),
  '9'.repeat(39),
  'a'.repeat(256),
  'a'.repeat(2049),
  'é'.repeat(1025),
  'x'.repeat(70_000),
  'arn:aws:dynamodb:us-east-1:000000000000:table/',
  'arn:aws:dynamodb:us-east-1:000000000000:table/tab0/stream/',
  `arn:${':'.repeat(500)}`,
]

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...strangeTexts),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 40 }),
)

export const numberText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -20, max: 20 }).map(String) },
  { weight: 2, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).map(String) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('', '-', '+'), digits(45), fc.option(digits(45)), fc.option(fc.integer({ min: -200, max: 200 })))
      .map(
        ([sign, whole, part, exponent]) => `${sign}${whole}${part === null ? '' : `.${part}`}${exponent === null ? '' : `e${exponent}`}`,
      ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('.', '-', 'e1', '1e', '1e+', '0x10', '1_0', '1,0', '∞', '١', '1e99999999999999999999', '.e1', '1.'),
  },
  { weight: 1, arbitrary: hostileText },
)

function digits(maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength })
}

const nested = (depth: number): unknown => {
  let value: unknown = 1
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { M: value }
  return value
}

const deepValue = (depth: number): unknown => {
  let value: unknown = { S: 'deep' }
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? { L: [value] } : { M: { a: value } }
  return value
}

export const hostileJson: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -0, -1, 1.5, 1e400, -1e400, 2 ** 31, 2 ** 53, [], {}, [[]], [null], { '': null }),
  hostileText,
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(40, 400).map(nested),
)

const base64 = fc.oneof(
  fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  fc.constantFrom('=', '====', 'A', 'AA=A', 'AA', 'A_-=', '\u00ff\u00ff=='),
)

const usualName = fc.constantFrom('pk', 'sk', 'a', 'b', 'l', 'm', 'n', 's', 'g0', 'g1', 'size')

/** Whatever there is. */
const anyValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'ab', '', 'é').map((S) => ({ S })) },
    { weight: 6, arbitrary: numberText.map((N) => ({ N })) },
    { weight: 2, arbitrary: base64.map((B) => ({ B })) },
    { weight: 1, arbitrary: fc.boolean().map((BOOL) => ({ BOOL })) },
    { weight: 1, arbitrary: fc.constantFrom(true, true, false).map((NULL) => ({ NULL })) },
    { weight: 1, arbitrary: fc.array(hostileText, { maxLength: 3 }).map((SS) => ({ SS })) },
    { weight: 1, arbitrary: fc.array(numberText, { maxLength: 3 }).map((NS) => ({ NS })) },
    { weight: 1, arbitrary: fc.array(base64, { maxLength: 3 }).map((BS) => ({ BS })) },
    { weight: 2, arbitrary: fc.array(tie('value'), { maxLength: 3 }).map((L) => ({ L })) },
    { weight: 2, arbitrary: fc.dictionary(usualName, tie('value'), { maxKeys: 3 }).map((M) => ({ M })) },
    { weight: 1, arbitrary: fc.constantFrom(30, 31, 32, 33, 60).map(deepValue) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<unknown>({}, { S: 'a', N: '1' }, { X: 'a' }, { S: 1 }, { L: {} }, { M: [] }, { SS: 'a' }, { B: 1 }),
    },
    { weight: 1, arbitrary: hostileJson },
  ),
})).value

/** Mostly what DynamoDB takes. */
export const attributeValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'ab', 'é').map((S) => ({ S })) },
  { weight: 4, arbitrary: fc.integer({ min: -5, max: 5 }).map((N) => ({ N: String(N) })) },
  {
    weight: 4,
    arbitrary: fc.constantFrom<unknown>(
      { L: [{ N: '1' }, { S: 'a' }, { M: { a: { N: '1' } } }] },
      { M: { a: { L: [{ N: '1' }] }, b: { S: 'x' } } },
      { SS: ['a', 'b'] },
      { NS: ['1', '2'] },
      { BS: ['AA==', 'AQ=='] },
      { B: 'AQID' },
      { BOOL: true },
      { NULL: true },
    ),
  },
  { weight: 3, arbitrary: anyValue },
)

/** A map of names to attribute values: an item, or values for an expression. */
export function attributeMap(names: fc.Arbitrary<string>): fc.Arbitrary<Record<string, unknown>> {
  return fc.dictionary(names, attributeValue, { maxKeys: 6 })
}

export const attributeName: fc.Arbitrary<string> = fc.oneof({ weight: 30, arbitrary: usualName }, { weight: 1, arbitrary: hostileText })
