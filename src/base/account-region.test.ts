import { expect, test } from 'vitest'
import { accountOf, accountRegion, defaultAccount, regionOf } from './account-region.ts'

test('a Region of the default account is called by its name alone', () => {
  expect(accountRegion('eu-west-1', defaultAccount)).toBe('eu-west-1')
  expect(regionOf('eu-west-1')).toBe('eu-west-1')
  expect(accountOf('eu-west-1')).toBe(defaultAccount)
})

test('the Region of another account is told apart, and taken apart again', () => {
  const name = accountRegion('eu-west-1', '111122223333')
  expect(name).toBe('eu-west-1.111122223333')
  expect([regionOf(name), accountOf(name)]).toEqual(['eu-west-1', '111122223333'])
})
