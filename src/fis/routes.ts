import type { RestCall } from '../api/rest-json.ts'
import { knownActions, knownResourceTypes } from './known-actions.ts'
import type { Fis } from './fis.ts'
import { pageOf } from './pages.ts'
import { FisRefusal, notFound } from './refusal.ts'
import {
  reportExperiment,
  reportFound,
  reportKnownAction,
  reportTemplate,
  summarizeExperiment,
  summarizeKnownAction,
  summarizeTemplate,
} from './report.ts'
import { readCreate, readStart, readTags, readUpdate } from './template-schema.ts'

/** The first pieces of the paths that are FIS's. DynamoDB has none. */
export const firstPieces: ReadonlySet<string> = new Set([
  'experimentTemplates',
  'experiments',
  'actions',
  'targetResourceTypes',
  'tags',
  'safetyLevers',
])

/** Answers an operation of the public service model. @throws FisRefusal */
export async function answerFis(fis: Fis, request: RestCall): Promise<object> {
  const { method, path } = request
  const [first, id, third, ...rest] = path
  const place = `${method} ${first ?? ''}${id === undefined ? '' : '/{id}'}${third === undefined ? '' : `/${third}`}`
  const route = rest.length === 0 && Object.hasOwn(routes, place) ? routes[place] : undefined
  if (route === undefined) throw new FisRefusal('UnknownOperationException', `There is no operation at ${method} /${path.join('/')} here.`)
  return route(fis, request, id ?? '')
}

type Route = (fis: Fis, request: RestCall, id: string) => object | Promise<object>

const routes: Readonly<Record<string, Route>> = {
  'POST experimentTemplates': async (fis, { home, body }) => ({
    experimentTemplate: reportTemplate(await fis.createTemplate(home, readCreate(body))),
  }),
  'GET experimentTemplates': (fis, { home, query }) => {
    const { page, ...next } = pageOf(fis.templates(home), query)
    return { experimentTemplates: page.map(summarizeTemplate), ...next }
  },
  'GET experimentTemplates/{id}': (fis, { home }, id) => ({ experimentTemplate: reportTemplate(fis.template(home, id)) }),
  'PATCH experimentTemplates/{id}': async (fis, { home, body }, id) => ({
    experimentTemplate: reportTemplate(await fis.updateTemplate(home, id, readUpdate(body))),
  }),
  'DELETE experimentTemplates/{id}': async (fis, { home }, id) => ({
    experimentTemplate: reportTemplate(await fis.deleteTemplate(home, id)),
  }),
  'GET experimentTemplates/{id}/targetAccountConfigurations': (fis, { home }, id) => {
    fis.template(home, id)
    return { targetAccountConfigurations: [] }
  },
  'POST experiments': async (fis, { home, body }) => ({ experiment: reportExperiment(await fis.startExperiment(home, readStart(body))) }),
  'GET experiments': (fis, { home, query }) => {
    const { page, ...next } = pageOf(fis.experiments(home, query.get('experimentTemplateId') ?? undefined), query)
    return { experiments: page.map(summarizeExperiment), ...next }
  },
  'GET experiments/{id}': (fis, { home }, id) => ({ experiment: reportExperiment(fis.experiment(home, id)) }),
  'DELETE experiments/{id}': async (fis, { home }, id) => ({ experiment: reportExperiment(await fis.stopExperiment(home, id)) }),
  'GET experiments/{id}/resolvedTargets': (fis, { home, query }, id) => {
    const { page, ...next } = pageOf(reportFound(fis.experiment(home, id), query.get('targetName') ?? undefined), query)
    return { resolvedTargets: page, ...next }
  },
  'GET experiments/{id}/targetAccountConfigurations': (fis, { home }, id) => {
    fis.experiment(home, id)
    return { targetAccountConfigurations: [] }
  },
  'GET actions': (_fis, { home, query }) => {
    const { page, ...next } = pageOf(Object.entries(knownActions), query)
    return { actions: page.map(([id, action]) => summarizeKnownAction(home, id, action)), ...next }
  },
  'GET actions/{id}': (_fis, { home }, id) => {
    const action = Object.hasOwn(knownActions, id) ? knownActions[id] : undefined
    if (action === undefined) throw notFound('Action', id)
    return { action: reportKnownAction(home, id, action) }
  },
  'GET targetResourceTypes': (_fis, { query }) => {
    const { page, ...next } = pageOf(Object.entries(knownResourceTypes), query)
    return { targetResourceTypes: page.map(([resourceType, { description }]) => ({ resourceType, description })), ...next }
  },
  'GET targetResourceTypes/{id}': (_fis, _request, id) => {
    const known = Object.hasOwn(knownResourceTypes, id) ? knownResourceTypes[id] : undefined
    if (known === undefined) throw notFound('Target resource type', id)
    return { targetResourceType: { resourceType: id, description: known.description, parameters: {} } }
  },
  'GET tags/{id}': (fis, { home }, arn) => ({ tags: fis.tags(home, arn) ?? {} }),
  'POST tags/{id}': async (fis, { home, body }, arn) => {
    const tags = readTags(body)
    await fis.retag(home, arn, (before) => ({ ...before, ...tags }))
    return {}
  },
  'DELETE tags/{id}': async (fis, { home, query }, arn) => {
    const keys = query.getAll('tagKeys')
    await fis.retag(home, arn, (before) => Object.fromEntries(Object.entries(before).filter(([key]) => !keys.includes(key))))
    return {}
  },
}
