import { Decimal, IonTypes, makeReader, makeTextWriter } from 'ion-js'
import type { Reader, Writer } from 'ion-js'
import type { AttributeMap, AttributeValue } from '../item/attribute-value.ts'
import { newMap } from '../item/attribute-value.ts'
import { unreachable } from '../base/assert.ts'
import { excessIn } from './ion-guard.ts'
import { MalformedRecord } from './malformed-record.ts'

/**
 * Attribute values in Amazon Ion text, as DynamoDB writes and reads it (developer guide, "DynamoDB table export output format", "Amazon S3 import
 * formats"):
 *
 *   S string   N decimal   B blob   BOOL bool   NULL null   M struct   L list   SS, NS, BS list with the annotation $dynamodb_SS, …
 *
 * One line is one value: `$ion_1_0 {Item:{pk:"a",count:6d2}}`.
 */
export function ionLine(write: (writer: Writer) => void): string {
  const writer = makeTextWriter()
  write(writer)
  writer.close()
  return `$ion_1_0 ${Buffer.from(writer.getBytes()).toString('utf8')}\n`
}

/** A struct with one struct of attributes for each name; within another under the name `around` if there is one. */
export function writeStructs(writer: Writer, structs: readonly (readonly [string, AttributeMap])[], around?: string): void {
  writer.stepIn(IonTypes.STRUCT)
  if (around !== undefined) {
    writer.writeFieldName(around)
    writer.stepIn(IonTypes.STRUCT)
  }
  for (const [name, map] of structs) {
    writer.writeFieldName(name)
    writeMap(writer, map)
  }
  if (around !== undefined) writer.stepOut()
  writer.stepOut()
}

function writeMap(writer: Writer, map: AttributeMap): void {
  writer.stepIn(IonTypes.STRUCT)
  for (const name in map) {
    const value = map[name]
    if (value === undefined) continue
    writer.writeFieldName(name)
    writeValue(writer, value)
  }
  writer.stepOut()
}

function writeValue(writer: Writer, value: AttributeValue): void {
  if ('S' in value) writer.writeString(value.S)
  else if ('N' in value) writer.writeDecimal(decimalOf(value.N))
  else if ('B' in value) writer.writeBlob(Buffer.from(value.B, 'base64'))
  else if ('BOOL' in value) writer.writeBoolean(value.BOOL)
  else if ('NULL' in value) writer.writeNull(IonTypes.NULL)
  else if ('M' in value) writeMap(writer, value.M)
  else if ('L' in value) writeList(writer, value.L, (element) => writeValue(writer, element))
  else if ('SS' in value) writeSet(writer, '$dynamodb_SS', value.SS, (text) => writer.writeString(text))
  else if ('NS' in value) writeSet(writer, '$dynamodb_NS', value.NS, (number) => writer.writeDecimal(decimalOf(number)))
  else if ('BS' in value) writeSet(writer, '$dynamodb_BS', value.BS, (base64) => writer.writeBlob(Buffer.from(base64, 'base64')))
  else unreachable(value)
}

function writeSet(writer: Writer, annotation: string, members: readonly string[], write: (member: string) => void): void {
  writer.setAnnotations([annotation])
  writeList(writer, members, write)
}

function writeList<T>(writer: Writer, elements: readonly T[], write: (element: T) => void): void {
  writer.stepIn(IonTypes.LIST)
  for (const element of elements) write(element)
  writer.stepOut()
}

/** 600 is written as 6d2, as DynamoDB does: digits without zeros at their end, and an exponent. */
function decimalOf(normal: string): Decimal {
  const [whole = '', fraction = ''] = normal.split('.')
  const digits = `${whole}${fraction}`
  const trimmed = digits.replace(/0+$/, '')
  if (/^-?$/.test(trimmed)) return new Decimal(0n, 0)
  return new Decimal(BigInt(trimmed), digits.length - trimmed.length - fraction.length, trimmed.startsWith('-'))
}

/**
 * The struct that a line holds, as DynamoDB JSON that is still to be checked.
 * @throws {MalformedRecord}
 */
