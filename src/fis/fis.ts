import { accountOf, regionOf } from '../base/account-region.ts'
import { integerBelow } from '../base/random.ts'
import type { Documents } from '../world/documents.ts'
import type { Experiment, Template } from './experiment.ts'
import { initialState, isActive } from './experiment.ts'
import { FisRefusal, invalid, notFound } from './refusal.ts'
import type { RunPorts } from './runs.ts'
import { Runs } from './runs.ts'
import { checkTemplate } from './template-rules.ts'
import type { StartInput, Tags, TemplateInput } from './template-schema.ts'

/** The templates and experiments of FIS, of each Region and account by itself. */
export class Fis {
  readonly runs: Runs
  readonly #options: FisOptions
  readonly #templateById = new Map<string, Template>()

  private constructor(options: FisOptions, templates: readonly Template[], experiments: readonly Experiment[]) {
    this.#options = options
    for (const template of templates) this.#templateById.set(template.id, template)
    const { documents } = options
    this.runs = new Runs({ ...options, keep: (id, experiment) => documents.keep(experimentKind, id, experiment) }, experiments)
  }

  /** Goes on with the experiments that were under way. */
  static open(options: FisOptions): Fis {
    const kept = <T>(kind: string): readonly T[] => options.documents.all(kind).map(({ document }) => document as T)
    const fis = new Fis(options, kept<Template>(templateKind), kept<Experiment>(experimentKind))
    fis.runs.resume()
    return fis
  }

  close(): void {
    this.runs.close()
  }

