import { expect, test } from 'vitest'
import type { Message } from '../replication/messages.ts'
import type { TableThere } from './permitted-links.ts'
import { PermittedLinks } from './permitted-links.ts'
import { TestWorld, users } from './test-world.contract.ts'

const [ann, bob, cat] = ['us-east-1.111122223333', 'eu-west-1.444455556666', 'us-west-2.123456789012'] as const

test('to and from who does not permit replication with the whole group nothing goes, and the others go on', async () => {
  const lab = await TestWorld.open()
  const members: TableThere[] = []
  for (const region of [ann, bob, cat]) {
    const view = await lab.time.resolve(lab.world.createTable(region, users))
    if ('table' in view) members.push({ region, table: view.table })
  }
  const [first] = members
  if (first === undefined) throw new Error('the tables are there')
  const message: Message = { kind: 'seed-end', globalId: 'group', transfer: 't' }
  let silent: string | undefined = bob
  const sent: string[] = []
  const up: string[] = []
  const links = new PermittedLinks({
    mayReplicate: ({ region }, all) => all.length === 3 && region !== silent,
    membersOf: (globalId) => (globalId === 'group' ? members : []),
    linkUp: (from, to) => up.push(`${from}>${to}`),
  })
  const send = (from: string, to: string): boolean =>
    links.transport({ send: (end) => sent.push(`${from}>${end}`) > 0 }, from).send(to, message)
  expect([send(ann, bob), send(bob, ann), send(ann, cat), send('us-east-1', 'eu-west-1')]).toEqual([false, false, true, true])
  expect(sent).toEqual([`${ann}>${cat}`, 'us-east-1>eu-west-1'])

  links.changed({ ...first.table, globalId: 'group' })
  expect(up).toEqual([])
  silent = undefined
  links.changed({ ...first.table, globalId: 'another' })
  expect(up).toEqual([])
  links.changed({ ...first.table, globalId: 'group' })
  expect(up).toEqual([`${ann}>${bob}`, `${bob}>${ann}`])
  expect(send(ann, bob)).toBe(true)
})
