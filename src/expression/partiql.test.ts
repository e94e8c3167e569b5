import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AttributeValue } from '../item/attribute-value.ts'
import { isInvalid } from '../item/invalid.ts'
import type { IndexKeySchema } from '../item/key-schema.ts'
import { evaluateCondition } from './condition.ts'
import type { StatementPlan } from './partiql.ts'
import { bindStatement, orderProblem, parseStatement, planAccess, tableOf, wholeKey } from './partiql.ts'
import type { OrderKey, ParsedStatement, Returning, Select, Statement, ValueExpression } from './partiql/ast.ts'
import { project } from './projection.ts'
import type { Condition, Operand, SetValue, UpdateAction, WrittenPath } from './syntax/ast.ts'
import { applyUpdate } from './update.ts'

const malformed = "Statement wasn't well formed, can't be processed: "

describe('what is printed is read again as the same tree', () => {
  test('every statement', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60), { maxLength: 150, size: 'max' }), fc.boolean(), (choices, spacious) => {
        const written = new Written(choices)
        const statement = written.statement()
        const parsed = parsedOf(spacious ? written.text.replaceAll(' ', ' /* \' */\n-- "\n\t') : written.text)
        expect(parsed.statement).toEqual(statement)
        expect(parsed.values).toEqual(written.values)
        expect(parsed.parameters).toBe(written.parameters)
      }),
      { numRuns: 500 },
    )
  })
})

describe('any text at all is either read or refused with a reason', () => {
  const fragment = fc.constantFrom(
    ...['SELECT ', '* ', ' FROM ', 'INSERT INTO ', ' VALUE ', 'UPDATE ', ' SET ', ' REMOVE ', 'DELETE FROM ', ' WHERE ', ' AND ', ' OR '],
    ...[
      ' NOT ',
      ' IN ',
      ' IS ',
      ' MISSING',
      ' NULL',
      ' BETWEEN ',
      'ORDER BY ',
      ' DESC',
      'RETURNING ',
      'ALL OLD *',
      'EXISTS(',
      'size(',
      'begins_with(',
    ],
    ...[
      '(',
      ')',
      '[',
      ']',
      '<<',
      '>>',
      '{',
      '}',
      ':',
      ',',
      '.',
      '=',
      '<>',
      '!=',
      '<',
      '-',
      '+',
      '?',
      ';',
      'a',
      '"b"',
      "'c'",
      "'",
      '"',
      '1',
      '.5e9',
      '--',
      '/*',
      '*/',
      '`',
    ],
    ...['\u{1f600}', '\ud800', '\0', 'LIMIT 1', 'list_append('],
  )

  test('texts made of the pieces of statements', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('', 'SELECT * FROM t WHERE ', 'UPDATE t SET a = ', 'INSERT INTO t VALUE '),
        fc.array(fragment, { maxLength: 40 }),
        expectAnswer,
      ),
      { numRuns: 3000 },
    )
  })

  test('any texts', () => {
    fc.assert(fc.property(fc.constantFrom('', 'SELECT '), fc.array(fc.string({ unit: 'binary' })), expectAnswer), { numRuns: 1000 })
  })

  test.each(['(', '[', 'NOT ', "{'a':", '<<', 'size(', '/*', "'", '"', 'a.', 'a AND ', '- '])(
    'eight thousand characters of %j',
    (piece) => {
      expectAnswer('SELECT * FROM t WHERE ', [piece.repeat(8000 / piece.length)])
    },
  )

  function expectAnswer(start: string, fragments: readonly string[]): void {
    const parsed = parseStatement(start + fragments.join(''))
    if (isInvalid(parsed)) expect(parsed.invalid).not.toBe('')
    else {
      const bound = bindStatement(
        parsed,
        Array.from({ length: parsed.parameters }, () => ({ S: 'x' })),
      )
      if (!isInvalid(bound)) expect(bound.table).toBe(tableOf(parsed))
    }
  }
})

