import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isInvalid } from '../../item/invalid.ts'
import type { Condition, FunctionName, Operand, SetValue, Update, UpdateAction, WrittenPath } from './ast.ts'
import { parse } from './parse.ts'
import type { Parameter } from './parse.ts'

describe('what is printed is read again as the same tree', () => {
  test('conditions', () => {
    fc.assert(
      fc.property(condition, (tree) => {
        expect(treeOf('ConditionExpression', printCondition(tree))).toEqual(tree)
      }),
      { numRuns: 300 },
    )
  })

  test('updates', () => {
    fc.assert(
      fc.property(update, (tree) => {
        expect(treeOf('UpdateExpression', printUpdate(tree))).toEqual(tree)
      }),
    )
  })

  test('projections', () => {
    fc.assert(
      fc.property(fc.array(path, { minLength: 1, maxLength: 5 }), (paths) => {
        expect(treeOf('ProjectionExpression', paths.map(printPath).join(' , '))).toEqual(paths)
      }),
    )
  })
})

test('any text at all is either read or refused with a reason', () => {
  const fragment = fc.constantFrom(
    '(',
    ')',
    'a',
    '#b',
    ':c',
    '.',
    '[1]',
    ',',
    '=',
    '<>',
    'AND',
    'not',
    'IN',
    'size',
    'SET ',
    '+',
    ' ',
    '\u{1f600}',
    '_',
  )
  const parameter = fc.constantFrom<Parameter>('ConditionExpression', 'UpdateExpression', 'ProjectionExpression')
  fc.assert(
    fc.property(parameter, fc.array(fragment, { maxLength: 40 }), (kind, fragments) => {
      const parsed = parse(kind, fragments.join(''))
      if (isInvalid(parsed)) expect(parsed.invalid.startsWith(`Invalid ${kind}: `)).toBe(true)
      else expect(parsed.tree).toBeDefined()
    }),
    { numRuns: 2000 },
  )
})

describe('keywords, white space and precedence', () => {
  test('keywords are read in any case', () => {
    expect(treeOf('ConditionExpression', 'not a = :a and b between :b AND :c Or c iN (:d)')).toEqual(
      treeOf('ConditionExpression', '((NOT a = :a) AND b BETWEEN :b AND :c) OR c IN (:d)'),
    )
    expect(treeOf('UpdateExpression', 'set a = :a remove b')).toEqual(treeOf('UpdateExpression', 'SET a=:a REMOVE b'))
  })

  test('white space may stand between any two tokens, also after the name of a function', () => {
    expect(treeOf('ConditionExpression', '\tattribute_exists\n(  a . b [ 0 ] )\r\n')).toEqual(
      treeOf('ConditionExpression', 'attribute_exists(a.b[0])'),
    )
  })

  test('operands may stand in parentheses', () => {
    expect(treeOf('ConditionExpression', '( ( size ( a )) < b.c ) AND ( d > :v )')).toEqual(
      treeOf('ConditionExpression', 'size(a) < b.c AND d > :v'),
    )
    expect(treeOf('UpdateExpression', 'SET a = (b + (:c))')).toEqual(treeOf('UpdateExpression', 'SET a = b + :c'))
  })
})

describe('a syntax error names the token and its neighbours', () => {
  test.each<[Parameter, string, string, string]>([
    ['UpdateExpression', 'ADD hits : incr', ':', 'hits : incr'],
    ['ConditionExpression', '__typename <> :t', '_', '__'],
    ['ConditionExpression', 'attribute_exists(a) AND NOT #b', '<EOF>', '#b'],
    ['UpdateExpression', 'SET a = a + :b + :c', '+', ':b + :c'],
    ['UpdateExpression', 'SET a = :b,', '<EOF>', ','],
    ['UpdateExpression', 'SET a == :b', '=', '== :b'],
    ['UpdateExpression', 'a = :b', 'a', 'a ='],
    ['UpdateExpression', 'ADD a b', 'b', 'a b'],
    ['ProjectionExpression', 'a..b', '.', '..b'],
    ['ProjectionExpression', 'a[b]', 'b', '[b]'],
    ['ConditionExpression', 'a = :b)', ')', ':b)'],
    ['ConditionExpression', 'and = :b', 'and', 'and ='],
    ['ConditionExpression', 'a = \u{1f600}', '\u{1f600}', '= \u{1f600}'],
  ])('%s %j', (parameter, text, token, near) => {
    expect(reasonOf(parameter, text)).toBe(`Syntax error; token: "${token}", near: "${near}"`)
  })
})

