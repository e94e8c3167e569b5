/** Expressions and statements: mostly by their grammar, sometimes torn, sometimes a heap of tokens. */
import fc from 'fast-check'
import { hostileText, numberText } from './hostile.ts'

const tokens = fc
  .array(
    fc.constantFrom(
      ...[
        'a',
        '#a',
        ':a',
        '(',
        ')',
        '[',
        ']',
        '{',
        '}',
        '<<',
        '>>',
        '.',
        ',',
        '=',
        '<>',
        '<',
        '>=',
        '+',
        '-',
        '*',
        '/',
        '?',
        "'",
        '"',
        "''",
        ';',
        '--',
        '/*',
        '*/',
      ],
      ...[
        'AND',
        'OR',
        'NOT',
        'IN',
        'BETWEEN',
        'SET',
        'REMOVE',
        'ADD',
        'DELETE',
        'SELECT',
        'FROM',
        'WHERE',
        'IS',
        'NULL',
        'size',
        'list_append',
        '0',
        '1.5',
        '\n',
      ],
    ),
    { maxLength: 30 },
  )
  .map((all) => all.join(' '))

const name = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom('a', 'b', 'l', 'm', 'n', 's', 'pk', 'sk', 'g0') },
  { weight: 4, arbitrary: fc.constantFrom('#a', '#b', '#c') },
  { weight: 1, arbitrary: fc.constantFrom('size', 'SET', 'and', '#', '#0', 'é', '_', 'a-b') },
)
const step = fc.oneof(
  name.map((each) => `.${each}`),
  fc.integer({ min: 0, max: 5 }).map((at) => `[${at}]`),
  fc.constantFrom('[99999999999]', '[-1]', '[ 1 ]', '.[0]', '[', '[a]'),
)
const path = fc.oneof(
  { weight: 8, arbitrary: name },
  { weight: 3, arbitrary: fc.tuple(name, fc.array(step, { maxLength: 4 })).map(([first, rest]) => first + rest.join('')) },
  { weight: 1, arbitrary: fc.constant(`a${'.b'.repeat(40)}`) },
)
const value = fc.constantFrom(':a', ':b', ':c', ':d')
const comparator = fc.constantFrom('=', '<>', '<', '<=', '>', '>=', '!=', '==')

export const condition: fc.Arbitrary<string> = fc.letrec<{ condition: string; operand: string }>((tie) => ({
  operand: fc.oneof(
    { maxDepth: 3 },
    { weight: 5, arbitrary: path },
    { weight: 5, arbitrary: value },
    { weight: 2, arbitrary: path.map((each) => `size(${each})`) },
    { weight: 1, arbitrary: tie('operand').map((each) => `(${each})`) },
    { weight: 1, arbitrary: tie('operand').map((each) => `size(${each})`) },
  ),
  condition: fc.oneof(
    { maxDepth: 5 },
    { weight: 6, arbitrary: fc.tuple(tie('operand'), comparator, tie('operand')).map(([a, by, b]) => `${a} ${by} ${b}`) },
    { weight: 2, arbitrary: fc.tuple(tie('operand'), tie('operand'), tie('operand')).map(([a, b, c]) => `${a} BETWEEN ${b} AND ${c}`) },
    {
      weight: 2,
      arbitrary: fc.tuple(tie('operand'), fc.array(tie('operand'), { maxLength: 5 })).map(([a, all]) => `${a} IN (${all.join(', ')})`),
    },
    {
      weight: 4,
      arbitrary: fc
        .tuple(
          fc.constantFrom('attribute_exists', 'attribute_not_exists', 'attribute_type', 'begins_with', 'contains', 'size', 'nothing'),
          fc.array(tie('operand'), { maxLength: 3 }),
        )
        .map(([called, all]) => `${called}(${all.join(', ')})`),
    },
    { weight: 1, arbitrary: tie('condition').map((each) => `NOT ${each}`) },
    { weight: 1, arbitrary: tie('condition').map((each) => `(${each})`) },
    { weight: 2, arbitrary: fc.tuple(tie('condition'), fc.constantFrom('AND', 'OR', 'and'), tie('condition')).map((all) => all.join(' ')) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom('(', 'NOT ', ')'), fc.constantFrom(50, 300, 1000)).map(([all, times]) => all.repeat(times)),
    },
  ),
})).condition