describe('words and literals', () => {
  test('keywords and functions are read in any case, names in quotes may be anything', () => {
    const a = plan(`select "order", "a ""b""" from "my-table" where "#x" = 'it''s' and Begins_With(c, 'd')`)
    expect(a).toMatchObject({ kind: 'select', table: 'my-table', index: undefined })
    expect(select(a, { order: { N: '1' }, 'a "b"': { N: '2' }, '#x': { S: "it's" }, c: { S: 'def' } })).toEqual({
      order: { N: '1' },
      'a "b"': { N: '2' },
    })
  })

  test('values of every type', () => {
    const insert = plan(
      `INSERT INTO t VALUE {'s': 'x', 'n': -1.50, 'e': 1E3, 't': TRUE, 'f': false, 'z': NULL, 'l': [1, 'a', []], 'm': {'a': {}},
        'ss': <<'b', 'a'>>, 'ns': <<1, 2.0>>, 'bs': <<?>>, 'p': ?, 'gone': MISSING}`,
      { B: 'AA==' },
      { SS: ['q'] },
    )
    expect(insert).toMatchObject({
      kind: 'insert',
      item: {
        s: { S: 'x' },
        n: { N: '-1.5' },
        e: { N: '1000' },
        t: { BOOL: true },
        f: { BOOL: false },
        z: { NULL: true },
        l: { L: [{ N: '1' }, { S: 'a' }, { L: [] }] },
        m: { M: { a: { M: {} } } },
        ss: { SS: ['b', 'a'] },
        ns: { NS: ['1', '2'] },
        bs: { BS: ['AA=='] },
        p: { SS: ['q'] },
      },
    })
    expect(insert.kind === 'insert' && 'gone' in insert.item).toBe(false)
  })

  test('an item may be a parameter', () => {
    expect(plan('INSERT INTO t VALUE ?', { M: { a: { S: 'x' } } })).toMatchObject({ item: { a: { S: 'x' } } })
    expect(refusal('INSERT INTO t VALUE ?', { S: 'x' })).toContain('must be a tuple')
  })

  test('an inserted item may lie as deep as any', () => {
    const nested = (levels: number): string => (levels === 0 ? '1' : `{'a': ${nested(levels - 1)}}`)
    expect(plan(`INSERT INTO t VALUE ${nested(32)}`).kind).toBe('insert')
    expect(refusal(`INSERT INTO t VALUE ${nested(33)}`)).toContain('Nesting Levels have exceeded')
  })

  test.each([
    ["<<'a', 1>>", 'Unsupported set: members must be all strings, all numbers or all binary, and are: S, N'],
    ['<<TRUE>>', 'Unsupported set: members must be all strings, all numbers or all binary, and are: BOOL'],
    ['<<>>', 'may not be empty'],
    ['<<1, 1.0>>', 'contains duplicates'],
    ['1e200', 'Number overflow'],
  ])('%s is no value', (value, reason) => {
    expect(refusal(`INSERT INTO t VALUE {'a': ${value}}`)).toContain(reason)
  })

  test('parameters are counted', () => {
    expect(refusal('SELECT * FROM t WHERE a = ?')).toBe("Number of parameters in request and statement don't match.")
    expect(refusal('SELECT * FROM t', { S: 'a' })).toBe("Number of parameters in request and statement don't match.")
  })
})

