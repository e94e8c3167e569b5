import type { Answers, Question } from './questions.ts'
import { choice, number, regionList, yesOrNo } from './questions.ts'

/** The questions of `everywrite estimate --interactive`. */
export const workloadQuestions: readonly Question[] = [
  regionList('regions', 'Which Regions hold the table?', 'us-east-1,us-west-2,eu-west-1'),
  number('writes', 'How many items are written each second, by each Region that writes?', '100', 0, 1e9),
  choice('writers', 'Which Regions write?', ['every', 'one']),
  number('itemBytes', 'How large is an item, in bytes?', '1024', 1, 409_600),
  number('reads', 'How many items are read each second in each Region?', '500', 0, 1e9),
  choice('readConsistency', 'How are they read?', ['eventual', 'strong']),
  number('items', 'How many items are there?', '10000000', 0, 1e15),
  number('indexes', 'How many global indexes hold all attributes?', '0', 0, 20),
  number('expired', 'How many items expire each second, in all?', '0', 0, 1e9),
  yesOrNo('recovery', 'Point-in-time recovery?', 'no'),
  choice('mode', 'How is it paid?', ['on-demand', 'provisioned']),
  choice('day', 'What does a day look like?', ['flat', 'working-day', 'evening']),
  number('growth', 'How many percent does it grow in a month?', '0', -50, 100),
]

/** What the answers come to, as a file for `everywrite estimate` says it. */
export function workloadFrom(answers: Answers): object {
  const { regions, writes, writers, itemBytes, reads, readConsistency, items, indexes, expired, recovery, mode, day, growth } = answers
  const [first] = regions as readonly string[]
  const table = {
    name: 'table',
    itemBytes,
    items,
    writes: [{ region: writers === 'every' ? 'every' : first, perSecond: writes }],
    reads: [{ region: 'every', perSecond: reads, consistency: readConsistency }],
    ...(indexes === 0 ? {} : { indexes: Array.from({ length: Number(indexes) }, (_, at) => ({ name: `index-${at + 1}` })) }),
    ...(expired === 0 ? {} : { timeToLive: { region: first, perSecond: expired } }),
    ...(recovery === true ? { pointInTimeRecovery: true } : {}),
  }
  return {
    name: 'workload',
    regions,
    capacity: { mode },
    ...(day === 'flat' ? {} : { dailyCurve: day }),
    ...(growth === 0 ? {} : { growth: { monthlyPercent: growth, months: 12 } }),
    tables: [table],
  }
}
