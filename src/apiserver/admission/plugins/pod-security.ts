/**
 * Pod Security Standards by the labels of the namespace: pods are refused or warned about, templates of pods only
 * warned about.
 */
import type { Namespace, Pod, PodTemplateSpec } from '#api/gen/core-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { invalid } from '#machinery/errors/api-error.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin } from '../admission.ts'
import type { CheckedPod } from '../pod-security/check.ts'
import {
  formatViolations, labelProblems, levelOf, violationsOf, type LevelVersion, type PodSecurityConfiguration,
} from '../pod-security/policy.ts'
import { isResource, refuse } from '../refusal.ts'

/** Subresources that cannot change what a pod may do. */
const harmless: ReadonlySet<string> =
  new Set(['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status', 'scale', 'token'])
const templated: ReadonlySet<string> = new Set([
  'deployments.apps',
  'replicasets.apps',
  'statefulsets.apps',
  'daemonsets.apps',
  'jobs.batch',
  'cronjobs.batch',
  'replicationcontrollers.',
  'podtemplates.',
])
/** A namespace with more pods is not looked through when its labels change; upstream stops at 3,000. */
const maxExistingPods = 3000

export function podSecurityAdmission(configuration: PodSecurityConfiguration): AdmissionPlugin {
  const { defaults, exemptions } = configuration
  return {
    name: 'PodSecurity',
    validate(attributes, context) {
      const { operation, kind, resource, subresource, object } = attributes
      if (!object || (operation !== 'CREATE' && operation !== 'UPDATE') || harmless.has(subresource)) return
      if (isResource(attributes, '', 'namespaces')) checkNamespace(attributes, context, configuration)
      else if (resource === 'pods' && kind.group === '') {
        if (!isExempt(attributes, exemptions, attributes.object as Pod)) checkPod(attributes, context, defaults)
      } else if (subresource === '' && templated.has(`${resource}.${kind.group}`)) {
        const template = templateOf(object as Templated)
        if (template?.spec && !isExempt(attributes, exemptions, template)) {
          checkTemplate(attributes, context, template, defaults)
        }
      }
    },
  }
}

function isExempt(
  { namespace, user, audit }: AdmissionAttributes, exemptions: PodSecurityConfiguration['exemptions'],
  { spec }: Pod | PodTemplateSpec,
): boolean {
  const { namespaces, usernames, runtimeClasses } = exemptions
  const why = namespaces.includes(namespace) ? 'namespace'
    : usernames.includes(user.name) ? 'user'
    : spec?.runtimeClassName && runtimeClasses.includes(spec.runtimeClassName) ? 'runtimeClass' : undefined
  if (why !== undefined) audit?.annotate('pod-security.kubernetes.io/exempt', why)
  return why !== undefined
}

type Defaults = PodSecurityConfiguration['defaults']

function labelsOf(attributes: AdmissionAttributes, context: AdmissionContext): Readonly<Record<string, string>> {
  return context.get<Namespace>({ group: '', plural: 'namespaces' }, '', attributes.namespace)?.metadata.labels ?? {}
}

function checkPod(attributes: AdmissionAttributes, context: AdmissionContext, defaults: Defaults): void {
  const pod = attributes.object as Pod
  if (!pod.spec || (attributes.old && !isSignificant(pod, attributes.old as DeepReadonly<Pod>))) return
  const labels = labelsOf(attributes, context)
  const checked = toChecked(pod)
  const enforced = levelOf(labels, 'enforce', defaults)
  attributes.audit?.annotate('pod-security.kubernetes.io/enforce-policy', `${enforced.level}:${enforced.version}`)
  noteViolations(attributes, levelOf(labels, 'audit', defaults), checked)
  const violations = violationsOf(checked, enforced.level)
  if (violations.length > 0) {
    throw refuse(attributes, `violates PodSecurity ${name(enforced)}: ${formatViolations(violations)}`)
  }
  warnAbout(attributes, levelOf(labels, 'warn', defaults), checked)
}

