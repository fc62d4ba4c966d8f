/** Describes a pod. */
import { at, listAt, numberAt, textAt, textsAt } from '../fields.ts'
import { formatAge } from '../print/age.ts'
import {
  controllerOf,
  formatDate,
  subjectOf,
  writeEvents,
  writeLabels,
  writeLabelsAndAnnotations,
  writeNameAndNamespace,
  writeTolerations,
  type Describer,
} from './common.ts'
import { writeContainers, writeResources, writeSpread } from './containers.ts'
import { writeVolumes } from './volumes.ts'
import { Description } from './writer.ts'

export const describePod: Describer = async (context, pod) => {
  const description = new Description()
  const [spec, status] = [at(pod, 'spec'), at(pod, 'status')]
  writeNameAndNamespace(description, pod)
  if (at(spec, 'priority') !== undefined) description.line(0, `Priority:\t${numberAt(spec, 'priority')}`)
  description.optional(0, 'Priority Class Name', textAt(spec, 'priorityClassName'))
  description.optional(0, 'Runtime Class Name', textAt(spec, 'runtimeClassName'))
  description.optional(0, 'Service Account', textAt(spec, 'serviceAccountName'))
  const node = textAt(spec, 'nodeName')
  description.line(0, `Node:\t${node === '' ? '<none>' : `${node}/${textAt(status, 'hostIP')}`}`)
  if (textAt(status, 'startTime') !== '') {
    description.line(0, `Start Time:\t${formatDate(context, textAt(status, 'startTime'))}`)
  }
  writeLabelsAndAnnotations(description, pod)
  const phase = textAt(status, 'phase')
  const ending = textAt(pod, 'metadata', 'deletionTimestamp')
  if (ending !== '' && phase !== 'Failed' && phase !== 'Succeeded') {
    description.line(0, `Status:\tTerminating (lasts ${formatAge(context.environment.clock.now(), ending)})`)
    description.line(0, `Termination Grace Period:\t${numberAt(pod, 'metadata', 'deletionGracePeriodSeconds')}s`)
  } else description.line(0, `Status:\t${phase}`)
  description.optional(0, 'Reason', textAt(status, 'reason'))
  description.optional(0, 'Message', textAt(status, 'message'))
  description.optional(0, 'SeccompProfile', textAt(spec, 'securityContext', 'seccompProfile', 'type'))
  description.optional(0, 'LocalhostProfile', textAt(spec, 'securityContext', 'seccompProfile', 'localhostProfile'))
  description.line(0, `IP:\t${textAt(status, 'podIP')}`)
  const addresses = listAt(status, 'podIPs')
  description.line(0, `IPs:${addresses.length === 0 ? '\t<none>' : ''}`)
  for (const address of addresses) description.line(1, `IP:\t${textAt(address, 'ip')}`)
  description.optional(0, 'Controlled By', controllerOf(pod))
  description.optional(0, 'NominatedNodeName', textAt(status, 'nominatedNodeName'))
  if (at(spec, 'resources') !== undefined) {
    description.line(0, 'Resources:')
    writeResources(description, 1, at(spec, 'resources'))
  }
  const groups = [
    ['Init Containers', 'initContainers', 'initContainerStatuses'], ['Containers', 'containers', 'containerStatuses'],
    ['Ephemeral Containers', 'ephemeralContainers', 'ephemeralContainerStatuses'],
  ] as const
  for (const [title, field, statuses] of groups) {
    const containers = listAt(spec, field)
    if (containers.length > 0 || field === 'containers') {
      writeContainers(context, description, title, containers, listAt(status, statuses), pod, '')
    }
  }
  const conditions = listAt(status, 'conditions')
  const gates = listAt(spec, 'readinessGates')
  if (gates.length > 0) description.line(0, 'Readiness Gates:\n  Type\tStatus')
  for (const gate of gates) {
    const type = textAt(gate, 'conditionType')
    description.line(
      1,
      `${type} \t${
        textAt(
          conditions.find((condition) => textAt(condition, 'type') === type),
          'status',
        ) || '<none>'
      } `,
    )
  }
  if (conditions.length > 0) description.line(0, 'Conditions:\n  Type\tStatus')
  for (const condition of conditions) {
    description.line(1, `${textAt(condition, 'type')} \t${textAt(condition, 'status')} `)
  }
  writeVolumes(description, listAt(spec, 'volumes'), '')
  description.line(0, `QoS Class:\t${textAt(status, 'qosClass')}`)
  writeLabels(description, 'Node-Selectors', textsAt(spec, 'nodeSelector'))
  writeTolerations(description, 'Tolerations', listAt(spec, 'tolerations'))
  writeSpread(description, listAt(spec, 'topologySpreadConstraints'), '')
  const mirror = textAt(pod, 'metadata', 'annotations', 'kubernetes.io/config.mirror')
  await writeEvents(context, description, { ...subjectOf(pod, false), ...(mirror !== '' && { uid: mirror }) })
  return description.finish()
}
