import { billFor, isUnpriced, totalsBy } from './bill.ts'
import type { Bill } from './bill.ts'
import { auroraUsage } from './aurora-usage.ts'
import { defaultCharging } from './charging.ts'
import { billOf } from './estimate.ts'
import type { LessonBill } from './lesson-arithmetic.ts'
import { lessonBill } from './lesson-arithmetic.ts'
import { fullyUsed, lessonAurora, lessonExample, lessonWorkload } from './lesson-example.ts'
import type { Reading } from './lesson-example.ts'
import type { Decimal } from './money.ts'
import { decimal, dollars, sum } from './money.ts'
import { isProblems, parseWorkload } from './parse-workload.ts'
import { builtInBook, lessonBook } from './price-books.ts'
import type { BookName } from './price-books.ts'
import { isThroughput } from './usage.ts'
import type { AuroraSize, Workload } from './workload.ts'
import { usageOf } from './workload-usage.ts'

/** What the lesson says of costs, in our words, beside what the price list and AWS's documentation give, and why the two differ. */
export interface LessonClaim {
  readonly id: string
  readonly claim: string
  readonly correct: string
  readonly verdict: 'right' | 'partly right' | 'wrong' | 'inconsistent' | 'outdated' | 'unsupported' | 'left out'
  readonly why: string
}

/** All money in it is computed from the price books. */
export function lessonClaims(): readonly LessonClaim[] {
  const figures = new Figures()
  const claims = [...unitClaims(figures), ...totalClaims(figures), ...adviceClaims(figures)]
  return claims.sort((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)))
}

function unitClaims(f: Figures): readonly LessonClaim[] {
  const { lesson } = f
  return [
    {
      id: 'D1',
      claim: `1,000 write units cost ${dollars(lesson.lines.writes)} a month`,
      correct: `${f.units('replicated-write', 1000, 'provisioned')} provisioned, ${f.units('replicated-write', 1000, 'on-demand')} on demand at full rate (${f.units('write', 1000, 'on-demand', 'aws-before-2024-11')} before November 2024), in us-east-1`,
      verdict: 'wrong',
      why: `No list of AWS ever had that price; what a year costs (${dollars(f.unitsUsd('write', 1000, 'provisioned').times(decimal(12)))}) comes near it.`,
    },
    {
      id: 'D2',
      claim: `2,000 replicated units cost ${dollars(lesson.lines.replication)} a month`,
      correct: `${f.units('replicated-write', 2000, 'provisioned')} provisioned (${f.units('replicated-write', 2000, 'provisioned', 'aws-before-2024-11')} before November 2024), ${f.units('replicated-write', 2000, 'on-demand')} on demand`,
      verdict: 'wrong',
      why: 'As above.',
    },
    {
      id: 'D3',
      claim: `5,000 read units cost ${dollars(lesson.lines.reads)} a month`,
      correct: `${f.units('read', 5000, 'provisioned')} provisioned, ${f.units('read', 5000, 'on-demand')} on demand; half of it for eventually consistent reads`,
      verdict: 'wrong',
      why: 'As above; and its reads are eventually consistent ones, which cost half.',
    },
    {
      id: 'D4',
      claim: 'A write costs ten times what a read costs',
      correct: 'Five times, in every Region and mode',
      verdict: 'wrong',
      why: 'Ten times is right for eventually consistent reads only.',
    },
    {
      id: 'D5',
      claim: `100 GB cost ${dollars(lesson.lines.storage)}`,
      correct: `${f.storage('us-east-1')} in us-east-1 and us-west-2, ${f.storage('eu-west-1')} in eu-west-1`,
      verdict: 'partly right',
      why: 'Prices differ between Regions. The first 25 GB are free, and each item takes 148 bytes beside its own.',
    },
    {
      id: 'D7',
      claim: 'A Region pays write units for its own writes and replicated units for those of the others',
      correct: 'Every write to a table with replicas is charged in replicated units, in each Region, the one that accepted it included',
      verdict: 'wrong',
      why: `There is no plain unit beside them. The number, ${f.replicatedUnits('A')} in each Region, is right when every Region makes 1,000 writes a second; else it is ${f.replicatedUnits('B')}.`,
    },
    {
      id: 'D8',
      claim: 'Replication adds as many units in each Region as there are other Regions',
      correct: 'A write costs one unit per KB in each Region, so N in all: N - 1 more than without replicas',
      verdict: 'partly right',
      why: 'By Region it holds only where all Regions write the same amount.',
    },
    {
      id: 'D9',
      claim: `500 writes of 2 KB a second in two Regions take ${(f.question.localUnits + f.question.replicatedUnits).toLocaleString('en-US')} units in each`,
      correct: `${f.questionUnits('A')} in each when each Region makes 500, ${f.questionUnits('B')} when they make 500 together`,
      verdict: 'wrong',
      why: 'Items of 2 KB cost two units where they are replicated too.',
    },
    {
      id: 'D10',
      claim: 'Units are so many a second, and 2 KB need two of them',
      correct: 'A capacity unit is one write of 1 KB a second already; 2 KB need two',
      verdict: 'partly right',
      why: 'The number is right, the dimension is said twice.',
    },
    {
      id: 'D22',
      claim: '1.5 KB cost two units and 1 KB costs one',
      correct: 'So it is',
      verdict: 'right',
      why: 'Writes are rounded up to the KB.',
    },
  ]
}