function checkTemplate(
  attributes: AdmissionAttributes, context: AdmissionContext, template: PodTemplateSpec, defaults: Defaults,
): void {
  const labels = labelsOf(attributes, context)
  const checked = toChecked(template)
  noteViolations(attributes, levelOf(labels, 'audit', defaults), checked)
  warnAbout(attributes, levelOf(labels, 'warn', defaults), checked)
}

/** For the audit log alone. */
function noteViolations({ audit }: AdmissionAttributes, wanted: LevelVersion, pod: CheckedPod): void {
  const violations = audit ? violationsOf(pod, wanted.level) : []
  if (violations.length === 0) return
  audit?.annotate(
    'pod-security.kubernetes.io/audit-violations',
    `would violate PodSecurity ${name(wanted)}: ${formatViolations(violations)}`,
  )
}

function warnAbout(attributes: AdmissionAttributes, wanted: LevelVersion, pod: CheckedPod): void {
  const violations = violationsOf(pod, wanted.level)
  if (violations.length > 0) {
    attributes.warn(`would violate PodSecurity ${name(wanted)}: ${formatViolations(violations)}`)
  }
}

/**
 * New labels must be right; pods that are there already stay, and a warning tells of those that the new level would
 * refuse.
 */
function checkNamespace(
  attributes: AdmissionAttributes, context: AdmissionContext, { defaults, exemptions }: PodSecurityConfiguration,
): void {
  const labels = attributes.object?.metadata?.labels ?? {}
  const namespaceName = attributes.object?.metadata?.name ?? ''
  const before = attributes.old?.metadata.labels ?? {}
  const problems = labelProblems(labels)
  if (problems.length > 0 && (!attributes.old || !semanticEqual(problems, labelProblems(before)))) {
    throw invalid({ group: '', resource: 'Namespace' }, namespaceName, problems)
  }
  const enforced = levelOf(labels, 'enforce', defaults)
  if (!attributes.old || enforced.level === 'privileged' || exemptions.namespaces.includes(namespaceName)) return
  if (semanticEqual(enforced, levelOf(before, 'enforce', defaults))) return
  const pods = context.list<Pod>({ group: '', plural: 'pods' }, namespaceName).slice(0, maxExistingPods)
  const found = new Map<string, string[]>()
  for (const pod of pods) {
    const reasons = violationsOf(toChecked(pod), enforced.level).map((violation) => violation.reason).join(', ')
    if (reasons !== '') found.set(reasons, [...found.get(reasons) ?? [], pod.metadata.name])
  }
  if (found.size === 0) return
  attributes.warn(
    `existing pods in namespace ${JSON.stringify(namespaceName)} violate the new PodSecurity enforce level ${name(enforced)}`,
  )
  for (const [reasons, names] of found) {
    const [first] = names.toSorted()
    const others =
      names.length === 1 ? '' : names.length === 2 ? ' (and 1 other pod)' : ` (and ${names.length - 1} other pods)`
    attributes.warn(`${first!}${others}: ${reasons}`)
  }
}

function name({ level, version }: LevelVersion): string {
  return `"${level}:${version}"`
}

interface Templated {
  readonly spec?: {
    readonly template?: PodTemplateSpec
    readonly jobTemplate?: { readonly spec?: { readonly template?: PodTemplateSpec } }
  }
  readonly template?: PodTemplateSpec
}

function templateOf(object: Templated): PodTemplateSpec | undefined {
  return object.spec?.template ?? object.spec?.jobTemplate?.spec?.template ?? object.template
}

function toChecked(pod: DeepReadonly<Pod | PodTemplateSpec>): CheckedPod {
  return { annotations: pod.metadata?.annotations ?? {}, spec: pod.spec ?? { containers: [] } }
}

/** Most updates of a pod cannot make it more dangerous; those were admitted once and must not fail now. */
function isSignificant(pod: DeepReadonly<Pod>, old: DeepReadonly<Pod>): boolean {
  const rest = (each: DeepReadonly<Pod>): unknown => {
    const {
      tolerations: _,
      activeDeadlineSeconds: __,
      terminationGracePeriodSeconds: ___,
      schedulingGates: ____,
      ...spec
    } = each.spec ?? { containers: [] }
    return spec
  }
  return !semanticEqual(rest(pod), rest(old))
}
