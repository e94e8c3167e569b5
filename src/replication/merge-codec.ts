import { assert } from '../base/assert.ts'
import { equalValues } from '../item/attribute-compare.ts'
import type { AttributeMap, AttributeValue, Item } from '../item/attribute-value.ts'
import { attributeOf } from '../item/attribute-value.ts'
import type { Dot, Incarnation } from './dot.ts'
import { printDot, sameDot } from './dot.ts'
import type { Absorbed, Accumulator, Erasure, MergeNode, MergeState, Register, Run, Stamp } from './merge-state.ts'
import { assigned, elementsOf, emptyNode, isEmptyNode, plainState } from './merge-state.ts'
import { shownRuns, topOf } from './merge-shown.ts'
import { compareVersions } from './version.ts'

/**
 * Merge data as it stands beside an item's image, JSON in UTF-8. It says what the image does not: one write is named that made everything that is not listed, and values that
 * stand in the image are left out. Of an item that one write made as a whole there is none at all.
 *
 *   { i: [[incarnation, region]…], s: [[incarnation, n, timestamp]…], d: stamp, x: [stamp…], t: { attribute: node } }
 *   node: { r: [[stamp, value, absorbed, runs]…], a: [[first dot, stamp, sum]…], z: [[stamp, absorbed]…], e: { element: [stamp…] }, u: [[stamp, front, elements]…], m: { member: node } }
 *
 * Stamps and incarnations are places in the lists. A register's value: 0 as in the image, 1 removed, 2 a map, or the value; elements of a run: the elements, or how many
 * of the image's. `x` is left out when it is the version's own write.
 */
export function encodeMergeState(
  state: MergeState,
  own: Stamp,
  image: Item | undefined,
  keyNames: ReadonlySet<string>,
): Uint8Array | undefined {
  const usual = usualStamp(state.root) ?? own
  const names = new Names()
  const data: Data = { i: names.incarnations, s: names.stamps }
  const shown = image === undefined ? undefined : withoutKeys(image, keyNames)
  const members = encodeMembers(state.root, shown, usual, names)
  const isOwn = state.exist.size === (image === undefined ? 0 : 1) && [...state.exist.values()].every(({ dot }) => sameDot(dot, own.dot))
  if (!isOwn) data.x = [...state.exist.values()].map((stamp) => names.stamp(stamp))
  if (members !== undefined) data.t = members
  if (isOwn && members === undefined && (image === undefined || sameDot(usual.dot, own.dot))) return undefined
  data.d = names.stamp(usual)
  return Buffer.from(JSON.stringify(data), 'utf8')
}

/** What an item's version says; without data, that all of its image is its own. */
export function decodeMergeState(
  bytes: Uint8Array | undefined,
  own: Stamp,
  image: Item | undefined,
  keyNames: ReadonlySet<string>,
): MergeState {
  if (bytes === undefined) return plainState(own, image, keyNames)
  const data = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')) as Data
  const reader = new Reader(data)
  const exist = data.x === undefined ? (image === undefined ? [] : [own]) : data.x.map((stamp) => reader.stamp(stamp))
  const root = {
    ...emptyNode,
    members: reader.members(data.t ?? {}, image === undefined ? {} : withoutKeys(image, keyNames), reader.stamp(data.d ?? 0)),
  }
  return { exist: byName(exist, (stamp) => stamp), root }
}

interface Data {
  readonly i: [Incarnation, string][]
  readonly s: [number, number, string][]
  d?: number
  x?: number[]
  t?: Record<string, NodeData>
}

interface NodeData {
  r?: [number, 0 | 1 | 2 | AttributeValue, AbsorbedData?, DotData[]?][]
  a?: [DotData, number, string][]
  z?: [number, AbsorbedData][]
  e?: Record<string, number[]>
  u?: [number, 0 | 1, number | readonly AttributeValue[]][]
  m?: Record<string, NodeData>
}

type DotData = [number, number]
type AbsorbedData = [DotData, string, number][]

/** The lists that all else refers to. */
class Names {
  readonly incarnations: [Incarnation, string][] = []
  readonly stamps: [number, number, string][] = []
  readonly #placeByIncarnation = new Map<Incarnation, number>()
  readonly #placeByStamp = new Map<string, number>()