function totalClaims(f: Figures): readonly LessonClaim[] {
  const { lesson, aurora } = f
  const ratio = (bill: Decimal): string => `${bill.div(f.claimedAurora.to).toFixed(1)} to ${bill.div(f.claimedAurora.from).toFixed(1)}`
  return [
    {
      id: 'D6',
      claim: `Three Regions cost ${dollars(lesson.perRegion)} each, ${dollars(lesson.total)} together`,
      correct: `1,000 writes a second in each Region: ${f.total('A', 'provisioned')} provisioned, ${f.total('A', 'on-demand')} on demand. 1,000 in all: ${f.total('B', 'provisioned')} and ${f.total('B', 'on-demand')}`,
      verdict: 'wrong',
      why: `The sum is right, what goes into it is not. eu-west-1 has prices of its own: ${f.region('A', 'provisioned', 'eu-west-1')} beside ${f.region('A', 'provisioned', 'us-east-1')}.`,
    },
    {
      id: 'D11',
      claim: 'That is eight to ten times what Aurora costs',
      correct: `By its own figures ${ratio(lesson.total)} times. By list prices, with what transfer would cost: ${ratio(f.usd('A', 'provisioned', 'list'))} (provisioned, 1,000 writes in each Region), ${ratio(f.usd('A', 'on-demand', 'list'))} (on demand), ${ratio(f.usd('B', 'provisioned', 'list'))} (provisioned, 1,000 in all)`,
      verdict: 'inconsistent',
      why: 'DynamoDB may cost less than Aurora here, or a few times more; it depends on the mode and on who writes.',
    },
    {
      id: 'D12',
      claim: 'The bill is 25,000, or 60,000, or between the two',
      correct: `Its own sum is ${dollars(lesson.total)}`,
      verdict: 'inconsistent',
      why: `The two come near on-demand prices before November 2024: ${f.total('B', 'on-demand', 'aws-before-2024-11')} for 1,000 writes in all, ${f.total('A', 'on-demand', 'aws-before-2024-11')} for 1,000 in each Region.`,
    },
    {
      id: 'D13',
      claim: `Aurora of the same scale costs ${dollars(f.claimedAurora.from)} to ${dollars(f.claimedAurora.to)}`,
      correct: `${dollars(aurora('standard'))} with four r7g.2xlarge, ${dollars(aurora('io-optimized'))} without charges for I/O`,
      verdict: 'right',
      why: 'Plausible. How large the instances must be is a guess, not a benchmark.',
    },
    {
      id: 'D16',
      claim: 'Provisioned capacity saves about half',
      correct: `${f.saving('1')} % at full use, ${f.saving('0.7')} % at the usual 70 %, nothing at ${f.breakEven()} % and less`,
      verdict: 'partly right',
      why: 'It depends on how much of what is provisioned is used.',
    },
  ]
}