describe('WHERE', () => {
  const item = {
    a: { N: '5' },
    s: { S: 'hello' },
    l: { L: [{ N: '1' }, { M: { x: { S: 'y' } } }] },
    ss: { SS: ['p', 'q'] },
    z: { NULL: true as const },
  }

  test.each([
    ['a = 5', true],
    ['5 = a', true],
    ['a <> 5', false],
    ['a != 6', true],
    ['a < 6 AND a <= 5 AND a > 4 AND a >= 5', true],
    ["a = '5'", false],
    ['a BETWEEN 5 AND 6', true],
    ['a NOT BETWEEN 5 AND 6', false],
    ['a IN [1, 5]', true],
    ['a IN (1, 2)', false],
    ['a NOT IN (1, 2)', true],
    ["a = 1 OR a = 5 AND s = 'no'", false],
    ["(a = 1 OR a = 5) AND NOT s = 'no'", true],
    ['b IS MISSING', true],
    ['a IS MISSING', false],
    ['a IS NOT MISSING', true],
    ['b = MISSING', true],
    ['a <> MISSING', true],
    ['z IS NULL', true],
    ['b IS NULL', false],
    ['a IS NOT NULL', true],
    ['a IS INT', true],
    ['a is decimal AND s IS STRING AND l IS LIST AND ss IS BAG', true],
    ['a IS BAG OR s IS NOT VARCHAR OR b IS STRUCT', false],
    ['z = NULL', true],
    ["begins_with(s, 'he')", true],
    ["NOT contains(ss, 'p')", false],
    ["CONTAINS(s, 'll')", true],
    ['size(s) = 5 AND SIZE(l) > 1', true],
    ["attribute_type(a, 'N')", true],
    ["l[1].x = 'y'", true],
    ["l[1]['x'] = 'y'", true],
    ['a = l[0]', false],
  ])('%s is %s', (where, holds) => {
    const bound = plan(`SELECT * FROM t WHERE ${where}`)
    expect(bound.kind === 'select' && bound.condition && evaluateCondition(bound.condition, item)).toBe(holds)
  })

  test.each([
    ['begins_with(a, 1)', 'Incorrect operand type for operator or function; operator or function: begins_with, operand type: N'],
    ['a BETWEEN 2 AND 1', 'The BETWEEN operator requires upper bound'],
    ["attribute_type(a, 'X')", 'Invalid attribute type name found'],
    [`a IN [${Array.from({ length: 101 }, (_, at) => at).join()}]`, 'too many operands; number of operands: 101'],
    ['a LIKE 5', malformed],
    ['a', malformed],
    ['COUNT(a) = 1', 'Unsupported function: COUNT at 1:23:5'],
  ])('%s cannot be', (where, reason) => {
    expect(refusal(`SELECT * FROM t WHERE ${where}`)).toContain(reason)
  })
})

describe('UPDATE', () => {
  test.each<[string, object, object]>([
    ["SET a = 1, b = 'x' SET c = a", { a: { N: '7' } }, { a: { N: '1' }, b: { S: 'x' }, c: { N: '7' } }],
    ['SET a = a + 1 SET b = 10 - a', { a: { N: '7' } }, { a: { N: '8' }, b: { N: '3' } }],
    ['SET l[0] = 2 REMOVE m.x', { l: { L: [{ N: '1' }] }, m: { M: { x: { N: '1' } } } }, { l: { L: [{ N: '2' }] }, m: { M: {} } }],
    ['SET l = list_append(l, [2])', { l: { L: [{ N: '1' }] } }, { l: { L: [{ N: '1' }, { N: '2' }] } }],
    ["SET s = set_add(s, <<'b'>>)", { s: { SS: ['a'] } }, { s: { SS: ['a', 'b'] } }],
    ["SET s = set_delete(s, <<'b'>>)", { s: { SS: ['a', 'b'] } }, { s: { SS: ['a'] } }],
    ['REMOVE a REMOVE b', { a: { N: '1' }, b: { N: '1' }, c: { N: '1' } }, { c: { N: '1' } }],
  ])('%s', (clauses, before, after) => {
    const bound = plan(`UPDATE t ${clauses} WHERE pk = 'a'`)
    expect(bound.kind === 'update' && applyUpdate(bound.update, before as Record<string, AttributeValue>)).toMatchObject({ item: after })
  })

  test.each([
    ["UPDATE t SET a = b + 'x' WHERE pk = 1", 'Incorrect operand type for operator or function; operator or function: +, operand type: S'],
    ['UPDATE t SET a = 1, a.b = 2 WHERE pk = 1', 'Two document paths overlap with each other'],
    ['UPDATE t SET a = set_add(b, <<1>>) WHERE pk = 1', 'The first argument of SET_ADD must be the attribute that is set'],
    ['UPDATE t SET a = set_add(a, 1) WHERE pk = 1', 'operator or function: set_add, operand type: N'],
    ["UPDATE t SET a = set_delete(a, 'x') WHERE pk = 1", 'operator: DELETE, operand type: STRING'],
    ['UPDATE t SET a = b + size(c) WHERE pk = 1', 'Unsupported function: SIZE at 1:22:4'],
    ['UPDATE t WHERE pk = 1', `${malformed}Expected data manipulation`],
    ['UPDATE my-table SET a = 1 WHERE pk = 1', `${malformed}Expected data manipulation`],
    ['UPDATE t SET a = 1 RETURNING MODIFIED *', malformed],
    ['UPDATE t REMOVE a, b', malformed],
  ])('%s is refused', (text, reason) => {
    expect(refusal(text)).toContain(reason)
  })

  test.each(['ALL OLD', 'ALL NEW', 'MODIFIED OLD', 'MODIFIED NEW'])('RETURNING %s *', (returning) => {
    expect(plan(`UPDATE t SET a = 1 WHERE pk = 1 RETURNING ${returning} *`)).toMatchObject({ returning })
  })
})

