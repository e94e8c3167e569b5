/** Charts as SVG inside a page: no script, no font, nothing that is loaded. Every mark says its figure, also to those who cannot see it. */

export interface Bar {
  readonly label: string
  readonly parts: readonly { readonly name: string; readonly value: number; readonly text: string }[]
  /** The sum, as it is written. */
  readonly text: string
}

const width = 760
const labelWidth = 230
const textWidth = 110
const rowHeight = 30

/** Bars that lie, each of one or several parts; amounts below zero have no bar. */
export function barChart(title: string, bars: readonly Bar[], names: readonly string[]): string {
  const most = Math.max(...bars.map(({ parts }) => parts.reduce((sum, { value }) => sum + Math.max(0, value), 0)), 1e-9)
  const scale = (width - labelWidth - textWidth) / most
  const rows = bars.map(({ label, parts, text }, row) => {
    const y = row * rowHeight
    let x = labelWidth
    const marks = parts.map(({ name, value, text: said }) => {
      const length = Math.max(0, value) * scale
      const mark = `<rect class="c${names.indexOf(name) % colours}" x="${fixed(x)}" y="${y + 5}" width="${fixed(length)}" height="${rowHeight - 10}"><title>${escapeHtml(`${label}: ${name} ${said}`)}</title></rect>`
      x += length
      return mark
    })
    const end = `<text x="${fixed(x + 6)}" y="${y + 20}">${escapeHtml(text)}</text>`
    return `<text x="${labelWidth - 8}" y="${y + 20}" text-anchor="end">${escapeHtml(shortened(label))}</text>${marks.join('')}${end}`
  })
  const legend = names.length < 2 ? '' : `<p class="legend">${names.map(legendEntry).join(' ')}</p>`
  return `${svg(title, bars.length * rowHeight, rows.join(''))}${legend}`
}

const colours = 10

function legendEntry(name: string, at: number): string {
  return `<span><i class="c${at % colours}"></i>${escapeHtml(name)}</span>`
}

/** A line over months. */
export function lineChart(
  title: string,
  points: readonly { readonly label: string; readonly value: number; readonly text: string }[],
): string {
  const height = 220
  const [left, right, top, bottom] = [20, 90, 20, 30]
  const most = Math.max(...points.map(({ value }) => value), 1e-9)
  const x = (at: number): number => left + (at * (width - left - right)) / Math.max(1, points.length - 1)
  const y = (value: number): number => height - bottom - (value / most) * (height - top - bottom)
  const path = points.map(({ value }, at) => `${at === 0 ? 'M' : 'L'}${fixed(x(at))} ${fixed(y(value))}`).join('')
  const marks = points.map(
    ({ label, value, text }, at) =>
      `<circle class="c0" cx="${fixed(x(at))}" cy="${fixed(y(value))}" r="4"><title>${escapeHtml(`${label}: ${text}`)}</title></circle>` +
      (at === 0 || at === points.length - 1 ? `<text x="${fixed(x(at) + 8)}" y="${fixed(y(value) - 8)}">${escapeHtml(text)}</text>` : '') +
      `<text class="faint" x="${fixed(x(at))}" y="${height - 8}" text-anchor="middle">${escapeHtml(label)}</text>`,
  )
  return svg(title, height, `<path class="line" d="${path}"/>${marks.join('')}`)
}

function svg(title: string, height: number, inner: string): string {
  return `<svg role="img" viewBox="0 0 ${width} ${height}" width="100%"><title>${escapeHtml(title)}</title>${inner}</svg>`
}

function fixed(value: number): string {
  return value.toFixed(1)
}

function shortened(label: string): string {
  return label.length > 34 ? `${label.slice(0, 33)}…` : label
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** Of the parts, in order; chosen to stay apart for people who see colours differently. */
export const chartStyle = `
svg text{font:13px system-ui,sans-serif;fill:currentColor}
svg text.faint{font-size:11px;opacity:.7}
svg .line{fill:none;stroke:#3367d6;stroke-width:2}
.legend span{margin-right:1em;white-space:nowrap}
.legend i{display:inline-block;width:.8em;height:.8em;margin-right:.3em}
${['#3367d6', '#e8710a', '#12805c', '#b80672', '#9aa0a6', '#7c4dff', '#00838f', '#c0a000', '#8d6e63', '#d93025']
  .map((colour, at) => `.c${at}{fill:${colour};background:${colour}}`)
  .join('\n')}`