function adviceClaims(f: Figures): readonly LessonClaim[] {
  return [
    {
      id: 'D14',
      claim: 'Replication takes less than a second, and one to three seconds',
      correct: 'Usually within a second; AWS promises no figure, and speaks of an RPO of a few seconds',
      verdict: 'inconsistent',
      why: 'Figures of up to 2.5 seconds are on the page of the version of 2017.',
    },
    {
      id: 'D15',
      claim: 'Aurora replicates in 45 to 85 milliseconds, so faster than DynamoDB',
      correct: 'AWS says less than a second, typically, of Aurora too',
      verdict: 'unsupported',
      why: 'No page of AWS with that figure was found.',
    },
    {
      id: 'D17',
      claim: 'Regions that only read save costs',
      correct: 'A replica pays a replicated unit for each write whether it accepts writes or not',
      verdict: 'wrong',
      why: 'Only a replica less saves that. Fewer conflicts are a good reason all the same.',
    },
    {
      id: 'D18',
      claim: 'Time to live saves storage and replication',
      correct: `It saves storage, and adds a replicated write in each other Region for every item that expires: ten million of them ${f.expiry()} in the three Regions`,
      verdict: 'partly right',
      why: 'The deletion is free where it runs only. Strongly consistent global tables have no time to live.',
    },
    {
      id: 'D19',
      claim: 'Provisioned means to reserve capacity at a discount',
      correct: 'Provisioned capacity is a mode; reserved capacity is a commitment on top of it, and there is none for replicated writes',
      verdict: 'wrong',
      why: 'A Database Savings Plan covers replicated writes: 12 % off when provisioned, 18 % on demand.',
    },
    {
      id: 'D20',
      claim: 'DynamoDB is eventually consistent, and only the primary of Aurora takes writes',
      correct: 'Global tables can be strongly consistent in three Regions (since June 2025), and Aurora forwards writes',
      verdict: 'outdated',
      why: 'Forwarding is slow, and Aurora has one writer still; but an application need not know where it is.',
    },
    {
      id: 'D21',
      claim: 'Nothing else is on the bill',
      correct:
        'Index writes in every Region, recovery and backups, 148 bytes for each item, the restore that fills a new replica, and (by some pages of AWS) transfer',
      verdict: 'left out',
      why: `An index of 1 KB entries adds ${f.index()} a month to 1,000 writes a second; transfer would be ${f.transfer('B')} to ${f.transfer('A')}.`,
    },
  ]
}

type Mode = 'provisioned' | 'on-demand'

class Figures {
  readonly lesson: LessonBill = lessonBill(lessonWorkload, lessonBook())
  /** The lesson's question to its readers. */
  readonly question: LessonBill = lessonBill(
    { writesPerSecond: 500, readsPerSecond: 0, itemBytes: 2048, storedGb: 0, regions: 2 },
    lessonBook(),
  )
  readonly claimedAurora = { from: decimal(lessonBook().aurora.from), to: decimal(lessonBook().aurora.to) }

  readonly aurora = (storage: AuroraSize['storage']): Decimal => {
    const book = builtInBook('aws-2024-11')
    const size: AuroraSize = { ...lessonAurora, storage, writeIosPerWrite: 1, readIosPerRead: 0 }
    return priced(billFor(auroraUsage(workloadOf(lessonExample('B')), size, book), book, defaultCharging)).total
  }

  usd(reading: Reading, mode: Mode, replicationTransfer: 'none' | 'list' = 'none', prices: BookName = 'aws-2024-11'): Decimal {
    return bill(lessonExample(reading, { capacity: capacityOf(mode), replicationTransfer }), prices).total
  }

  total(reading: Reading, mode: Mode, prices: BookName = 'aws-2024-11'): string {
    return dollars(this.usd(reading, mode, 'none', prices))
  }

  region(reading: Reading, mode: Mode, region: string): string {
    const totals = totalsBy(bill(lessonExample(reading, { capacity: capacityOf(mode) })), (line) => line.region)
    return dollars(totals.find(({ key }) => key === region)?.usd ?? decimal(0))
  }

  unitsUsd(kind: 'write' | 'replicated-write' | 'read', units: number, mode: Mode, prices: BookName = 'aws-2024-11'): Decimal {
    const regions = kind === 'replicated-write' ? ['us-east-1', 'us-west-2'] : ['us-east-1']
    const work =
      kind === 'read'
        ? { reads: [{ region: 'us-east-1', perSecond: units, consistency: 'strong' }] }
        : { writes: [{ region: 'us-east-1', perSecond: units }] }
    const all = bill({ regions, capacity: capacityOf(mode), tables: [{ name: 'items', itemBytes: 1024, ...work }] }, prices)
    return sum(all.lines.filter(({ region }) => region === 'us-east-1').map(({ usd }) => usd))
  }

