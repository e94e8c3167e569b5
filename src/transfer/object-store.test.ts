import { createMemoryObjectStore } from './memory-object-store.contract.ts'
import { describeObjectStore } from './object-store.contract.ts'

describeObjectStore('an object store in memory', () => Promise.resolve(createMemoryObjectStore('first', 'second')))
