import fc from 'fast-check'
import { expect, test } from 'vitest'
import { operators } from './condition-operators.ts'
import { literalPattern, matches, parsePattern } from './wildcard.ts'

const none = (): undefined => undefined

test('a pattern matches what the regular expression of it matches', () => {
  const piece = fc.constantFrom('*', '?', 'a', 'b', '.', '😀')
  const text = fc.array(fc.constantFrom('a', 'b', '.', '😀')).map((parts) => parts.join(''))
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), text, (pieces, value) => {
      const expression = pieces.map((each) => (each === '*' ? '.*' : each === '?' ? '.' : each === '.' ? '\\.' : each)).join('')
      expect(matches(parsePattern(pieces.join(''), true), value, none)).toBe(new RegExp(`^${expression}$`, 'su').test(value))
    }),
  )
})

test('a pattern of many stars takes no longer than its length allows', () => {
  expect(matches(parsePattern(`${'*a'.repeat(50)}b`, true), 'a'.repeat(2000), none)).toBe(false)
})

test('variables stand for what the request says, literally, and in the first version of policies for themselves', () => {
  const lookup = (key: string): string | undefined => (key === 'aws:username' ? 'a*' : undefined)
  const pattern = parsePattern('${aws:username}-?', true)
  expect(matches(pattern, 'a*-1', lookup)).toBe(true)
  expect(matches(pattern, 'ab-1', lookup)).toBe(false)
  expect(matches(parsePattern('${aws:userid}', true), '', lookup)).toBe(false)
  expect(matches(parsePattern('${*}${?}${$}', true), '*?$', none)).toBe(true)
  expect(matches(parsePattern('${aws:username}', false), '${aws:username}', lookup)).toBe(true)
  expect(matches(literalPattern('a*?', true), 'a*?', none)).toBe(true)
  expect(matches(literalPattern('a*?', true), 'abc', none)).toBe(false)
})

test.each<[string, string, string, boolean | undefined]>([
  ['ArnLike', 'arn:aws:iam::*:user/a*', 'arn:aws:iam::000000000000:user/ab', true],
  ['ArnLike', 'arn:aws:*:user/a', 'arn:aws:iam::000000000000:user/a', undefined],
  ['ArnLike', 'arn:*:iam::1:user/a', 'arn:aws:x:iam::1:user/a', false],
  ['ArnLike', 'arn:aws:iam::1:user/${aws:username}', 'arn:aws:iam::1:user/x', false],
  ['IpAddress', '10.0.0.0/8', '10.1.2.3', true],
  ['IpAddress', '10.0.0.1', '10.0.0.2', false],
  ['IpAddress', '2001:db8::/32', '2001:db8::1', true],
  ['IpAddress', '10.0.0.0/33', '10.0.0.1', undefined],
  ['DateLessThan', '2026-01-01T00:00:00Z', '2025-12-31T23:59:59.999Z', true],
  ['DateLessThan', 'soon', '2025-12-31T23:59:59.999Z', undefined],
  ['NumericGreaterThanEquals', '5', '5.0', true],
  ['NumericGreaterThanEquals', '5', 'x', false],
  ['Bool', 'TRUE', 'true', true],
  ['Bool', 'yes', 'true', undefined],
])('%s %s of %s is %s', (name, expected, actual, holds) => {
  expect(operators.get(name)?.compile(expected, true)?.(actual, none)).toBe(holds)
})
