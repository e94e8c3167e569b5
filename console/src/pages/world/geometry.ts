import type { GeoProjection } from 'd3-geo'
import { geoGraticule, geoNaturalEarth1, geoPath } from 'd3-geo'
import { feature } from 'topojson-client'
import type { Topology, GeometryCollection } from 'topojson-specification'
import landTopology from 'world-atlas/land-110m.json'
import { awsRegions } from '../../../../src/world/aws-regions.ts'

/** Where things are on the map, in pixels of a view of that size. */
export interface Point {
  readonly x: number
  readonly y: number
}

const land = feature(landTopology as unknown as Topology<{ land: GeometryCollection }>, 'land')

/** Shows the given Regions as large as there is place, and never less than a part of the world by which one knows where one is. */
export function projectionFor(names: readonly string[], width: number, height: number): GeoProjection {
  const unit = geoNaturalEarth1().scale(1).translate([0, 0])
  const [left, top] = unit([-180, 78]) ?? [-2.6, -1.3]
  const [right, bottom] = unit([180, -52]) ?? [2.6, 1]
  // Natural Earth is widest at the equator.
  const [west, east] = [unit([-180, 0])?.[0] ?? left, unit([180, 0])?.[0] ?? right]
  const whole = Math.max(width / (east - west), height / (bottom - top))
  const points = names.flatMap((name) => {
    const place = awsRegions[name]
    const point = place === undefined ? null : unit([place[1], place[0]])
    return point === null ? [] : [point]
  })
  if (points.length === 0)
    return geoNaturalEarth1()
      .scale(whole)
      .translate([width / 2, height / 2 - (whole * (top + bottom)) / 2])
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)]
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  const margin = { x: Math.min(150, width * 0.2), y: Math.min(110, height * 0.22) }
  const fit = Math.min((width - 2 * margin.x) / Math.max(x1 - x0, 0.01), (height - 2 * margin.y) / Math.max(y1 - y0, 0.01))
  const scale = Math.min(Math.max(fit, whole), whole * 2.4)
  const keep = (wanted: number, low: number, high: number): number =>
    low > high ? (low + high) / 2 : Math.min(Math.max(wanted, low), high)
  return geoNaturalEarth1()
    .scale(scale)
    .translate([
      keep(width / 2 - (scale * (x0 + x1)) / 2, width - scale * east, -scale * west),
      keep(height / 2 - (scale * (y0 + y1)) / 2, height - scale * bottom, -scale * top),
    ])
}

export function landPath(projection: GeoProjection, width: number, height: number): string {
  return geoPath(clipped(projection, width, height))(land) ?? ''
}

export function graticulePath(projection: GeoProjection, width: number, height: number): string {
  return geoPath(clipped(projection, width, height))(geoGraticule().step([20, 20])()) ?? ''
}

function clipped(projection: GeoProjection, width: number, height: number): GeoProjection {
  return projection.clipExtent([
    [-10, -10],
    [width + 10, height + 10],
  ])
}

/** Undefined for what is no AWS Region. */
export function placeOf(projection: GeoProjection, name: string): Point | undefined {
  const place = awsRegions[name]
  const point = place === undefined ? null : projection([place[1], place[0]])
  return point === null ? undefined : { x: point[0], y: point[1] }
}

export const allRegionNames = Object.keys(awsRegions)

/** The way from one Region to another: bent to its left, so the way back lies beside it. */
export interface Arc {
  readonly d: string
  /** Where its label goes. */
  readonly middle: Point
  at(this: void, part: number): Point
}

export function arcBetween(a: Point, b: Point, gap: number): Arc {
  const [dx, dy] = [b.x - a.x, b.y - a.y]
  const length = Math.hypot(dx, dy) || 1
  const bend = Math.min(Math.max(length * 0.13, 16), 70)
  const control = { x: (a.x + b.x) / 2 + (dy / length) * bend, y: (a.y + b.y) / 2 - (dx / length) * bend }
  const start = towards(a, control, gap)
  const end = towards(b, control, gap + 4)
  const at = (part: number): Point => {
    const rest = 1 - part
    return {
      x: rest * rest * start.x + 2 * rest * part * control.x + part * part * end.x,
      y: rest * rest * start.y + 2 * rest * part * control.y + part * part * end.y,
    }
  }
  return { d: `M${xy(start)}Q${xy(control)} ${xy(end)}`, middle: at(0.5), at }
}

function towards(from: Point, to: Point, by: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1
  return { x: from.x + ((to.x - from.x) / length) * by, y: from.y + ((to.y - from.y) / length) * by }
}

function xy({ x, y }: Point): string {
  return `${x.toFixed(1)} ${y.toFixed(1)}`
}

interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Where a Region's label is: beside its dot, on the side that looks away from the other Regions, if it covers no other label or dot there. */
export interface Label {
  readonly x: number
  readonly y: number
  readonly anchor: 'start' | 'end' | 'middle'
}

export function placeLabels(
  dots: ReadonlyMap<string, Point>,
  textWidth: (name: string) => number,
  width: number,
): ReadonlyMap<string, Label> {
  const taken: Box[] = [...dots.values()].map(({ x, y }) => ({ x: x - 10, y: y - 10, width: 20, height: 20 }))
  const labels = new Map<string, Label>()
  for (const [name, dot] of dots) {
    const sides = sidesOf(dot, textWidth(name))
      .map((side) => ({ ...side, crowd: crowdIn(side.towards, dot, dots) }))
      .sort((a, b) => a.crowd - b.crowd)
    const isInside = ({ box }: { readonly box: Box }): boolean => box.x > 4 && box.x + box.width < width - 4
    const side =
      sides.find((each) => isInside(each) && !taken.some((other) => overlap(other, each.box))) ?? sides.find(isInside) ?? sides[0]
    if (side === undefined) continue
    taken.push(side.box)
    labels.set(name, side)
  }
  return labels
}

function sidesOf({ x, y }: Point, text: number): readonly (Label & { readonly box: Box; readonly towards: Point })[] {
  const height = 38
  return [
    { x: x + 17, y: y - 2, anchor: 'start', towards: { x: 1, y: 0 }, box: { x: x + 15, y: y - 18, width: text, height } },
    { x: x - 17, y: y - 2, anchor: 'end', towards: { x: -1, y: 0 }, box: { x: x - 15 - text, y: y - 18, width: text, height } },
    { x, y: y + 31, anchor: 'middle', towards: { x: 0, y: 1 }, box: { x: x - text / 2, y: y + 15, width: text, height } },
    { x, y: y - 36, anchor: 'middle', towards: { x: 0, y: -1 }, box: { x: x - text / 2, y: y - 53, width: text, height } },
  ]
}

/** How much of the others lies in that direction: 1 for one that lies exactly there, nothing for what is behind. */
function crowdIn(towards: Point, from: Point, dots: ReadonlyMap<string, Point>): number {
  let crowd = 0
  for (const { x, y } of dots.values()) {
    const [dx, dy] = [x - from.x, y - from.y]
    const length = Math.hypot(dx, dy)
    if (length > 0) crowd += Math.max(0, (dx * towards.x + dy * towards.y) / length)
  }
  return crowd
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}
