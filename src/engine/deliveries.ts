import type { DeliveryOptions } from './delivery.ts'
import { Delivery } from './delivery.ts'
import type { Destination, Table } from './table.ts'
import { isLive } from './table.ts'

/**
 * Takes the changes of a Region's tables to where they were asked to go: at least once, those of one item in order. Each destination has one
 * {@link Delivery} and one batch on its way, so a slow one holds up nobody but itself.
 */
export class Deliveries {
  readonly #options: DeliveryOptions
  readonly #deliveryByName = new Map<string, Delivery>()
  #closed = false

  private constructor(options: DeliveryOptions) {
    this.#options = options
  }

  static start(options: DeliveryOptions): Deliveries {
    const deliveries = new Deliveries(options)
    const { engine } = options
    engine.onTableChange((table) => deliveries.#follow(table))
    engine.onChange((table) => deliveries.#wake(table))
    for (const table of engine.tables()) deliveries.#follow(table)
    return deliveries
  }

  /** What is on its way may still arrive; it will be sent again. */
  close(): void {
    this.#closed = true
    for (const delivery of this.#deliveryByName.values()) delivery.close()
  }

  #follow(table: Table): void {
    for (const destination of table.own.destinations ?? []) {
      const name = nameOf(table, destination)
      const known = this.#deliveryByName.get(name)
      if (known !== undefined) known.wake()
      else if (isLive(destination) && !this.#closed) {
        const delivery = new Delivery(this.#options, table, destination.sinceMs, () => this.#deliveryByName.delete(name))
        this.#deliveryByName.set(name, delivery)
        delivery.wake()
      }
    }
  }

  /** Of most tables nothing is delivered. */
  #wake(table: Table): void {
    if (this.#deliveryByName.size === 0) return
    for (const destination of this.#options.engine.current(table)?.own.destinations ?? []) {
      this.#deliveryByName.get(nameOf(table, destination))?.wake()
    }
  }
}

function nameOf({ number }: Table, { sinceMs }: Destination): string {
  return `${number}/${sinceMs}`
}
