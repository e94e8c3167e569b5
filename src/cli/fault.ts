import type { FaultBody, FaultsReply, HealedReply, InjectedReply, RequestScopeBody, SchedulesReply } from '../admin/wire.ts'
import { AdminClient } from './admin-client.ts'
import type { Arguments, Command } from './command.ts'
import { UsageError, numberOf, parseNumber, textOf } from './command.ts'
import { runSchedule } from './fault-schedule.ts'
import { layOut, print, printJson } from './output.ts'

const help = `everywrite fault: break the world, and heal it

  everywrite fault partition A B            the two Regions cannot reach each other
  everywrite fault pause REGION             nothing is replicated into or out of it, or nothing of one table (--table T); its clients are served
  everywrite fault latency FROM TO MS       the delay of one direction (--jitter MS adds up to so much)
  everywrite fault skew REGION MS           its clock is ahead, or behind if negative (--drift PPM: and gains so many µs per second)
  everywrite fault outage REGION            it answers nobody
  everywrite fault crash REGION             killed without a flush; it recovers from disk, at once unless --duration is given
  everywrite fault throttle REGION          its requests are throttled
  everywrite fault error REGION             its requests fail (--applied: they are carried out all the same)
  everywrite fault slow REGION MS [P99]     half of its requests take at least so much longer, one of a hundred at least P99
                                            all three: --table T, --operation O, --rate 0.1: only some of them
  everywrite fault index-lag REGION MS      its global secondary indexes show what they showed so long ago (--table T, --index I)
  everywrite fault stale REGION MS          its eventually consistent reads see tables as they were so long ago, or (--jitter MS) up to so much longer
                                            (--table T; --rate 0.1: one of ten; --seed N draws which)
  everywrite fault run FILE                 a timeline of faults, in YAML (--seed N: other times than the file's seed draws)
  everywrite fault stop ID                  ends a timeline, and heals what it brought
  everywrite fault list
  everywrite fault heal [ID]                all, when none is named

  --duration MS    heal by itself after so long
  --endpoint URL   default http://127.0.0.1:8000
  --json           as JSON`

export const fault: Command = {
  help,
  options: {
    duration: { type: 'string' },
    jitter: { type: 'string' },
    drift: { type: 'string' },
    table: { type: 'string' },
    operation: { type: 'string' },
    index: { type: 'string' },
    rate: { type: 'string' },
    applied: { type: 'boolean' },
    seed: { type: 'string' },
  },
  async run(args) {
    const client = AdminClient.of(args)
    const json = args.values['json'] === true
    const [what, id] = args.positionals
    if (what === undefined) throw new UsageError('Say which fault, or list, or heal; `everywrite fault --help` lists them')
    if (what === 'list') {
      assertCount(args, 0)
      const reply = { ...(await client.get<FaultsReply>('faults')), ...(await client.get<SchedulesReply>('schedules')) }
      if (json) printJson(reply)
      else printFaults(reply)
    } else if (what === 'run') {
      assertCount(args, 1)
      await runSchedule(client, id ?? '', { seed: numberOf(args, 'seed'), json, describe })
    } else if (what === 'stop') {
      assertCount(args, 1)
      const reply = await client.delete<{ readonly stopped: number }>(`schedules/${encodeURIComponent(id ?? '')}`)
      if (json) printJson(reply)
      else print('Stopped; what it brought is healed.')
    } else if (what === 'heal') {
      assertCount(args, id === undefined ? 0 : 1)
      const reply = await client.delete<HealedReply>(id === undefined ? 'faults' : `faults/${encodeURIComponent(id)}`)
      if (json) printJson(reply)
      else print(reply.healed === 0 ? 'Nothing was broken.' : `Healed ${reply.healed === 1 ? '1 fault' : `${reply.healed} faults`}.`)
    } else {
      const body = bodyOf(what, args)
      const reply = await client.post<InjectedReply>('faults', body)
      if (json) printJson(reply)
      else print(`${describe(body)} (fault ${reply.id})`)
    }
    return 0
  },
}