  stamp({ dot, timestamp, region }: Stamp): number {
    const name = printDot(dot)
    let place = this.#placeByStamp.get(name)
    if (place === undefined) {
      place = this.stamps.push([this.#incarnation(dot.incarnation, region), dot.n, String(timestamp)]) - 1
      this.#placeByStamp.set(name, place)
    }
    return place
  }

  dot(name: string): DotData {
    const colon = name.indexOf(':')
    return [this.#incarnation(name.slice(0, colon), ''), Number(name.slice(colon + 1))]
  }

  absorbed(absorbed: Absorbed): AbsorbedData {
    return [...absorbed].map(([id, { sum, at }]) => [this.dot(id), sum, at])
  }

  #incarnation(incarnation: Incarnation, region: string): number {
    let place = this.#placeByIncarnation.get(incarnation)
    if (place === undefined) {
      place = this.incarnations.push([incarnation, region]) - 1
      this.#placeByIncarnation.set(incarnation, place)
    }
    const known = this.incarnations[place]
    if (known?.[1] === '') known[1] = region
    return place
  }
}

function encodeMembers(node: MergeNode, image: AttributeMap | undefined, usual: Stamp, names: Names): Record<string, NodeData> | undefined {
  const members: [string, NodeData][] = []
  for (const [name, member] of node.members) {
    const value = image === undefined ? undefined : attributeOf(image, name)
    const encoded = encodeNode(member, value, usual, names)
    if (encoded !== undefined) members.push([name, encoded])
  }
  return members.length === 0 ? undefined : Object.fromEntries(members)
}

/** Undefined: it is what the usual write makes of the image. */
function encodeNode(node: MergeNode, image: AttributeValue | undefined, usual: Stamp, names: Names): NodeData | undefined {
  const usually = image === undefined ? undefined : assigned(image, usual)
  const isUsual = usually !== undefined && sameParts(node, usually)
  const map = image !== undefined && 'M' in image ? image.M : undefined
  const members = encodeMembers(node, map, usual, names)
  if (isUsual) return members === undefined ? undefined : { m: members }
  const top = topOf(node)
  const list = image !== undefined && 'L' in image ? partsOf(image.L, node, top) : undefined
  const data: NodeData = {}
  const besideRuns = (register: Register): AttributeValue | undefined =>
    list === undefined ? image : register === top ? { L: list.base } : undefined
  data.r = [...node.registers.values()].map((register) => encodeRegister(register, besideRuns(register), names))
  if (node.accumulators.size > 0) data.a = [...node.accumulators].map(([id, { stamp, sum }]) => [names.dot(id), names.stamp(stamp), sum])
  if (node.erasures.size > 0)
    data.z = [...node.erasures.values()].map(({ stamp, absorbed }) => [names.stamp(stamp), names.absorbed(absorbed)])
  if (node.runs.size > 0) {
    data.u = [...node.runs].map(([name, { stamp, front, elements }]) => [
      names.stamp(stamp),
      front ? 1 : 0,
      list?.shown.has(name) === true ? elements.length : elements,
    ])
  }
  const elements = encodeElements(node, image, usual, names)
  if (elements !== undefined) data.e = elements
  if (members !== undefined) data.m = members
  return data
}

function encodeRegister(
  { stamp, value, absorbed, runs }: Register,
  image: AttributeValue | undefined,
  names: Names,
): NonNullable<NodeData['r']>[number] {
  const of =
    value === 'removed' ? 1 : value === 'map' ? 2 : image !== undefined && equalValues(value, image) && sameText(value, image) ? 0 : value
  if (runs.size > 0) return [names.stamp(stamp), of, names.absorbed(absorbed), [...runs].map((name) => names.dot(name))]
  return absorbed.size > 0 ? [names.stamp(stamp), of, names.absorbed(absorbed)] : [names.stamp(stamp), of]
}

/** Equal lists may hold equal sets in another order. */
function sameText(a: AttributeValue, b: AttributeValue): boolean {
  return !('L' in a) || JSON.stringify(a) === JSON.stringify(b)
}

/** Elements that the usual write put in, and that are in the image, are left out. */
function encodeElements(
  node: MergeNode,
  image: AttributeValue | undefined,
  usual: Stamp,
  names: Names,
): Record<string, number[]> | undefined {
  const inImage = new Set(image === undefined ? [] : elementsOf(image))
  const listed: [string, number[]][] = []
  for (const [element, stamps] of node.elements) {
    const isUsual = inImage.has(element) && stamps.size === 1 && stamps.has(printDot(usual.dot))
    if (!isUsual) listed.push([element, [...stamps.values()].map((stamp) => names.stamp(stamp))])
  }
  return listed.length === 0 ? undefined : Object.fromEntries(listed)
}

/** Which parts of a list in the image are the register's, and which the runs'; undefined: it is not made of them. */
function partsOf(
  list: readonly AttributeValue[],
  node: MergeNode,
  top: Register | undefined,
): { readonly base: readonly AttributeValue[]; readonly shown: ReadonlySet<string> } | undefined {
  const runs = shownRuns(node, top)
  const base = top !== undefined && typeof top.value !== 'string' && 'L' in top.value ? top.value.L : []
  const front = runs.filter(([, run]) => run.front).reverse()
  const back = runs.filter(([, run]) => !run.front)
  const made = [...front.flatMap(([, run]) => run.elements), ...base, ...back.flatMap(([, run]) => run.elements)]
  if (JSON.stringify(made) !== JSON.stringify(list)) return undefined
  return { base, shown: new Set(runs.map(([name]) => name)) }
}

/** All but the members: those are compared one by one. */
function sameParts(node: MergeNode, usual: MergeNode): boolean {
  if (node.accumulators.size + node.erasures.size + node.runs.size > 0) return false
  if (node.registers.size !== usual.registers.size || node.elements.size !== usual.elements.size) return false
  for (const name of usual.members.keys()) if (!node.members.has(name)) return false
  for (const [name, register] of node.registers) {
    const other = usual.registers.get(name)
    if (other === undefined || register.absorbed.size + register.runs.size > 0) return false
    if (
      typeof register.value === 'string' || typeof other.value === 'string'
        ? register.value !== other.value
        : !isSame(register.value, other.value)
    )
      return false
  }
  for (const [element, stamps] of node.elements) {
    const other = usual.elements.get(element)
    if (other === undefined || stamps.size !== other.size || ![...other.keys()].every((name) => stamps.has(name))) return false
  }
  return true
}

function isSame(a: AttributeValue, b: AttributeValue): boolean {
  return a === b || (equalValues(a, b) && sameText(a, b))
}

/** The write that made most of it. */
function usualStamp(node: MergeNode): Stamp | undefined {
  const counted = new Map<string, { readonly stamp: Stamp; count: number }>()
  const count = (stamp: Stamp): void => {
    const name = printDot(stamp.dot)
    const known = counted.get(name)
    if (known === undefined) counted.set(name, { stamp, count: 1 })
    else known.count++
  }
  const visit = (of: MergeNode): void => {
    for (const { stamp } of of.registers.values()) count(stamp)
    for (const stamps of of.elements.values()) for (const stamp of stamps.values()) count(stamp)
    for (const member of of.members.values()) visit(member)
  }
  visit(node)
  let usual: { readonly stamp: Stamp; readonly count: number } | undefined
  for (const each of counted.values()) if (usual === undefined || each.count > usual.count) usual = each
  return usual?.stamp
}

/** Reads what {@link encodeMergeState} wrote. */
class Reader {
  readonly #data: Data

  constructor(data: Data) {
    this.#data = data
  }

  stamp(place: number): Stamp {
    const [at, n, timestamp] = this.#data.s[place] ?? []
    const [incarnation, region] = this.#data.i[at ?? -1] ?? []
    assert(
      n !== undefined && timestamp !== undefined && incarnation !== undefined && region !== undefined,
      `merge data without stamp ${place}`,
    )
    return { dot: { incarnation, n }, timestamp: BigInt(timestamp), region }
  }

  members(data: Record<string, NodeData>, image: AttributeMap, usual: Stamp): ReadonlyMap<string, MergeNode> {
    const members = new Map<string, MergeNode>()
    for (const [name, value] of Object.entries(image)) {
      if (!Object.hasOwn(data, name)) members.set(name, assigned(value, usual))
    }
    for (const [name, node] of Object.entries(data)) {
      const member = this.#node(node, attributeOf(image, name), usual)
      if (!isEmptyNode(member)) members.set(name, member)
    }
    return members
  }

  #node(data: NodeData, image: AttributeValue | undefined, usual: Stamp): MergeNode {
    const members = this.members(data.m ?? {}, image !== undefined && 'M' in image ? image.M : {}, usual)
    if (data.r === undefined) return { ...(image === undefined ? emptyNode : assigned(image, usual)), members }
    const list = image !== undefined && 'L' in image ? image.L : []
    const { runs, base } = this.#runs(data.u ?? [], list)
    const of = image !== undefined && 'L' in image ? { L: base } : image
    return {
      registers: byName(
        data.r.map((register) => this.#register(register, of)),
        ({ stamp }) => stamp,
      ),
      accumulators: new Map(data.a?.map(([id, stamp, sum]): [string, Accumulator] => [this.#dot(id), { stamp: this.stamp(stamp), sum }])),
      erasures: byName(
        (data.z ?? []).map(([stamp, absorbed]): Erasure => ({ stamp: this.stamp(stamp), absorbed: this.#absorbed(absorbed) })),
        ({ stamp }) => stamp,
      ),
      elements: this.#elements(data.e ?? {}, image, usual),
      runs: byName(runs, ({ stamp }) => stamp),
      members,
    }
  }

  #register([stamp, value, absorbed = [], runs = []]: NonNullable<NodeData['r']>[number], image: AttributeValue | undefined): Register {
    const of = value === 0 ? image : value === 1 ? 'removed' : value === 2 ? 'map' : value
    assert(of !== undefined, 'a value that is left out of merge data stands in the image')
    return { stamp: this.stamp(stamp), value: of, absorbed: this.#absorbed(absorbed), runs: new Set(runs.map((dot) => this.#dot(dot))) }
  }

  /** Those whose elements stand in the image are taken from its ends; what is left is the register's. */
  #runs(
    data: NonNullable<NodeData['u']>,
    list: readonly AttributeValue[],
  ): { readonly runs: readonly Run[]; readonly base: readonly AttributeValue[] } {
    const runs = data.map(([stamp, front, elements]) => ({ stamp: this.stamp(stamp), front: front === 1, elements }))
    let [from, to] = [0, list.length]
    const taken = new Map<(typeof runs)[number], readonly AttributeValue[]>()
    for (const run of [...runs].sort((a, b) => compareVersions(b.stamp, a.stamp))) {
      if (typeof run.elements !== 'number') continue
      taken.set(run, run.front ? list.slice(from, from + run.elements) : list.slice(to - run.elements, to))
      if (run.front) from += run.elements
      else to -= run.elements
    }
    return {
      runs: runs.map((run) => ({ ...run, elements: typeof run.elements === 'number' ? (taken.get(run) ?? []) : run.elements })),
      base: list.slice(from, to),
    }
  }

  #elements(data: Record<string, number[]>, image: AttributeValue | undefined, usual: Stamp): MergeNode['elements'] {
    const elements = new Map<string, ReadonlyMap<string, Stamp>>()
    for (const element of (image === undefined ? undefined : elementsOf(image)) ?? [])
      elements.set(
        element,
        byName([usual], (stamp) => stamp),
      )
    for (const [element, stamps] of Object.entries(data)) {
      elements.set(
        element,
        byName(
          stamps.map((stamp) => this.stamp(stamp)),
          (stamp) => stamp,
        ),
      )
    }
    return elements
  }

  #absorbed(data: AbsorbedData): Absorbed {
    return new Map(data.map(([dot, sum, at]) => [this.#dot(dot), { sum, at }]))
  }

  #dot([place, n]: DotData): string {
    const [incarnation] = this.#data.i[place] ?? []
    assert(incarnation !== undefined, `merge data without incarnation ${place}`)
    return printDot({ incarnation, n })
  }
}

function byName<T>(values: readonly T[], stampOf: (value: T) => { readonly dot: Dot }): ReadonlyMap<string, T> {
  return new Map(values.map((value) => [printDot(stampOf(value).dot), value]))
}

function withoutKeys(item: Item, keyNames: ReadonlySet<string>): AttributeMap {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !keyNames.has(name)))
}
