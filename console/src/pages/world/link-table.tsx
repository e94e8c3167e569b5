import { count, duration } from '../../format.ts'
import { RegionName } from '../../parts/region-name.tsx'
import { worldLinks } from './links.ts'
import { isSelectedLink, select } from './selection.ts'

/** The links in words and figures: what the map shows, for whoever would rather read. */
export function LinkTable() {
  const links = worldLinks.value.filter(({ state, tables }) => state !== 'idle' || tables > 0)
  if (links.length === 0) return null
  return (
    <section class="card" aria-label="Links">
      <div class="table-frame">
        <table>
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">To</th>
              <th scope="col">State</th>
              <th scope="col" class="number">
                Lag p50
              </th>
              <th scope="col" class="number">
                Lag p99
              </th>
              <th scope="col" class="number">
                Pending
              </th>
              <th scope="col" class="number">
                Oldest
              </th>
            </tr>
          </thead>
          <tbody>
            {links.map((link) => (
              <tr
                key={`${link.from} ${link.to}`}
                class="pickable"
                data-picked={isSelectedLink(link.from, link.to)}
                onClick={() => select({ kind: 'link', from: link.from, to: link.to })}
              >
                <td>
                  <RegionName name={link.from} />
                </td>
                <td>
                  <RegionName name={link.to} />
                </td>
                <td>
                  <span class={`tag ${link.state === 'up' ? 'good' : link.state === 'idle' ? '' : 'bad'}`}>{link.state}</span>
                </td>
                <td class="number">{link.lagP50Ms === null ? '–' : duration(link.lagP50Ms)}</td>
                <td class="number">{link.lagP99Ms === null ? '–' : duration(link.lagP99Ms)}</td>
                <td class="number">{count(link.pending)}</td>
                <td class="number">{link.oldestPendingMs === null ? '–' : duration(link.oldestPendingMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
