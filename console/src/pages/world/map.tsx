import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { regionOf } from '../../../../src/base/account-region.ts'
import { count, duration } from '../../format.ts'
import { markOf } from '../../parts/region-name.tsx'
import { placeByRegion } from '../../region-places.ts'
import { concernsRegion } from '../../state/faults.ts'
import { faults, regions, replication } from '../../state/server.ts'
import type { Arc, Point } from './geometry.ts'
import { allRegionNames, arcBetween, graticulePath, landPath, placeLabels, placeOf, projectionFor } from './geometry.ts'
import type { WorldLink } from './links.ts'
import { awakeRegions, worldLinks } from './links.ts'
import { isSelectedLink, isSelectedRegion, select } from './selection.ts'

/** The world: Regions where they are, the links between them, and what travels. */
export function WorldMap() {
  const frame = useRef<HTMLDivElement>(null)
  const { width, height } = useSize(frame)
  const names = awakeRegions.value.join(' ')
  const view = useMemo(() => viewOf(names.split(' ').filter(Boolean), width, height), [names, width, height])
  return (
    <div class="map" ref={frame}>
      {view !== undefined && (
        <svg width={width} height={height} role="group" aria-label="Map of the Regions and the links between them">
          <g aria-hidden="true">
            <path class="graticule" d={view.graticule} />
            <path class="land" d={view.land} />
            {view.asleep.map(({ name, point }) => (
              <circle key={name} class="asleep" cx={point.x} cy={point.y} r="2">
                <title>{`${name} · ${placeByRegion[name] ?? ''} (not awake)`}</title>
              </circle>
            ))}
          </g>
          {worldLinks.value.map((link) => {
            const arc = view.arcs.get(`${link.from} ${link.to}`)
            return arc === undefined ? null : <LinkArc key={`${link.from} ${link.to}`} link={link} arc={arc} />
          })}
          <Travellers arcs={view.arcs} />
          {[...view.dots].map(([name, point]) => (
            <RegionDot key={name} name={name} point={point} />
          ))}
          {worldLinks.value.map((link) => {
            const arc = view.arcs.get(`${link.from} ${link.to}`)
            return arc === undefined ? null : (
              <LinkLabel key={`${link.from} ${link.to}`} link={link} at={arc.middle} quiet={view.dots.size > 4 || width < 640} />
            )
          })}
          {[...view.labels].map(([name, { x, y, anchor }]) => (
            <g key={name} class="region-label" text-anchor={anchor} aria-hidden="true">
              <text x={x} y={y}>
                {name}
              </text>
              <text class="second" x={x} y={y + 16}>
                {secondLine(name)}
              </text>
            </g>
          ))}
        </svg>
      )}
    </div>
  )
}

interface View {
  readonly land: string
  readonly graticule: string
  readonly asleep: readonly { readonly name: string; readonly point: Point }[]
  readonly dots: ReadonlyMap<string, Point>
  readonly arcs: ReadonlyMap<string, Arc>
  readonly labels: ReturnType<typeof placeLabels>
}

function viewOf(names: readonly string[], width: number, height: number): View | undefined {
  if (width === 0 || height === 0) return undefined
  const projection = projectionFor(names, width, height)
  const dots = new Map<string, Point>()
  for (const name of names) {
    const point = placeOf(projection, name)
    if (point !== undefined) dots.set(name, point)
  }
  const arcs = new Map<string, Arc>()
  for (const [from, a] of dots) for (const [to, b] of dots) if (from !== to) arcs.set(`${from} ${to}`, arcBetween(a, b, 13))
  const asleep = allRegionNames
    .filter((name) => !dots.has(name))
    .flatMap((name) => {
      const point = placeOf(projection, name)
      return point === undefined ? [] : [{ name, point }]
    })
  return {
    land: landPath(projection, width, height),
    graticule: graticulePath(projection, width, height),
    asleep,
    dots,
    arcs,
    labels: placeLabels(dots, (name) => Math.max(name.length * 8.4, 78), width),
  }
}

function secondLine(name: string): string {
  const state = regions.value.find((region) => regionOf(region.name) === name)
  if (state?.status === 'crashed') return 'crashed'
  if (state?.status === 'outage') return 'out of reach'
  if (faults.value.some((fault) => fault.kind === 'pause' && fault.region === name)) return 'replication paused'
  const offset = state?.clockOffsetMs ?? 0
  if (offset !== 0) return `clock ${offset > 0 ? '+' : ''}${duration(offset)}`
  return placeByRegion[name] ?? ''
}

function RegionDot({ name, point }: { readonly name: string; readonly point: Point }) {
  const state = regions.value.find((region) => regionOf(region.name) === name)?.status ?? 'running'
  const isTroubled = faults.value.some((fault) => concernsRegion(fault, name))
  return (
    <g
      class={`region-dot ${markOf(name)}`}
      data-state={state}
      data-troubled={isTroubled}
      data-region={name}
      role="button"
      tabindex={0}
      aria-pressed={isSelectedRegion(name)}
      aria-label={`${name}, ${placeByRegion[name] ?? ''}, ${state}${isTroubled ? ', with a fault' : ''}`}
      transform={`translate(${point.x} ${point.y})`}
      onClick={() => select({ kind: 'region', name })}
      onKeyDown={onEnter(() => select({ kind: 'region', name }))}
    >
      <circle class="hit" r="20" />
      <circle class="halo" r="13" />
      <circle class="dot" r="7.5" />
      {state === 'crashed' && <path class="cross" d="M-4-4 4 4M4-4-4 4" />}
    </g>
  )
}