const setOperand: fc.Arbitrary<string> = fc.letrec<{ operand: string }>((tie) => ({
  operand: fc.oneof(
    { maxDepth: 3 },
    { weight: 4, arbitrary: value },
    { weight: 4, arbitrary: path },
    { weight: 2, arbitrary: fc.tuple(path, tie('operand')).map(([at, other]) => `if_not_exists(${at}, ${other})`) },
    { weight: 2, arbitrary: fc.tuple(tie('operand'), tie('operand')).map(([a, b]) => `list_append(${a}, ${b})`) },
    { weight: 2, arbitrary: fc.tuple(tie('operand'), fc.constantFrom('+', '-', '*'), tie('operand')).map((all) => all.join(' ')) },
    { weight: 1, arbitrary: tie('operand').map((each) => `(${each})`) },
  ),
})).operand

const clause = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(
        fc.tuple(path, setOperand).map((all) => all.join(' = ')),
        { minLength: 1, maxLength: 3 },
      )
      .map((all) => `SET ${all.join(', ')}`),
  },
  { weight: 2, arbitrary: fc.array(path, { minLength: 1, maxLength: 3 }).map((all) => `REMOVE ${all.join(', ')}`) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('ADD', 'DELETE', 'add'), path, value).map((all) => all.join(' ')) },
)

export const update = torn(fc.array(clause, { minLength: 1, maxLength: 3 }).map((all) => all.join(' ')))
export const projection = torn(fc.array(path, { minLength: 1, maxLength: 4 }).map((all) => all.join(', ')))
export const keyCondition = torn(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        'pk = :a',
        'pk = :a AND sk > :b',
        'pk = :a AND begins_with(sk, :b)',
        'pk = :a AND sk BETWEEN :b AND :c',
        'g0 = :a',
        'g0 = :a AND g1 < :b',
      ),
    },
    { weight: 1, arbitrary: condition },
  ),
)
export const anyCondition = torn(condition)

const literal: fc.Arbitrary<string> = fc.letrec<{ literal: string }>((tie) => ({
  literal: fc.oneof(
    { maxDepth: 3 },
    { weight: 6, arbitrary: fc.constantFrom("'a'", "'b'", "''", "'it''s'", '1', '-1', '?', 'true', 'null', 'MISSING', 'NULL') },
    { weight: 1, arbitrary: numberText },
    { weight: 1, arbitrary: fc.array(tie('literal'), { maxLength: 3 }).map((all) => `[${all.join(', ')}]`) },
    { weight: 1, arbitrary: fc.array(tie('literal'), { maxLength: 3 }).map((all) => `<<${all.join(', ')}>>`) },
    {
      weight: 1,
      arbitrary: fc
        .array(fc.tuple(fc.constantFrom('a', 'b', 'pk', 'sk', 'g0'), tie('literal')), { maxLength: 3 })
        .map((all) => `{${all.map(([key, each]) => `'${key}': ${each}`).join(', ')}}`),
    },
  ),
})).literal