describe('rules beyond the grammar', () => {
  test.each<[Parameter, string, string]>([
    ['ConditionExpression', '', 'The expression can not be empty;'],
    ['ProjectionExpression', 'a, name', 'Attribute name is a reserved keyword; reserved keyword: name'],
    ['UpdateExpression', 'SET a.Status = :v', 'Attribute name is a reserved keyword; reserved keyword: Status'],
    ['ConditionExpression', '((a = :v))', 'The expression has redundant parentheses;'],
    ['ConditionExpression', '((:p = :p AND :p = :p))', 'The expression has redundant parentheses;'],
    ['UpdateExpression', 'SET a = ((:v))', 'The expression has redundant parentheses;'],
    ['UpdateExpression', 'SET a = :v SET b = :v', 'The "SET" section can only be used once in an update expression;'],
    ['UpdateExpression', 'remove a REMOVE b', 'The "REMOVE" section can only be used once in an update expression;'],
    ['ConditionExpression', 'Size(a) = :v', 'Invalid function name; function: Size'],
    ['ConditionExpression', 'foo(a)', 'Invalid function name; function: foo'],
    ['ConditionExpression', 'size(a)', 'The function is not allowed to be used this way in an expression; function: size'],
    [
      'ConditionExpression',
      'attribute_exists(a) = :v',
      'The function is not allowed to be used this way in an expression; function: attribute_exists',
    ],
    [
      'ConditionExpression',
      'contains(a, begins_with(b, :v))',
      'The function is not allowed to be used this way in an expression; function: begins_with',
    ],
    ['ConditionExpression', 'if_not_exists(a, :v) = :v', 'The function is not allowed in a condition expression; function: if_not_exists'],
    ['UpdateExpression', 'SET a = size(b)', 'The function is not allowed in an update expression; function: size'],
    [
      'ConditionExpression',
      'attribute_exists(a, b)',
      'Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 2',
    ],
    [
      'UpdateExpression',
      'SET a = list_append(b)',
      'Incorrect number of operands for operator or function; operator or function: list_append, number of operands: 1',
    ],
    [
      'ConditionExpression',
      'attribute_exists(:a)',
      'Operator or function requires a document path; operator or function: attribute_exists',
    ],
    [
      'UpdateExpression',
      'SET a = if_not_exists(:a, :b)',
      'Operator or function requires a document path; operator or function: if_not_exists',
    ],
    ['ProjectionExpression', 'a[99999999999]', 'List index is not within the allowable range; index: [99999999999]'],
  ])('%s %j', (parameter, text, reason) => {
    expect(reasonOf(parameter, text)).toBe(reason)
  })

  test('parentheses that group are not redundant', () => {
    for (const text of ['((:p = :p AND :p = :p) AND :p = :p)', '(a = :v)', '((a = :v) AND (b = :v))', 'a = :v OR (b = :v AND c = :v)']) {
      expect(isInvalid(parse('ConditionExpression', text))).toBe(false)
    }
  })

  test('a syntax error further on is answered before a rule broken earlier', () => {
    expect(reasonOf('ConditionExpression', 'name = :v AND')).toBe('Syntax error; token: "<EOF>", near: "AND"')
  })
})