  units(kind: 'write' | 'replicated-write' | 'read', units: number, mode: Mode, prices?: BookName): string {
    return dollars(this.unitsUsd(kind, units, mode, prices))
  }

  storage(region: string): string {
    return dollars(bill({ regions: [region], tables: [{ name: 'items', storedGb: 100 }] }).total)
  }

  replicatedUnits(reading: Reading): string {
    return unitsPerSecond(lessonExample(reading), 'us-west-2')
  }

  questionUnits(reading: Reading): string {
    const writes = [{ region: reading === 'A' ? 'every' : 'us-east-1', perSecond: 500 }]
    return unitsPerSecond({ regions: ['us-east-1', 'us-west-2'], tables: [{ name: 'items', itemBytes: 2048, writes }] }, 'us-west-2')
  }

  saving(targetUtilization: string): string {
    const onDemand = this.unitsUsd('write', 1000, 'on-demand')
    const provisioned = this.unitsUsd('write', 1000, 'provisioned').div(decimal(targetUtilization))
    return decimal(100)
      .minus(provisioned.div(onDemand).times(decimal(100)))
      .toFixed(1)
  }

  breakEven(): string {
    return this.unitsUsd('write', 1000, 'provisioned')
      .div(this.unitsUsd('write', 1000, 'on-demand'))
      .times(decimal(100))
      .toFixed(1)
  }

  expiry(): string {
    const timeToLive = { region: 'us-east-1', perMonth: 10_000_000 }
    return dollars(bill(lessonExample('A', { tables: [{ name: 'items', itemBytes: 1024, timeToLive }] })).total)
  }

  index(): string {
    const writes = [{ region: 'us-east-1', perSecond: 1000 }]
    const tables = [{ name: 'items', itemBytes: 1024, indexes: [{ name: 'all' }], writes }]
    return dollars(causeOf(bill(lessonExample('B', { capacity: fullyUsed, tables })), 'index writes'))
  }

  transfer(reading: Reading): string {
    return dollars(causeOf(bill(lessonExample(reading, { replicationTransfer: 'list' })), 'transfer'))
  }
}

function capacityOf(mode: Mode): object {
  return mode === 'provisioned' ? fullyUsed : { mode }
}

function workloadOf(input: object): Workload {
  const workload = parseWorkload(input)
  if (isProblems(workload)) throw new Error(`our own example is wrong: ${JSON.stringify(workload)}`)
  return workload
}

function bill(input: object, prices: BookName = 'aws-2024-11'): Bill {
  return priced(billOf(workloadOf(input), builtInBook(prices)))
}

function priced(outcome: ReturnType<typeof billFor>): Bill {
  if (isUnpriced(outcome)) throw new Error(`prices of our own example are missing: ${JSON.stringify(outcome)}`)
  return outcome
}

function causeOf({ lines }: Bill, cause: string): Decimal {
  return sum(lines.filter((line) => line.cause === cause).map(({ usd }) => usd))
}

function unitsPerSecond(input: object, region: string): string {
  const units = usageOf(workloadOf(input)).flatMap((each) =>
    each.region === region && isThroughput(each.work) && each.work.kind === 'replicated-write' ? [each.work.unitsPerMonth] : [],
  )
  return Number(
    sum(units)
      .div(decimal(730 * 3600))
      .toFixed(0),
  ).toLocaleString('en-US')
}

/** The claims as a page of the documentation. */
export function lessonPage(): string {
  const rows = lessonClaims().map(({ id, claim, correct, verdict, why }) => `| ${id} | ${claim} | ${correct} | ${verdict} | ${why} |`)
  return `${head}\n${rows.join('\n')}\n`
}

const head = `# The lesson's costs, line by line

The lesson whose lag \`--profile lesson\` has also puts a price on global tables. Here its figures stand beside list prices and AWS's documentation, as of
November 2026: us-east-1 unless said otherwise, 730 hours, no free tier, no charge for replicated bytes. This page is printed by
\`everywrite estimate --lesson\`; all money in it is computed from the price books, and a test holds the page to what is printed.

| | The lesson says | By list price and documentation | Verdict | Why |
|---|---|---|---|---|`
