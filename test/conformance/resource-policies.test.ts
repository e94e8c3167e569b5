import {
  DeleteResourcePolicyCommand,
  DescribeTableCommand,
  GetResourcePolicyCommand,
  PutResourcePolicyCommand,
} from '@aws-sdk/client-dynamodb'
import { beforeAll, describe, expect, it } from 'vitest'
import { tablesAreSlow, useEndpoint, useTable } from './endpoint.ts'
import { refusalOf, validation } from './refusal.ts'

const endpoint = useEndpoint()
const table = useTable(endpoint, 'policy', 'pk S')
let arn = ''
let account = ''
beforeAll(async () => {
  const { Table } = await endpoint.client.send(new DescribeTableCommand({ TableName: table }))
  arn = Table?.TableArn ?? ''
  account = arn.split(':')[4] ?? ''
})

const invalid = 'One or more parameter values were invalid: '
const statement = (more: object = {}) => ({
  Effect: 'Allow',
  Principal: { AWS: account },
  Action: 'dynamodb:GetItem',
  Resource: arn,
  ...more,
})
const policy = (...statements: object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements })
const put = (Policy: string) => refusalOf(endpoint, 'PutResourcePolicy', { ResourceArn: arn, Policy })

describe('a resource policy', () => {
  it('is not there until it is put', async () => {
    expect(await refusalOf(endpoint, 'GetResourcePolicy', { ResourceArn: arn })).toEqual({
      name: 'PolicyNotFoundException',
      message: `Resource-based policy not found for the provided ResourceArn: ${arn}`,
    })
    const { RevisionId } = await endpoint.client.send(new DeleteResourcePolicyCommand({ ResourceArn: arn }))
    expect(RevisionId).toBeUndefined()
  })

  // On AWS a policy can be changed again only after 15 seconds.
  it.skipIf(tablesAreSlow)('is put, shown in its canonical form, and removed', async () => {
    const { RevisionId } = await endpoint.client.send(
      new PutResourcePolicyCommand({ ResourceArn: arn, Policy: policy(statement({ Action: ['dynamodb:GetItem'] })) }),
    )
    const shown = await endpoint.client.send(new GetResourcePolicyCommand({ ResourceArn: arn }))
    expect(shown.RevisionId).toBe(RevisionId)
    expect(shown.Policy).toBe(
      `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::${account}:root"},` +
        `"Action":"dynamodb:GetItem","Resource":"${arn}"}]}`,
    )
    const again = await endpoint.client.send(new PutResourcePolicyCommand({ ResourceArn: arn, Policy: policy(statement()) }))
    expect(again.RevisionId).toBe(RevisionId)
    await endpoint.client.send(new DeleteResourcePolicyCommand({ ResourceArn: arn }))
  })

  it('is refused when it is none', async () => {
    const document = `${invalid}Invalid policy document: `
    expect(await put('{not json')).toEqual(validation(`${document}This policy contains invalid Json`))
    expect(await put('[]')).toEqual(validation(`${document}This policy contains invalid Json`))
    expect(await put('null')).toEqual(validation(`${document}This text appears not to be a policy`))
    expect(await put('{}')).toEqual(validation(`${document}Syntax error at position (1,3)`))
    expect(await put(policy())).toEqual(validation(`${document}Could not parse the policy: Statement is empty!`))
    expect(await put(policy({}))).toEqual(validation(`${document}Missing required field Effect`))
    expect(await put(policy(statement({ Resource: undefined })))).toEqual(validation(`${document}Missing required field Resource`))
    expect(await put(policy(statement({ Sid: 'a' }), statement({ Sid: 'a' })))).toEqual(
      validation(`${document}The Statement Ids in the policy are not unique`),
    )
    expect(await put(policy(statement({ Action: ['dynamodb:GetRecords', 'dynamodb:DescribeStream'] })))).toEqual(
      validation(`${document}The following action names are invalid: "dynamodb:GetRecords", "dynamodb:DescribeStream"`),
    )
    expect(await put(`${policy(statement())}${' '.repeat(20_480)}`)).toEqual(
      validation(`${invalid}Maximum policy size of 20480 bytes exceeded`),
    )
  })

  it('is not to be open to everybody', async () => {
    expect(await put(policy(statement({ Principal: '*' })))).toEqual(
      validation(
        'Resource-based policy grants unbounded access in one or more elements. ' +
          'Please revise the policy to ensure least-privilege form of access',
      ),
    )
  })

  it('is of a table or a stream, named by its ARN', async () => {
    const get = (ResourceArn: string) => refusalOf(endpoint, 'GetResourcePolicy', { ResourceArn })
    expect(await get(table)).toEqual(validation(`${invalid}ARNs must start with 'arn:': ${table}`))
    expect(await get(`${arn}-missing`)).toEqual({
      name: 'ResourceNotFoundException',
      message: `Requested resource not found: Table: ${table}-missing not found`,
    })
    expect(await get(`${arn}/stream/2000-01-01T00:00:00.000`)).toEqual({
      name: 'ResourceNotFoundException',
      message: `Requested resource not found: Stream: 2000-01-01T00:00:00.000 not found for Table: ${table}`,
    })
    expect(await get(arn.replace('arn:aws:', 'arn:aws-cn:'))).toEqual(
      validation(`${invalid}Invalid resource Arn: ${arn.replace('arn:aws:', 'arn:aws-cn:')}`),
    )
  })
})