describe('limits', () => {
  test('4096 bytes are read and 4097 are refused, in bytes and not in characters', () => {
    const legal = 'a, '.repeat(1365) + 'a'
    expect(Buffer.byteLength(legal)).toBe(4096)
    expect(isInvalid(parse('ProjectionExpression', legal))).toBe(false)
    expect(reasonOf('ProjectionExpression', `${legal} `)).toBe(tooLong(4097))
    expect(reasonOf('ProjectionExpression', 'é'.repeat(3000))).toBe(tooLong(6000))
  })

  test('300 operators are read and 301 are refused', () => {
    const chain = (conditions: number) => Array.from({ length: conditions }, () => 'a=:v').join(' OR ')
    expect(isInvalid(parse('FilterExpression', `NOT ${chain(150)}`))).toBe(false)
    expect(reasonOf('FilterExpression', chain(151))).toBe('The expression contains too many operators; operator count: 301')
  })

  test('32 steps of a path are read and 33 are refused', () => {
    expect(isInvalid(parse('ProjectionExpression', `a${'.b'.repeat(31)}`))).toBe(false)
    expect(reasonOf('ProjectionExpression', `a${'.b'.repeat(32)}`)).toBe(
      'The document path has too many nesting levels; nesting levels: 33',
    )
  })

  test('100 candidates of IN are read and 101 are refused', () => {
    const candidates = (count: number) => `a IN (${Array.from({ length: count }, () => ':v').join(',')})`
    expect(isInvalid(parse('ConditionExpression', candidates(100)))).toBe(false)
    expect(reasonOf('ConditionExpression', candidates(101))).toBe(
      'The IN operator is provided with too many operands; number of operands: 101',
    )
  })

  test('a condition may nest as deep as 300 operators go', () => {
    const depth = 149
    const text = `${'(a=:v OR '.repeat(depth)}a=:v${')'.repeat(depth)}`
    expect(isInvalid(parse('ConditionExpression', text))).toBe(false)
  })

  test.each<[string, Parameter, string]>([
    ['open parentheses', 'ConditionExpression', '('.repeat(4096)],
    ['pairs of parentheses', 'ConditionExpression', `${'('.repeat(2000)}a=:v${')'.repeat(2000)}`],
    ['NOTs', 'ConditionExpression', `${'NOT '.repeat(1020)}a=:v`],
    ['calls in calls', 'ConditionExpression', `${'size('.repeat(800)}a`],
    ['calls in calls of an update', 'UpdateExpression', `SET a=${'list_append('.repeat(300)}`],
    ['parentheses in an update', 'UpdateExpression', `SET a=${'('.repeat(4000)}`],
    ['indices', 'ProjectionExpression', `a${'[0]'.repeat(1300)}`],
    ['a megabyte', 'UpdateExpression', '('.repeat(1 << 20)],
  ])('%s are refused without exhausting the stack', (_, parameter, text) => {
    expect(reasonOf(parameter, text)).not.toBe('')
  })
})

function treeOf(parameter: Parameter, text: string): unknown {
  const parsed = parse(parameter, text)
  if (isInvalid(parsed)) throw new Error(`${parsed.invalid} in ${text}`)
  return parsed.tree
}

function reasonOf(parameter: Parameter, text: string): string {
  const parsed = parse(parameter, text)
  if (!isInvalid(parsed)) throw new Error(`accepted: ${text}`)
  expect(parsed.invalid.startsWith(`Invalid ${parameter}: `)).toBe(true)
  return parsed.invalid.slice(`Invalid ${parameter}: `.length)
}

function tooLong(sizeBytes: number): string {
  return `Expression size has exceeded the maximum allowed size; expression size: ${sizeBytes}`
}

// Trees, and how they are written. Only trees that a text can mean: a chain has two links or more, a function its operands.

const name = fc.constantFrom('a', 'b1', 'c_d', 'Pk', '#n', '#0')
const step = fc.oneof(name, fc.nat({ max: 99 }))
const path: fc.Arbitrary<WrittenPath> = fc.tuple(name, fc.array(step, { maxLength: 4 })).map(([first, rest]) => [first, ...rest])
const pathOperand = path.map((written): Operand => ({ kind: 'path', path: written }))
const valueOperand = fc.constantFrom(':v', ':0', ':Long_1').map((placeholder) => ({ kind: 'value' as const, placeholder }))
const plainOperand: fc.Arbitrary<Operand> = fc.oneof(pathOperand, valueOperand)
const operand: fc.Arbitrary<Operand> = fc.oneof(plainOperand, call('size', plainOperand))

function call(name: FunctionName, ...operands: fc.Arbitrary<Operand>[]): fc.Arbitrary<Extract<Operand, { kind: 'call' }>> {
  return fc.tuple(...operands).map((bound) => ({ kind: 'call', function: name, operands: bound }))
}

