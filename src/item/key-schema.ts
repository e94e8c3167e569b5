/** The attributes that identify an item of a table. */
export interface KeySchema {
  readonly partition: KeyAttribute
  readonly sort: KeyAttribute | undefined
}

/** The attributes by which an index keeps items: one to four that together make the partition key, none to four that make the sort key. */
export interface IndexKeySchema {
  readonly partition: readonly KeyAttribute[]
  readonly sort: readonly KeyAttribute[]
}

export interface KeyAttribute {
  readonly name: string
  readonly type: KeyAttributeType
}

export type KeyAttributeType = 'S' | 'N' | 'B'

/** One or two of them. */
export function keyAttributes({ partition, sort }: KeySchema): readonly KeyAttribute[] {
  return sort === undefined ? [partition] : [partition, sort]
}

/** A table's own keys, seen as those of an index. */
export function asIndexKeySchema({ partition, sort }: KeySchema): IndexKeySchema {
  return { partition: [partition], sort: sort === undefined ? [] : [sort] }
}