describe('texts that are no statements of DynamoDB', () => {
  test.each([
    ['', `${malformed}Expected data manipulation`],
    ['EXPLAIN SELECT * FROM t', `${malformed}Expected data manipulation`],
    ['INSERT INTO urls (key, a) VALUES (?, ?)', `${malformed}Unexpected keyword`],
    ['INSERT INTO t <<{}, {}>>', 'Inserting multiple items in a single statement is not supported'],
    ["INSERT INTO t VALUE {'a': 1} IF NOT EXISTS", 'Unsupported clause: IF at 1:30:2'],
    ["INSERT INTO t VALUE {'a': 1, 'a': 2}", 'Duplicate attribute name a'],
    ['INSERT INTO t VALUE {a: 1}', malformed],
    ['INSERT INTO t VALUE 5', 'Expected a tuple'],
    ['SELECT date FROM t', `${malformed}Unexpected keyword`],
    ['SELECT * FROM my-table', 'Unexpected from source'],
    ["SELECT * FROM 'table'", 'Unexpected from source'],
    ['SELECT * FROM a.b.c', 'Unexpected path component at 1:18:1'],
    ['SELECT *\nFROM t LIMIT 5', 'Unsupported clause: LIMIT at 2:8:5'],
    ['SELECT COUNT(*) FROM t', 'Unsupported function: COUNT at 1:8:5'],
    ['SELECT * FROM t WHERE a = 1 2', `${malformed}Unexpected term`],
    ['SELECT * FROM t WHERE a == 1', `${malformed}Unexpected operator`],
    ["SELECT * FROM t WHERE a = 'open", `${malformed}Unexpected token`],
    ['DELETE FROM t WHERE a = 1 RETURNING ALL NEW *', 'Unsupported returning clause in DELETE: ALL NEW *'],
    ['EXISTS(DELETE FROM t)', `${malformed}Unexpected keyword`],
    ['SELECT a, a.b FROM t', 'Two document paths overlap with each other'],
  ])('%j', (text, reason) => {
    expect(refusal(text)).toContain(reason)
  })
})