const { condition } = fc.letrec<{ condition: Condition; leaf: Condition }>((tie) => ({
  leaf: fc.oneof(
    fc.record({
      kind: fc.constant('compare' as const),
      comparator: fc.constantFrom('=', '<>', '<', '<=', '>', '>='),
      left: operand,
      right: operand,
    }),
    fc.record({ kind: fc.constant('between' as const), operand, low: operand, high: operand }),
    fc.record({ kind: fc.constant('in' as const), operand, candidates: fc.array(operand, { minLength: 1, maxLength: 4 }) }),
    call('attribute_exists', pathOperand),
    call('attribute_type', pathOperand, valueOperand),
    call('begins_with', operand, operand),
    call('contains', operand, operand),
  ),
  condition: fc.oneof(
    { maxDepth: 4 },
    tie('leaf'),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      conditions: fc.array(tie('condition'), { minLength: 2, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('not' as const), condition: tie('condition') }),
  ),
}))

const setOperand: fc.Arbitrary<Operand> = fc.oneof(
  plainOperand,
  call('if_not_exists', pathOperand, plainOperand),
  call('list_append', plainOperand, plainOperand),
)
const setValue: fc.Arbitrary<SetValue> = fc.oneof(
  setOperand,
  fc.record({ kind: fc.constant('arithmetic' as const), operator: fc.constantFrom('+', '-'), left: setOperand, right: setOperand }),
)
const update: fc.Arbitrary<Update> = fc
  .tuple(
    fc.array(fc.record({ kind: fc.constant('set' as const), path, value: setValue }), { maxLength: 3 }),
    fc.array(fc.record({ kind: fc.constant('remove' as const), path }), { maxLength: 3 }),
    fc.array(fc.record({ kind: fc.constant('add' as const), path, value: valueOperand }), { maxLength: 3 }),
    fc.array(fc.record({ kind: fc.constant('delete' as const), path, value: valueOperand }), { maxLength: 3 }),
  )
  .map((clauses): Update => clauses.flat())
  .filter((actions) => actions.length > 0)

function printCondition(tree: Condition): string {
  switch (tree.kind) {
    case 'compare':
      return `${printOperand(tree.left)}${tree.comparator}${printOperand(tree.right)}`
    case 'between':
      return `${printOperand(tree.operand)} between ${printOperand(tree.low)} AND ${printOperand(tree.high)}`
    case 'in':
      return `${printOperand(tree.operand)} IN(${tree.candidates.map(printOperand).join()})`
    case 'and':
    case 'or':
      return tree.conditions.map(printLink).join(` ${tree.kind} `)
    case 'not':
      return `NOT ${printLink(tree.condition)}`
    case 'call':
      return printOperand(tree)
  }
}

function printLink(tree: Condition): string {
  return tree.kind === 'and' || tree.kind === 'or' ? `(${printCondition(tree)})` : printCondition(tree)
}

function printOperand(operand: Operand): string {
  if (operand.kind === 'path') return printPath(operand.path)
  return operand.kind === 'value' ? operand.placeholder : `${operand.function}(${operand.operands.map(printOperand).join(', ')})`
}

function printPath(written: WrittenPath): string {
  return written.map((at, depth) => (typeof at === 'number' ? `[${at}]` : depth === 0 ? at : `.${at}`)).join('')
}

function printUpdate(actions: Update): string {
  const clause = (kind: UpdateAction['kind']) => {
    const printed = actions.filter((action) => action.kind === kind).map(printAction)
    return printed.length === 0 ? '' : `${kind} ${printed.join(', ')} `
  }
  return (['set', 'remove', 'add', 'delete'] as const).map(clause).join('')
}

function printAction(action: UpdateAction): string {
  const target = printPath(action.path)
  if (action.kind === 'remove') return target
  if (action.kind !== 'set') return `${target} ${action.value.placeholder}`
  const { value } = action
  return `${target} = ${value.kind === 'arithmetic' ? `${printOperand(value.left)} ${value.operator} ${printOperand(value.right)}` : printOperand(value)}`
}
