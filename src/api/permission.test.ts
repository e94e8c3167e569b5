import { defaultAccount } from '../base/account-region.ts'
import { describe, expect, it, test } from 'vitest'
import { assert } from '../base/assert.ts'
import type { Credential } from './credentials.ts'
import { parseCredentials } from './credentials.ts'
import { denial } from './permission.ts'
import type { Access } from './requested-access.ts'

function keyWith(entry: object): Credential {
  const credentials = parseCredentials({ AKID: { secretAccessKey: 's', ...entry } })
  assert(!('problem' in credentials), 'the entry is one')
  const credential = credentials.get('AKID')
  assert(credential !== undefined, 'the entry is read')
  return credential
}

const reading: Access = { action: 'GetItem', region: 'eu-west-1', account: defaultAccount, resource: 'table/Orders' }

const asked =
  'User: arn:aws:iam::000000000000:user/AKID is not authorized to perform: dynamodb:GetItem on resource: ' +
  'arn:aws:dynamodb:eu-west-1:000000000000:table/Orders '

describe('an action is denied in IAM’s words', () => {
  it('when nothing allows it', () => {
    for (const entry of [{ regions: [] }, { tables: ['orders'] }, { actions: ['Query'] }]) {
      const denied = denial(keyWith(entry), reading)
      expect(denied).toMatchObject({ exception: 'com.amazon.coral.service#AccessDeniedException', status: 400, textMember: 'Message' })
      expect(denied?.message).toBe(`${asked}because no identity-based policy allows the dynamodb:GetItem action`)
    }
  })

  it('when the key’s entry denies it, also where it allows it', () => {
    const key = keyWith({ tables: ['*'], deny: { tables: ['Ord*'], actions: ['Get*'] } })
    expect(denial(key, reading)?.message).toBe(`${asked}with an explicit deny in an identity-based policy`)
    expect(denial(key, { ...reading, action: 'Query' })).toBeUndefined()
    expect(denial(key, { ...reading, resource: 'table/Users' })).toBeUndefined()
  })

  it('when the resource’s policy denies it, also where the key may do everything', () => {
    expect(denial(keyWith({}), reading, 'deny')?.message).toBe(`${asked}with an explicit deny in a resource-based policy`)
  })

  it('with the account of the key', () => {
    expect(denial(keyWith({ account: '111122223333', tables: [] }), reading)?.message).toMatch(
      /^User: arn:aws:iam::111122223333:user\/AKID /,
    )
  })
})

test('a resource’s policy allows what the key’s entry does not mention, and not what it denies', () => {
  expect(denial(keyWith({ tables: [] }), reading, 'allow')).toBeUndefined()
  expect(denial(keyWith({ deny: { tables: ['Orders'] } }), reading, 'allow')?.message).toContain(
    'explicit deny in an identity-based policy',
  )
})

test('who may use a table may use what belongs to it, and only who may use all tables the account', () => {
  const key = keyWith({ tables: ['Orders', 'dev-*'] })
  const allowed = (resource: string): boolean => denial(key, { ...reading, resource }) === undefined
  for (const part of ['', '/index/by-day', '/stream/2026-11-24T08:15:30.123', '/backup/01']) {
    expect(allowed(`table/Orders${part}`)).toBe(true)
    expect(allowed(`table/dev-x${part}`)).toBe(true)
    expect(allowed(`table/Orders2${part}`)).toBe(false)
  }
  expect(allowed('global-table/Orders')).toBe(true)
  expect(allowed('table/*')).toBe(false)
  expect(denial(keyWith({ tables: ['*'] }), { ...reading, resource: 'table/*' })).toBeUndefined()
})

test('a stream that is another’s is named in full', () => {
  const access = {
    action: 'GetRecords',
    region: 'eu-west-1',
    account: defaultAccount,
    resource: 'table/Secrets/stream/2026-11-24T08:15:30.123',
  }
  expect(denial(keyWith({ tables: ['Orders'] }), access)?.message).toBe(
    'User: arn:aws:iam::000000000000:user/AKID is not authorized to perform: dynamodb:GetRecords on resource: ' +
      'arn:aws:dynamodb:eu-west-1:000000000000:table/Secrets/stream/2026-11-24T08:15:30.123 ' +
      'because no identity-based policy allows the dynamodb:GetRecords action',
  )
})
