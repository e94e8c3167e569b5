/** The attributes that identify an item of a table. */
export interface KeySchema {
  readonly partition: KeyAttribute
  readonly sort: KeyAttribute | undefined
}

export interface KeyAttribute {
  readonly name: string
  readonly type: KeyAttributeType
}

export type KeyAttributeType = 'S' | 'N' | 'B'
