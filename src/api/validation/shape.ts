/** One shape of the service model, as far as a validator needs it. Members, elements, keys and values name other shapes. */
export type Shape =
  StructureShape | ListShape | MapShape | StringShape | NumberShape | { readonly type: 'boolean' | 'blob' | 'timestamp' | 'attributeValue' }

export interface StructureShape {
  readonly type: 'structure'
  readonly members: Readonly<Record<string, string>>
  readonly required?: readonly string[]
}

export interface ListShape extends Bounds {
  readonly type: 'list'
  readonly member: string
}

export interface MapShape extends Bounds {
  readonly type: 'map'
  readonly key: string
  readonly value: string
}

export interface StringShape extends Bounds {
  readonly type: 'string'
  readonly pattern?: string
  readonly enum?: readonly string[]
}

export interface NumberShape extends Bounds {
  readonly type: 'integer' | 'long' | 'double'
}

/** Of a text's length in UTF-16 code units, of a list's or map's length, of a number's value. */
export interface Bounds {
  readonly min?: number
  readonly max?: number
}