function LinkArc({ link, arc }: { readonly link: WorldLink; readonly arc: Arc }) {
  const { from, to } = link
  const pick = (): void => select({ kind: 'link', from, to })
  const end = arc.at(1)
  const before = arc.at(0.97)
  const angle = (Math.atan2(end.y - before.y, end.x - before.x) * 180) / Math.PI
  return (
    <g
      class="link"
      data-state={link.state}
      data-behind={link.isBehind}
      data-link={`${from} ${to}`}
      role="button"
      tabindex={0}
      aria-pressed={isSelectedLink(from, to)}
      aria-label={`Link from ${from} to ${to}: ${describe(link)}`}
      onClick={pick}
      onKeyDown={onEnter(pick)}
    >
      <path class="hit" d={arc.d} />
      <path class="line" d={arc.d} />
      {link.state !== 'idle' && <path class="head" d="M0 0-8-4.2-8 4.2z" transform={`translate(${end.x} ${end.y}) rotate(${angle})`} />}
    </g>
  )
}

function describe({ state, lagP50Ms, pending }: WorldLink): string {
  if (state === 'idle') return 'no table is replicated over it'
  const lag = lagP50Ms === null ? '' : `, lag ${duration(lagP50Ms)}`
  return `${state}${lag}, ${count(pending)} pending`
}

/** Lag, or what waits. With many Regions, or little place, only what is out of the ordinary is written. */
function LinkLabel({ link, at, quiet }: { readonly link: WorldLink; readonly at: Point; readonly quiet: boolean }) {
  const { state, isBehind } = link
  const isCalm = state === 'up' && !isBehind
  const text = labelOf(link)
  if (text === '' || (isCalm && quiet && !isSelectedLink(link.from, link.to))) return null
  const width = text.length * 6.7 + 14
  return (
    <g class="link-label" data-state={state} data-behind={isBehind} transform={`translate(${at.x} ${at.y})`} aria-hidden="true">
      <rect x={-width / 2} y="-10" width={width} height="20" rx="10" />
      <text y="4" text-anchor="middle">
        {text}
      </text>
    </g>
  )
}

function labelOf({ state, lagP50Ms, pending, isBehind }: WorldLink): string {
  switch (state) {
    case 'idle':
      return ''
    case 'down':
      return pending > 0 ? `${count(pending)} waiting` : 'cut'
    case 'stalled':
      return 'stalled'
    case 'up':
      return isBehind ? `${count(pending)} behind` : lagP50Ms === null ? '' : duration(lagP50Ms)
  }
}

/** Changes on their way: for each link that delivered since the last look, some dots that take as long as a change took. */
function Travellers({ arcs }: { readonly arcs: ReadonlyMap<string, Arc> }) {
  const place = useRef<SVGGElement>(null)
  const seen = useRef<unknown>(undefined)
  const look = replication.value
  // Those that are under way on a map that is drawn anew would be beside it.
  useEffect(() => () => place.current?.replaceChildren(), [arcs])
  useEffect(() => {
    if (look === seen.current || place.current === null) return
    seen.current = look
    if (window.matchMedia('(prefers-reduced-motion: reduce)').matches) return
    for (const { from, to, arrived, lagP50Ms } of worldLinks.peek()) {
      const arc = arcs.get(`${from} ${to}`)
      if (arc === undefined || arrived === 0) continue
      const travelMs = Math.min(Math.max(lagP50Ms ?? 0, 700), 2500)
      const dots = Math.min(1 + Math.floor(Math.log2(arrived)), travellersMax)
      for (let each = 0; each < dots; each++) travel(place.current, arc, travelMs, (each * 900) / dots, markOf(from))
    }
  }, [look])
  return <g ref={place} class="travellers" aria-hidden="true" />
}

function travel(place: SVGGElement, arc: Arc, travelMs: number, delayMs: number, mark: string): void {
  const dot = document.createElementNS('http://www.w3.org/2000/svg', 'circle')
  dot.setAttribute('r', '3.6')
  dot.setAttribute('class', mark)
  place.append(dot)
  const steps = Array.from({ length: 25 }, (_, step) => {
    const { x, y } = arc.at(step / 24)
    return { transform: `translate(${x}px, ${y}px)`, opacity: step === 0 || step === 24 ? 0 : 1 }
  })
  const animation = dot.animate(steps, { duration: travelMs, delay: delayMs, easing: 'ease-in-out', fill: 'both' })
  animation.onfinish = () => dot.remove()
}

const travellersMax = 7

function onEnter(run: () => void): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    run()
  }
}

function useSize(ref: { readonly current: HTMLElement | null }): { readonly width: number; readonly height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 })
  useEffect(() => {
    const { current } = ref
    if (current === null) return undefined
    const observer = new ResizeObserver(() => setSize({ width: current.clientWidth, height: current.clientHeight }))
    observer.observe(current)
    return () => observer.disconnect()
  }, [])
  return size
}