export function readIonLine(line: string): Readonly<Record<string, unknown>> {
  const excess = excessIn(line)
  if (excess !== undefined) throw new MalformedRecord(excess)
  try {
    const reader = makeReader(line)
    if (reader.next() !== IonTypes.STRUCT || reader.isNull()) throw new MalformedRecord('it is no struct')
    const struct = readStruct(reader)
    if (reader.next() !== null) throw new MalformedRecord('there is more than one value on a line')
    return struct
  } catch (error) {
    if (error instanceof MalformedRecord) throw error
    throw new MalformedRecord(`it is no Ion text: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The members of a struct that holds attributes are attribute values; those of the outermost are such structs: `Item`. */
function readStruct(reader: Reader): Readonly<Record<string, unknown>> {
  const members = newMap() as Record<string, unknown>
  reader.stepIn()
  for (let type = reader.next(); type !== null; type = reader.next()) {
    const name = reader.fieldName() ?? ''
    if (Object.hasOwn(members, name)) throw new MalformedRecord(`it has two members ${JSON.stringify(name)}`)
    members[name] = type === IonTypes.STRUCT && !reader.isNull() ? readAttributes(reader) : readValue(reader)
  }
  reader.stepOut()
  return members
}

function readAttributes(reader: Reader): Readonly<Record<string, unknown>> {
  const attributes = newMap() as Record<string, unknown>
  reader.stepIn()
  while (reader.next() !== null) {
    const name = reader.fieldName() ?? ''
    if (Object.hasOwn(attributes, name)) throw new MalformedRecord(`it has two attributes ${JSON.stringify(name)}`)
    attributes[name] = readValue(reader)
  }
  reader.stepOut()
  return attributes
}

function readValue(reader: Reader): unknown {
  if (reader.isNull()) return { NULL: true }
  switch (reader.type()) {
    case IonTypes.STRING:
      return { S: reader.stringValue() }
    case IonTypes.DECIMAL:
    case IonTypes.INT:
      return { N: numberIn(reader) }
    case IonTypes.BLOB:
      return { B: base64In(reader) }
    case IonTypes.BOOL:
      return { BOOL: reader.booleanValue() }
    case IonTypes.STRUCT:
      return { M: readAttributes(reader) }
    case IonTypes.LIST:
      return readList(reader)
    default:
      throw new MalformedRecord(`no attribute value is like an Ion ${reader.type()?.name ?? 'value'}`)
  }
}

function readList(reader: Reader): unknown {
  const [annotation] = reader.annotations()
  switch (annotation) {
    case undefined:
      return { L: elementsOf(reader, () => readValue(reader)) }
    case '$dynamodb_SS':
      return { SS: elementsOf(reader, () => member(reader, IonTypes.STRING, () => reader.stringValue())) }
    case '$dynamodb_NS':
      return { NS: elementsOf(reader, () => member(reader, IonTypes.DECIMAL, () => numberIn(reader))) }
    case '$dynamodb_BS':
      return { BS: elementsOf(reader, () => member(reader, IonTypes.BLOB, () => base64In(reader))) }
    default:
      throw new MalformedRecord(`no set is annotated ${JSON.stringify(annotation)}`)
  }
}

function elementsOf(reader: Reader, read: () => unknown): readonly unknown[] {
  const elements: unknown[] = []
  reader.stepIn()
  while (reader.next() !== null) elements.push(read())
  reader.stepOut()
  return elements
}

function member(reader: Reader, type: unknown, read: () => unknown): unknown {
  const isInteger = type === IonTypes.DECIMAL && reader.type() === IonTypes.INT
  if (reader.isNull() || (reader.type() !== type && !isInteger)) throw new MalformedRecord('a set has a member of another type')
  return read()
}

/** In the notation of JSON's numbers, and never written out in full: the exponent may be anything. */
function numberIn(reader: Reader): string {
  if (reader.type() === IonTypes.INT) return String(reader.bigIntValue())
  const decimal = reader.decimalValue()
  return `${decimal?.getCoefficient() ?? 0n}E${decimal?.getExponent() ?? 0}`
}

function base64In(reader: Reader): string {
  return Buffer.from(reader.uInt8ArrayValue() ?? []).toString('base64')
}