describe('the keys that WHERE names', () => {
  const keys: IndexKeySchema = { partition: [{ name: 'pk', type: 'S' }], sort: [{ name: 'sk', type: 'N' }] }
  const schema = { partition: { name: 'pk', type: 'S' }, sort: { name: 'sk', type: 'N' } } as const
  const a = { S: 'a' }
  const b = { S: 'b' }

  test.each<[string, object | undefined]>([
    ["pk = 'a'", { partitions: [[a]], equal: [], ranges: [] }],
    ["'a' = pk AND sk = 1", { partitions: [[a]], equal: [], ranges: [{ op: '=', value: { N: '1' } }] }],
    ["pk IN ['a', 'b', 'a'] AND 5 > sk", { partitions: [[a], [b]], equal: [], ranges: [{ op: '<', value: { N: '5' } }] }],
    ["pk = 'a' OR pk = 'b'", { partitions: [[a], [b]], equal: [], ranges: [] }],
    ["(pk = 'a' AND x = 1) OR (pk = 'b' AND sk = 1)", { partitions: [[a], [b]], equal: [], ranges: [] }],
    [
      "pk = 'a' AND (x = 1 AND sk BETWEEN 1 AND 2)",
      { partitions: [[a]], equal: [], ranges: [{ op: 'BETWEEN', low: { N: '1' }, high: { N: '2' } }] },
    ],
    [
      "pk = 'a' AND sk > 1 AND sk < 9 AND sk <> 5",
      {
        ranges: [
          { op: '>', value: { N: '1' } },
          { op: '<', value: { N: '9' } },
        ],
      },
    ],
    ["pk IN ['a', 'b'] AND pk = 'a'", { partitions: [[a]] }],
    ["pk > 'a'", undefined],
    ["pk = 'a' OR x = 1", undefined],
    ["NOT pk = 'a'", undefined],
    ["pk.x = 'a'", undefined],
    ['pk = x', undefined],
    ['sk = 1', undefined],
  ])('%s', (where, access) => {
    const found = planAccess(conditionOf(where), keys)
    if (access === undefined) expect(found).toBeUndefined()
    else expect(found).toMatchObject(access)
  })

  test('an index may have several attributes of each kind', () => {
    const several: IndexKeySchema = {
      partition: [keys.partition[0] ?? schema.partition, { name: 'region', type: 'S' }],
      sort: [schema.sort, { name: 'day', type: 'N' }],
    }
    expect(planAccess(conditionOf("pk IN ['a', 'b'] AND region = 'r' AND sk = 1 AND day > 2"), several)).toEqual({
      partitions: [
        [a, { S: 'r' }],
        [b, { S: 'r' }],
      ],
      equal: [{ N: '1' }],
      ranges: [{ op: '>', value: { N: '2' } }],
    })
    expect(planAccess(conditionOf("pk = 'a'"), several)).toBeUndefined()
  })

  test('keys of another type, empty keys and too many of them are refused', () => {
    expect(planAccess(conditionOf('pk = 1'), keys)).toHaveProperty('invalid', expect.stringContaining('does not match schema type'))
    expect(planAccess(conditionOf("pk = 'a' AND sk > 'x'"), keys)).toHaveProperty(
      'invalid',
      expect.stringContaining('does not match schema type'),
    )
    expect(planAccess(conditionOf("pk = ''"), keys)).toHaveProperty(
      'invalid',
      expect.stringContaining('cannot contain an empty string value. Key: pk'),
    )
    const many = Array.from({ length: 51 }, (_, at) => `'${at}'`).join()
    expect(planAccess(conditionOf(`pk IN [${many}]`), keys)).toHaveProperty('invalid', expect.stringContaining('too many'))
  })

  test('a write names its whole key with = and AND', () => {
    expect(wholeKey(conditionOf("x = 1 AND (pk = 'a' AND sk = 1)"), schema)).toEqual({ pk: a, sk: { N: '1' } })
    for (const where of ["pk = 'a'", "pk = 'a' OR sk = 1", "pk IN ['a'] AND sk = 1", "pk = 'a' AND sk >= 1", "NOT (pk = 'a' AND sk = 1)"]) {
      expect(wholeKey(conditionOf(where), schema)).toBeUndefined()
    }
    expect(wholeKey(undefined, schema)).toBeUndefined()
  })

  test('what is outside of the access never satisfies the clause', () => {
    const value = fc.constantFrom("'a'", "'b'", "'c'")
    const test = fc.oneof(
      value.map((v) => `pk = ${v}`),
      fc.tuple(value, value).map(([v, w]) => `pk IN [${v}, ${w}]`),
      fc.tuple(fc.constantFrom('<', '<=', '=', '>', '>=', '<>'), fc.nat(3)).map(([op, n]) => `sk ${op} ${n}`),
      fc.nat(3).map((n) => `sk BETWEEN ${n} AND ${n + 1}`),
      fc.constant('x IS MISSING'),
    )
    const { clause } = fc.letrec<{ clause: string }>((tie) => ({
      clause: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        test,
        fc.tuple(tie('clause'), fc.constantFrom('AND', 'OR'), tie('clause')).map(([left, op, right]) => `(${left} ${op} ${right})`),
        tie('clause').map((inner) => `NOT (${inner})`),
      ),
    }))
    const items = ['a', 'b', 'c', 'd'].flatMap((pk) => [0, 1, 2, 3, 4].map((sk) => ({ pk: { S: pk }, sk: { N: String(sk) } })))
    fc.assert(
      fc.property(clause, (where) => {
        const condition = conditionOf(where)
        const access = planAccess(condition, keys)
        if (access === undefined || isInvalid(access)) return
        for (const item of items) {
          if (condition === undefined || !evaluateCondition(condition, item)) continue
          expect(access.partitions).toContainEqual([item.pk])
          for (const exact of access.equal) expect(exact).toEqual(item.sk)
          for (const range of access.ranges) {
            const sk = Number(item.sk.N)
            if (range.op === 'BETWEEN')
              expect('N' in range.low && Number(range.low.N) <= sk && 'N' in range.high && sk <= Number(range.high.N)).toBe(true)
            else if (range.op !== 'begins_with' && 'N' in range.value) expect(compares(range.op, sk, Number(range.value.N))).toBe(true)
          }
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('ORDER BY needs partitions and orders by keys', () => {
    const problem = (where: string | undefined, attribute: string) => {
      const condition = where === undefined ? undefined : conditionOf(where)
      const access = planAccess(condition, keys)
      return isInvalid(access) ? access : orderProblem([{ attribute, descending: false }], condition, keys, access)?.invalid
    }
    expect(problem(undefined, 'sk')).toBe('Must have WHERE clause in the statement when using ORDER BY clause.')
    expect(problem('sk = 1', 'sk')).toBe(
      'Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.',
    )
    expect(problem("pk = 'a'", 'x')).toBe('Variable reference x in ORDER BY clause must be part of the primary key')
    expect(problem("pk = 'a'", 'sk')).toBeUndefined()
    expect(problem("pk = 'a'", 'pk')).toBeUndefined()
  })

  function conditionOf(where: string) {
    const bound = plan(`SELECT * FROM t WHERE ${where}`)
    return bound.kind === 'select' ? bound.condition : undefined
  }
})

function compares(op: '=' | '<' | '<=' | '>' | '>=', x: number, y: number): boolean {
  return { '=': x === y, '<': x < y, '<=': x <= y, '>': x > y, '>=': x >= y }[op]
}

function parsedOf(text: string): ParsedStatement {
  const parsed = parseStatement(text)
  if (isInvalid(parsed)) throw new Error(`${text}: ${parsed.invalid}`)
  return parsed
}

function plan(text: string, ...parameters: AttributeValue[]): StatementPlan {
  const bound = bindStatement(parsedOf(text), parameters)
  if (isInvalid(bound)) throw new Error(`${text}: ${bound.invalid}`)
  return bound
}

function select(plan: StatementPlan, item: Record<string, AttributeValue>) {
  if (plan.kind !== 'select' || plan.condition === undefined || plan.projection === undefined)
    throw new Error('a SELECT of some attributes')
  return evaluateCondition(plan.condition, item) ? project(plan.projection, item) : undefined
}

function refusal(text: string, ...parameters: AttributeValue[]): string {
  const parsed = parseStatement(text)
  const bound = isInvalid(parsed) ? parsed : bindStatement(parsed, parameters)
  if (!isInvalid(bound)) throw new Error(`accepted: ${text}`)
  return bound.invalid
}

/** Makes a statement by the choices and writes it down, entering its values in the order of the text. Without choices left, it ends soon. */
class Written {
  readonly values: ValueExpression[] = []
  parameters = 0
  text = ''
  readonly #choices: readonly number[]
  #at = 0

  constructor(choices: readonly number[]) {
    this.#choices = choices
  }

  statement(): Statement {
    switch (this.#pick('select', 'insert', 'update', 'delete', 'exists')) {
      case 'select':
        return this.#select()
      case 'exists': {
        this.#write('EXISTS ( ')
        const select = this.#select()
        this.#write(') ')
        return { kind: 'exists', select }
      }
      case 'insert': {
        this.#write('INSERT INTO ')
        const table = this.#name()
        this.#write('VALUE ')
        this.values.push(this.#map(2))
        return { kind: 'insert', table, item: 0 }
      }
      case 'update': {
        this.#write('UPDATE ')
        const table = this.#name()
        const update = this.#several(1, 3, () => this.#action())
        return { kind: 'update', table, update, where: this.#where(), returning: this.#returning() }
      }
      default: {
        this.#write('DELETE FROM ')
        const table = this.#name()
        const where = this.#where()
        const returning = this.#either() ? ('ALL OLD' as const) : undefined
        if (returning !== undefined) this.#write('RETURNING ALL OLD * ')
        return { kind: 'delete', table, where, returning }
      }
    }
  }

  #select(): Select {
    this.#write('SELECT ')
    const all = this.#either()
    if (all) this.#write('* ')
    const projection = all ? undefined : this.#separated(() => this.#path())
    this.#write('FROM ')
    const table = this.#name()
    const indexed = this.#either()
    if (indexed) this.#write('. ')
    const index = indexed ? this.#name() : undefined
    const where = this.#where()
    return { kind: 'select', table, index, projection, where, order: this.#order() }
  }

  #order(): readonly OrderKey[] {
    if (this.#either()) return []
    this.#write('ORDER BY ')
    return this.#separated(() => {
      const attribute = this.#name()
      const word = this.#pick('', 'ASC ', 'desc ')
      this.#write(word)
      return { attribute, descending: word === 'desc ' }
    })
  }

  #returning(): Returning | undefined {
    const returning = this.#pick<Returning | undefined>(undefined, 'ALL OLD', 'ALL NEW', 'MODIFIED OLD', 'MODIFIED NEW')
    if (returning !== undefined) this.#write(`RETURNING ${returning} * `)
    return returning
  }

  #action(): UpdateAction {
    if (this.#either()) {
      this.#write('REMOVE ')
      return { kind: 'remove', path: this.#path() }
    }
    this.#write('SET ')
    const at = this.text.length
    const path = this.#path()
    const written = this.text.slice(at)
    this.#write('= ')
    const kind = this.#pick('set', 'add', 'delete')
    if (kind === 'set') return { kind, path, value: this.#data() }
    this.#write(`SET_${kind.toUpperCase()}( ${written}, `)
    const value = this.#value()
    this.#write(') ')
    return { kind, path, value: value as Extract<Operand, { kind: 'value' }> }
  }

  #data(): SetValue {
    const kind = this.#pick('operand', '+', '-', 'append')
    if (kind === 'append') {
      this.#write('list_append( ')
      const first = this.#simpleOperand()
      this.#write(', ')
      const second = this.#simpleOperand()
      this.#write(') ')
      return { kind: 'call', function: 'list_append', operands: [first, second] }
    }
    const left = this.#simpleOperand()
    if (kind === 'operand') return left
    this.#write(`${kind} `)
    return { kind: 'arithmetic', operator: kind, left, right: this.#simpleOperand() }
  }

  #simpleOperand(): Operand {
    return this.#either() ? this.#value() : this.#pathOperand()
  }

  #where(): Condition | undefined {
    if (this.#either()) return undefined
    this.#write('WHERE ')
    return this.#condition(3)
  }

  #condition(depth: number): Condition {
    const kinds = ['between', 'in', 'missing', 'function', ...(depth > 0 ? (['and', 'or', 'not'] as const) : [])] as const
    const kind = this.#pick('compare', ...kinds)
    switch (kind) {
      case 'and':
      case 'or':
        return {
          kind,
          conditions: this.#several(2, 3, (at) => {
            if (at > 0) this.#write(`${kind} `)
            return this.#grouped(depth - 1)
          }),
        }
      case 'not':
        this.#write('NOT ')
        return { kind, condition: this.#grouped(depth - 1) }
      case 'between': {
        const operand = this.#operand()
        this.#write('BETWEEN ')
        const low = this.#operand()
        this.#write('AND ')
        return { kind, operand, low, high: this.#operand() }
      }
      case 'in': {
        const operand = this.#operand()
        const [open, close] = this.#pick(['[', ']'], ['(', ')'])
        this.#write(`IN ${open} `)
        const candidates = this.#separated(() => this.#operand())
        this.#write(`${close} `)
        return { kind, operand, candidates }
      }
      case 'missing': {
        const operand = this.#pathOperand()
        const present = this.#either()
        this.#write(present ? 'IS NOT MISSING ' : 'is missing ')
        return { kind: 'call', function: present ? 'attribute_exists' : 'attribute_not_exists', operands: [operand] }
      }
      case 'function': {
        const name = this.#pick('begins_with', 'contains', 'attribute_type')
        this.#write(`${name}( `)
        const first = this.#pathOperand()
        this.#write(', ')
        const second = this.#operand()
        this.#write(') ')
        return { kind: 'call', function: name, operands: [first, second] }
      }
      default: {
        const left = this.#operand()
        const comparator = this.#pick('=', '<>', '<', '<=', '>', '>=')
        this.#write(comparator === '<>' && this.#either() ? '!= ' : `${comparator} `)
        return { kind: 'compare', comparator, left, right: this.#operand() }
      }
    }
  }

  #grouped(depth: number): Condition {
    this.#write('( ')
    const condition = this.#condition(depth)
    this.#write(') ')
    return condition
  }

  #operand(): Operand {
    switch (this.#pick('path', 'value', 'size')) {
      case 'path':
        return this.#pathOperand()
      case 'value':
        return this.#value()
      default: {
        this.#write('SIZE ( ')
        const operands = [this.#pathOperand()]
        this.#write(') ')
        return { kind: 'call', function: 'size', operands }
      }
    }
  }

  #pathOperand(): Operand {
    return { kind: 'path', path: this.#path() }
  }

  #value(): Operand {
    const value = this.#expression(2)
    return { kind: 'value', placeholder: `:${this.values.push(value) - 1}` }
  }

  #expression(depth: number): ValueExpression {
    const kinds = ['string', 'number', 'constant', 'parameter', ...(depth > 0 ? ['list', 'set', 'map'] : [])] as const
    const kind = this.#pick(...kinds)
    switch (kind) {
      case 'string': {
        const S = this.#pick('', 'a', "it's", '"', 'é?', '/*--')
        this.#write(`'${S.replaceAll("'", "''")}' `)
        return { kind: 'literal', value: { S } }
      }
      case 'number': {
        const N = this.#pick('0', '-7', '12.5', '12345678901234567890123456789012345678')
        this.#write(`${N} `)
        return { kind: 'literal', value: { N } }
      }
      case 'constant': {
        const [word, value] = this.#pick<readonly [string, AttributeValue]>(
          ['TRUE', { BOOL: true }],
          ['false', { BOOL: false }],
          ['null', { NULL: true }],
        )
        this.#write(`${word} `)
        return { kind: 'literal', value }
      }
      case 'parameter':
        this.#write('? ')
        return { kind, ordinal: this.parameters++ }
      case 'list':
      case 'set': {
        const [open, close] = kind === 'list' ? ['[', ']'] : ['<<', '>>']
        this.#write(`${open} `)
        const members = this.#either() ? [] : this.#separated(() => this.#expression(depth - 1))
        this.#write(`${close} `)
        return { kind, members }
      }
      default:
        return this.#map(depth)
    }
  }

  #map(depth: number): ValueExpression {
    this.#write('{ ')
    let names = 0
    const entries = this.#separated((): readonly [string, ValueExpression] => {
      const name = `it's${names++}`
      this.#write(`'${name.replaceAll("'", "''")}' : `)
      if (this.#either()) return [name, this.#expression(depth - 1)]
      this.#write('MISSING ')
      return [name, { kind: 'missing' }]
    })
    this.#write('} ')
    return { kind: 'map', entries }
  }

  #path(): WrittenPath {
    const first = this.#name()
    return [
      first,
      ...this.#several(0, 2, () => {
        if (this.#either()) {
          this.#write('. ')
          return this.#name()
        }
        const index = this.#choice(60)
        this.#write(`[ ${index} ] `)
        return index
      }),
    ]
  }

  #name(): string {
    const name = this.#pick('a', 'b_1', '$c', '_', 'order', 'a-b', '#d', 'x"y"', 'ü')
    this.#write(/^[a-z_$][a-z0-9_$]*$/i.test(name) && name !== 'order' ? `${name} ` : `"${name.replaceAll('"', '""')}" `)
    return name
  }

  #separated<T>(one: () => T): T[] {
    return this.#several(1, 3, (at) => {
      if (at > 0) this.#write(', ')
      return one()
    })
  }

  #several<T>(atLeast: number, atMost: number, one: (at: number) => T): T[] {
    return Array.from({ length: atLeast + this.#choice(atMost - atLeast + 1) }, (_, at) => one(at))
  }

  #either(): boolean {
    return this.#choice(2) === 1
  }

  #pick<const T>(first: T, ...others: readonly T[]): T {
    const options = [first, ...others]
    return options[this.#choice(options.length)] ?? first
  }

  #choice(below: number): number {
    return (this.#choices[this.#at++] ?? 0) % below
  }

  #write(text: string): void {
    this.text += text
  }
}