function bodyOf(kind: string, args: Arguments): FaultBody {
  const [, first = '', second = '', third] = args.positionals
  const durationMs = numberOf(args, 'duration')
  const duration = durationMs === undefined ? {} : { durationMs }
  switch (kind) {
    case 'partition':
      assertCount(args, 2)
      return { kind, between: [first, second], ...duration }
    case 'latency':
      assertCount(args, 3)
      return { kind, from: first, to: second, ms: parseNumber(third, 'MS'), jitterMs: numberOf(args, 'jitter') ?? 0, ...duration }
    case 'skew':
      assertCount(args, 2)
      return { kind, region: first, ms: parseNumber(second, 'MS'), driftPpm: numberOf(args, 'drift') ?? 0, ...duration }
    case 'pause':
      assertCount(args, 1)
      return { kind, region: first, table: textOf(args, 'table'), ...duration }
    case 'outage':
    case 'crash':
      assertCount(args, 1)
      return { kind, region: first, ...duration }
    case 'throttle':
      assertCount(args, 1)
      return { kind, ...requestsOf(first, args), ...duration }
    case 'error':
      assertCount(args, 1)
      return { kind, ...requestsOf(first, args), applied: args.values['applied'] === true, ...duration }
    case 'slow': {
      assertCount(args, third === undefined ? 2 : 3)
      const p50Ms = parseNumber(second, 'MS')
      return { kind, ...requestsOf(first, args), p50Ms, p99Ms: third === undefined ? p50Ms : parseNumber(third, 'P99'), ...duration }
    }
    case 'index-lag':
      assertCount(args, 2)
      return { kind, region: first, table: textOf(args, 'table'), index: textOf(args, 'index'), ms: parseNumber(second, 'MS'), ...duration }
    case 'stale': {
      assertCount(args, 2)
      const [jitterMs = 0, rate = 1, seed = 1] = [numberOf(args, 'jitter'), numberOf(args, 'rate'), numberOf(args, 'seed')]
      return { kind, region: first, table: textOf(args, 'table'), ms: parseNumber(second, 'MS'), jitterMs, rate, seed, ...duration }
    }
    default:
      throw new UsageError(`There is no fault ${kind}; \`everywrite fault --help\` lists them`)
  }
}

function requestsOf(region: string, args: Arguments): RequestScopeBody {
  const { table, operation } = args.values
  return {
    region,
    ...(typeof table === 'string' ? { table } : {}),
    ...(typeof operation === 'string' ? { operation } : {}),
    rate: numberOf(args, 'rate') ?? 1,
  }
}

/** @param count arguments after the name of the fault */
function assertCount({ positionals }: Arguments, count: number): void {
  if (positionals.length - 1 !== count)
    throw new UsageError(`fault ${positionals[0] ?? ''} takes ${count === 1 ? '1 argument' : `${count} arguments`}`)
}

function describe(body: FaultBody): string {
  const during = body.durationMs === undefined ? '' : ` for ${body.durationMs} ms`
  switch (body.kind) {
    case 'partition':
      return `${body.between[0]} and ${body.between[1]} cannot reach each other${during}`
    case 'pause':
      return `replication${body.table === undefined ? '' : ` of ${body.table}`} into and out of ${body.region} stands still${during}`
    case 'latency':
      return `${body.from} to ${body.to} takes ${body.ms} ms${(body.jitterMs ?? 0) > 0 ? ` and up to ${body.jitterMs} more` : ''}${during}`
    case 'skew': {
      const drift = (body.driftPpm ?? 0) === 0 ? '' : `, drifting by ${body.driftPpm} ppm`
      return `the clock of ${body.region} is ${Math.abs(body.ms)} ms ${body.ms < 0 ? 'behind' : 'ahead'}${drift}${during}`
    }
    case 'outage':
      return `${body.region} answers nobody${during}`
    case 'throttle':
      return `${describeRequests(body)} are throttled${during}`
    case 'error':
      return `${describeRequests(body)} ${body.applied === true ? 'are carried out and answered by an error' : 'fail'}${during}`
    case 'slow':
      return `${describeRequests(body)} take ${body.p50Ms} ms longer${(body.p99Ms ?? 0) > body.p50Ms ? `, some ${body.p99Ms}` : ''}${during}`
    case 'index-lag':
      return `${body.index ?? 'global indexes'}${body.table === undefined ? '' : ` of ${body.table}`} in ${body.region} show what was ${body.ms} ms ago${during}`
    case 'stale': {
      const which = (body.rate ?? 1) === 1 ? '' : `${percent(body.rate ?? 1)} of `
      const longer = (body.jitterMs ?? 0) > 0 ? ` to ${body.ms + (body.jitterMs ?? 0)}` : ''
      return `${which}eventually consistent reads${body.table === undefined ? '' : ` of ${body.table}`} in ${body.region} see what was ${body.ms}${longer} ms ago${during}`
    }
    case 'crash':
      return body.durationMs === undefined ? `${body.region} crashed and recovered` : `${body.region} is down${during}`
  }
}

function describeRequests({ region, table, operation, rate = 1 }: RequestScopeBody): string {
  const which = `${operation ?? 'requests'}${table === undefined ? '' : ` of ${table}`} in ${region}`
  return rate === 1 ? which : `${percent(rate)} of ${which}`
}

function percent(rate: number): string {
  return `${Number((rate * 100).toFixed(2))} %`
}

function printFaults({ faults, schedules }: FaultsReply & SchedulesReply): void {
  if (faults.length === 0) print('Nothing is broken.')
  else
    print(
      layOut(
        ['ID', 'SINCE', 'FAULT'],
        faults.map((each) => [each.id, each.since, describe(each)]),
      ),
    )
  for (const { id, remaining } of schedules) print(`Schedule ${id} runs; ${remaining} faults are still to come.`)
}