  templates(home: string): readonly Template[] {
    return [...this.#templateById.values()].filter((each) => each.home === home).sort(byAge)
  }

  template(home: string, id: string): Template {
    const template = this.#templateById.get(id)
    if (template?.home !== home) throw notFound('Experiment template', id)
    return template
  }

  /** The same token gives the same template again. */
  async createTemplate(home: string, { clientToken, ...input }: TemplateInput & { readonly clientToken?: string }): Promise<Template> {
    const before = clientToken === undefined ? undefined : this.templates(home).find((each) => each.clientToken === clientToken)
    if (before !== undefined) {
      if (Object.entries(input).every(([name, value]) => isSame(Reflect.get(before, name), value))) return before
      throw new FisRefusal('ConflictException', `The client token ${clientToken ?? ''} was used for another request.`)
    }
    checkTemplate(input)
    if (this.templates(home).length >= templatesMax) throw quota(`${templatesMax} experiment templates`)
    const [id, nowMs] = [this.#newId('EXT'), this.#options.clock.nowMs()]
    const template = {
      ...input,
      id,
      arn: arnOf(home, 'experiment-template', id),
      home,
      creationMs: nowMs,
      lastUpdateMs: nowMs,
      clientToken,
    }
    await this.#keepTemplate(template)
    return template
  }

  async updateTemplate(home: string, id: string, input: Partial<TemplateInput>): Promise<Template> {
    const template = { ...this.template(home, id), ...input, lastUpdateMs: this.#options.clock.nowMs() }
    checkTemplate(template)
    await this.#keepTemplate(template)
    return template
  }

  async deleteTemplate(home: string, id: string): Promise<Template> {
    const template = this.template(home, id)
    this.#templateById.delete(id)
    await this.#options.documents.keep(templateKind, id, undefined)
    return template
  }

  experiments(home: string, templateId?: string): readonly Experiment[] {
    return this.runs
      .all()
      .filter((each) => each.home === home && (templateId === undefined || each.templateId === templateId))
      .sort(byAge)
  }

  experiment(home: string, id: string): Experiment {
    const experiment = this.runs.get(id)
    if (experiment?.home !== home) throw notFound('Experiment', id)
    return experiment
  }

  async startExperiment(
    home: string,
    { clientToken, experimentTemplateId, tags = {}, experimentOptions }: StartInput,
  ): Promise<Experiment> {
    const before = clientToken === undefined ? undefined : this.experiments(home).find((each) => each.clientToken === clientToken)
    if (before !== undefined) {
      if (before.templateId === experimentTemplateId) return before
      throw new FisRefusal('ConflictException', `The client token ${clientToken ?? ''} was used for another request.`)
    }
    const template = this.template(home, experimentTemplateId)
    if (this.experiments(home).filter(isActive).length >= activeMax) throw quota(`${activeMax} active experiments`)
    const id = this.#newId('EXP')
    const experiment: Experiment = {
      id,
      arn: arnOf(home, 'experiment', id),
      home,
      templateId: template.id,
      roleArn: template.roleArn,
      targets: template.targets ?? {},
      actions: Object.fromEntries(
        Object.entries(template.actions).map(([name, action]) => [
          name,
          { ...action, state: initialState, startMs: undefined, endMs: undefined },
        ]),
      ),
      stopConditions: template.stopConditions,
      options: {
        accountTargeting: 'single-account',
        emptyTargetResolutionMode: template.experimentOptions?.emptyTargetResolutionMode ?? 'fail',
        actionsMode: experimentOptions?.actionsMode ?? 'run-all',
      },
      logConfiguration: template.logConfiguration,
      experimentReportConfiguration: template.experimentReportConfiguration,
      tags,
      state: { status: 'initiating', reason: 'Experiment is initiating.' },
      creationMs: this.#options.clock.nowMs(),
      startMs: undefined,
      endMs: undefined,
      clientToken,
      found: undefined,
    }
    await this.runs.start(experiment)
    return experiment
  }

  async stopExperiment(home: string, id: string): Promise<Experiment> {
    const experiment = this.experiment(home, id)
    if (!(await this.runs.stop(id))) throw invalid(`Experiment ${id} is not active: it is ${experiment.state.status}.`)
    return this.experiment(home, id)
  }

  /** Of a template or experiment, by its ARN; undefined when there is none. */
  tags(home: string, arn: string): Tags | undefined {
    const found = [...this.templates(home), ...this.experiments(home)].find((each) => each.arn === arn)
    return found && (found.tags ?? {})
  }

  async retag(home: string, arn: string, change: (tags: Tags) => Tags): Promise<void> {
    const tags = change(this.tags(home, arn) ?? {})
    if (Object.keys(tags).length > tagsMax) throw invalid(`A resource has at most ${tagsMax} tags.`)
    const template = this.templates(home).find((each) => each.arn === arn)
    const experiment = this.experiments(home).find((each) => each.arn === arn)
    if (template !== undefined) await this.#keepTemplate({ ...template, tags })
    else if (experiment !== undefined) await this.runs.retag(experiment.id, tags)
    else throw notFound('Resource', arn)
  }

  async #keepTemplate(template: Template): Promise<void> {
    this.#templateById.set(template.id, template)
    await this.#options.documents.keep(templateKind, template.id, template)
  }

  #newId(prefix: 'EXT' | 'EXP'): string {
    const characters = Array.from({ length: 14 }, () => alphabet.charAt(integerBelow(this.#options.random, alphabet.length)))
    return `${prefix}${characters.join('')}`
  }
}

export interface FisOptions extends Omit<RunPorts, 'keep'> {
  readonly documents: Documents
}

export function arnOf(home: string, kind: 'experiment-template' | 'experiment' | 'action', id: string): string {
  return `arn:aws:fis:${regionOf(home)}:${accountOf(home)}:${kind}/${id}`
}

const templateKind = 'fis-template'
const experimentKind = 'fis-experiment'
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Quotas of a new account (AWS FIS user guide, quotas). */
const templatesMax = 500
const activeMax = 5
const tagsMax = 50

function quota(what: string): FisRefusal {
  return new FisRefusal('ServiceQuotaExceededException', `The quota of ${what} has been reached.`)
}

function byAge(a: Template | Experiment, b: Template | Experiment): number {
  return a.creationMs - b.creationMs || (a.id < b.id ? -1 : 1)
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
