import type { Experiment, RunningAction, Template } from './experiment.ts'
import { arnOf } from './fis.ts'
import type { KnownAction } from './known-actions.ts'

/** Templates, experiments and actions as FIS shows them. Times are seconds since 1970. */

export function reportTemplate({ home: _home, creationMs, lastUpdateMs, clientToken: _token, ...template }: Template): object {
  const experimentOptions = { accountTargeting: 'single-account', emptyTargetResolutionMode: 'fail', ...template.experimentOptions }
  const times = { creationTime: creationMs / 1000, lastUpdateTime: lastUpdateMs / 1000 }
  return { targets: {}, tags: {}, ...template, experimentOptions, ...times, targetAccountConfigurationsCount: 0 }
}

export function summarizeTemplate({ id, arn, description, creationMs, lastUpdateMs, tags = {} }: Template): object {
  return { id, arn, description, creationTime: creationMs / 1000, lastUpdateTime: lastUpdateMs / 1000, tags }
}

export function reportExperiment(experiment: Experiment): object {
  const { id, arn, templateId, roleArn, targets, actions, stopConditions, options, logConfiguration, experimentReportConfiguration, tags } =
    experiment
  return {
    id,
    arn,
    experimentTemplateId: templateId,
    roleArn,
    state: stateOf(experiment),
    targets,
    actions: Object.fromEntries(Object.entries(actions).map(([name, action]) => [name, reportAction(action)])),
    stopConditions,
    creationTime: experiment.creationMs / 1000,
    ...(experiment.startMs === undefined ? {} : { startTime: experiment.startMs / 1000 }),
    ...(experiment.endMs === undefined ? {} : { endTime: experiment.endMs / 1000 }),
    tags,
    ...(logConfiguration === undefined ? {} : { logConfiguration }),
    ...(experimentReportConfiguration === undefined ? {} : { experimentReportConfiguration }),
    experimentOptions: options,
    targetAccountConfigurationsCount: 0,
  }
}

export function summarizeExperiment(experiment: Experiment): object {
  const { id, arn, templateId, creationMs, tags, options } = experiment
  const state = stateOf(experiment)
  return { id, arn, experimentTemplateId: templateId, state, creationTime: creationMs / 1000, tags, experimentOptions: options }
}

export function reportKnownAction(home: string, id: string, { description, parameters, targets }: KnownAction): object {
  return { id, arn: arnOf(home, 'action', id), description, parameters, targets, tags: {} }
}

export function summarizeKnownAction(home: string, id: string, { description, targets }: KnownAction): object {
  return { id, arn: arnOf(home, 'action', id), description, targets, tags: {} }
}

/** What is in `targetInformation` is a guess. */
export function reportFound({ targets, found = {} }: Experiment, targetName: string | undefined): readonly object[] {
  return Object.entries(found)
    .filter(([name]) => targetName === undefined || name === targetName)
    .flatMap(([name, tables]) =>
      tables.map(({ arn }) => ({ resourceType: targets[name]?.resourceType, targetName: name, targetInformation: { arn } })),
    )
}

function stateOf({ state: { status, reason, error }, home: _home }: Experiment): object {
  return { status, reason, ...(error === undefined ? {} : { error: { code: error } }) }
}

function reportAction({ startMs, endMs, ...action }: RunningAction): object {
  return {
    parameters: {},
    ...action,
    ...(startMs === undefined ? {} : { startTime: startMs / 1000 }),
    ...(endMs === undefined ? {} : { endTime: endMs / 1000 }),
  }
}
