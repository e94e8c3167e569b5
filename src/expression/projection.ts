/**
 * The part of an item that a ProjectionExpression asks for. Nested paths keep their nesting; chosen elements of a list come
 * in the order of the list, without gaps.
 */
import type { AttributeMap } from '../item/attribute-value.ts'
import { project as projectPaths } from './path-tree.ts'
import type { PathFields } from './path-tree.ts'

export interface ProjectionPlan {
  readonly paths: PathFields
}

export function project(plan: ProjectionPlan, item: AttributeMap): AttributeMap {
  return projectPaths(plan.paths, item)
}

/** The top-level attributes that the projection reads: what decides whether an index can answer alone. */
export function projectedAttributes(plan: ProjectionPlan): readonly string[] {
  return [...plan.paths.children.keys()]
}
