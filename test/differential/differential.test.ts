import { explorePart } from './part.ts'

explorePart(1)
