import { describe, expect, it } from 'vitest'
import { parseCredentials } from './credentials.ts'

describe('a credentials file', () => {
  it.each([
    ['a list', [], 'must be a JSON object'],
    ['an entry that is a text', { A: 'secret' }, 'A: must be an object'],
    ['a key without a secret', { A: {} }, 'A: secretAccessKey is missing'],
    ['a token that is none', { A: { secretAccessKey: 's', sessionToken: '' } }, 'A: sessionToken must be a text'],
    ['an account that is none', { A: { secretAccessKey: 's', account: 5 } }, 'A: account must be twelve digits'],
    ['a setting that is not there', { A: { secretAccessKey: 's', region: ['x'] } }, 'A: there is no setting region'],
    ['a rule that is no list', { A: { secretAccessKey: 's', tables: 'x' } }, 'A: tables must be a list of names'],
    ['a denial of nothing', { A: { secretAccessKey: 's', deny: {} } }, 'A: deny must be an object of regions, tables or actions'],
    ['a denial that cannot be', { A: { secretAccessKey: 's', deny: { actions: 'x' } } }, 'A: deny: actions must be a list of names'],
    [
      'an action as IAM writes it',
      { A: { secretAccessKey: 's', actions: ['*', 'dynamodb:GetItem'] } },
      'as in GetItem, not "dynamodb:GetItem"',
    ],
    [
      'an operation that is no action',
      { A: { secretAccessKey: 's', actions: ['TransactWriteItems'] } },
      'IAM has no action TransactWriteItems for DynamoDB; a transaction is allowed by GetItem, PutItem',
    ],
    ['an action that is misspelt', { A: { secretAccessKey: 's', actions: ['GetItems'] } }, 'IAM has no action GetItems'],
    [
      'an ARN for a table',
      { A: { secretAccessKey: 's', tables: ['arn:aws:dynamodb:us-east-1:000000000000:table/T'] } },
      'as in Orders, not "arn:',
    ],
    ['a Region that can be none', { A: { secretAccessKey: 's', regions: ['EU West'] } }, 'as in eu-west-1, not "EU West"'],
  ])('with %s is refused', (_what, json, problem) => {
    expect(parseCredentials(json)).toEqual({ problem: expect.stringContaining(problem) as string })
  })

  it('may use actions that are no operations, and patterns of actions', () => {
    for (const action of ['ConditionCheckItem', 'PartiQLSelect', 'CreateTableReplica', 'PartiQL*', 'Describe*', '*', 'GetRecords']) {
      expect(parseCredentials({ A: { secretAccessKey: 's', actions: [action] } })).toBeInstanceOf(Map)
    }
  })
})