const column = fc.constantFrom('pk', 'sk', 'a', 'b', 'l', 'm', '"pk"', 'm.a', 'l[0]', "m['a']", '"a b"')
const table = fc.constantFrom('"tab0"', '"tab1"', 'tab0', '"tab0"."g"', '"tab1"."l"', '"missing"', 'tab0.g', '"tab0"."x"."y"')
const operand = fc.oneof(
  { weight: 4, arbitrary: column },
  { weight: 4, arbitrary: literal },
  { weight: 1, arbitrary: column.map((each) => `size(${each})`) },
  { weight: 1, arbitrary: fc.tuple(column, fc.constantFrom('+', '-', '||', '*'), literal).map((all) => all.join(' ')) },
)
const where: fc.Arbitrary<string> = fc.letrec<{ where: string }>((tie) => ({
  where: fc.oneof(
    { maxDepth: 4 },
    { weight: 6, arbitrary: fc.tuple(operand, comparator, operand).map((all) => all.join(' ')) },
    { weight: 4, arbitrary: fc.constantFrom("pk = 'a'", 'pk = ?', "pk = 'a' AND sk = 1", 'pk = ? AND sk = ?', "pk IN ['a', 'b']") },
    {
      weight: 1,
      arbitrary: fc
        .tuple(operand, fc.constantFrom('IS', 'IS NOT'), fc.constantFrom('NULL', 'MISSING', 'STRING', 'INT'))
        .map((all) => all.join(' ')),
    },
    { weight: 1, arbitrary: fc.tuple(operand, fc.array(operand, { maxLength: 4 })).map(([a, all]) => `${a} IN [${all.join(', ')}]`) },
    { weight: 1, arbitrary: fc.tuple(operand, operand, operand).map(([a, b, c]) => `${a} BETWEEN ${b} AND ${c}`) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(
          fc.constantFrom('begins_with', 'contains', 'attribute_type', 'size', 'exists', 'missing', 'abs'),
          fc.array(operand, { maxLength: 3 }),
        )
        .map(([called, all]) => `${called}(${all.join(', ')})`),
    },
    { weight: 1, arbitrary: tie('where').map((each) => `NOT (${each})`) },
    { weight: 2, arbitrary: fc.tuple(tie('where'), fc.constantFrom('AND', 'OR'), tie('where')).map((all) => all.join(' ')) },
  ),
})).where

const maybe = (arbitrary: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.oneof(fc.constant(''), arbitrary)
const whereClause = maybe(where.map((each) => ` WHERE ${each}`))
const select = fc
  .tuple(
    fc.oneof(
      fc.constant('*'),
      fc.array(column, { minLength: 1, maxLength: 3 }).map(String),
      fc.constantFrom('size(a)', 'a AS b', 'COUNT(*)'),
    ),
    table,
    whereClause,
    maybe(fc.constantFrom(' ORDER BY sk', ' ORDER BY sk DESC', ' ORDER BY pk ASC, sk DESC', ' LIMIT 1')),
  )
  .map(([what, from, conditions, order]) => `SELECT ${what} FROM ${from}${conditions}${order}`)
const insert = fc.tuple(table, literal).map(([into, item]) => `INSERT INTO ${into} VALUE ${item}`)
const insertItem = fc
  .tuple(table, literal, literal)
  .map(([into, a, b]) => `INSERT INTO ${into} VALUE {'pk': 'a', 'sk': 1, 'a': ${a}, 'b': ${b}}`)
const change = fc.oneof(
  fc.tuple(column, operand).map(([at, what]) => ` SET ${at} = ${what}`),
  column.map((each) => ` REMOVE ${each}`),
  fc
    .tuple(column, fc.constantFrom('list_append', 'set_add', 'set_delete'), operand, operand)
    .map(([at, called, a, b]) => ` SET ${at} = ${called}(${a}, ${b})`),
)
const returning = maybe(fc.constantFrom(' RETURNING ALL OLD *', ' RETURNING MODIFIED NEW *', ' RETURNING ALL NEW *', ' RETURNING ALL'))
const change1 = fc
  .tuple(table, fc.array(change, { minLength: 1, maxLength: 3 }), whereClause, returning)
  .map(([at, changes, conditions, end]) => `UPDATE ${at}${changes.join('')}${conditions}${end}`)
const remove = fc.tuple(table, whereClause, returning).map(([from, conditions, end]) => `DELETE FROM ${from}${conditions}${end}`)
const exists = select.map((each) => `EXISTS(${each})`)

export const statement = torn(fc.oneof({ weight: 4, arbitrary: select }, insert, insertItem, change1, remove, exists))

/** Mostly whole; sometimes with a piece cut out, doubled or put in. */
function torn(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 12, arbitrary: texts },
    {
      weight: 1,
      arbitrary: fc
        .tuple(texts, fc.nat(), fc.nat(8))
        .map(([text, at, length]) => text.slice(0, at % (text.length + 1)) + text.slice((at % (text.length + 1)) + length)),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(texts, fc.nat(), hostileText)
        .map(([text, at, other]) => text.slice(0, at % (text.length + 1)) + other + text.slice(at % (text.length + 1))),
    },
    { weight: 1, arbitrary: fc.tuple(texts, texts).map((all) => all.join(' ')) },
    { weight: 1, arbitrary: tokens },
    { weight: 1, arbitrary: hostileText },
  )
}
