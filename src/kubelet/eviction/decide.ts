/** Which pressure a node is under, and which pod has to go first. Pure (upstream: pkg/kubelet/eviction). */
import type { EvictionThresholds } from '../config.ts'
import { podResources } from '../containers/resources.ts'
import type { PodObject } from '../types.ts'

export interface Observation {
  readonly memoryAvailableBytes: number
  readonly nodefsAvailablePercent: number
  readonly nodefsInodesFreePercent: number
  readonly imagefsAvailablePercent: number
  readonly nodefsAvailableBytes: number
}

export type Starved = 'memory' | 'ephemeral-storage' | 'inodes'

export interface Shortage {
  readonly resource: Starved
  /** For the message: how it is, and how it should be. */
  readonly available: string
  readonly threshold: string
}

/** The first in the order in which upstream deals with them. */
export function findShortage(seen: Observation, thresholds: EvictionThresholds): Shortage | undefined {
  if (seen.memoryAvailableBytes < thresholds.memoryAvailableBytes) {
    return {
      resource: 'memory',
      available: kibibytes(seen.memoryAvailableBytes),
      threshold: kibibytes(thresholds.memoryAvailableBytes),
    }
  }
  if (
    seen.nodefsAvailablePercent < thresholds.nodefsAvailablePercent
    || seen.imagefsAvailablePercent < thresholds.imagefsAvailablePercent
  ) {
    return {
      resource: 'ephemeral-storage',
      available: kibibytes(seen.nodefsAvailableBytes),
      threshold: `${seen.nodefsAvailablePercent < thresholds.nodefsAvailablePercent ? thresholds.nodefsAvailablePercent : thresholds.imagefsAvailablePercent}%`,
    }
  }
  if (seen.nodefsInodesFreePercent < thresholds.nodefsInodesFreePercent) {
    return {
      resource: 'inodes',
      available: `${seen.nodefsInodesFreePercent.toFixed(1)}%`,
      threshold: `${thresholds.nodefsInodesFreePercent}%`,
    }
  }
  return undefined
}

function kibibytes(bytes: number): string {
  return `${Math.floor(bytes / 1024)}Ki`
}

export interface Candidate {
  readonly pod: PodObject
  readonly memoryBytes: number
  readonly diskBytes: number
}

/**
 * Those over their requests before those within, low priority before high, heavy before light. Critical and static
 * pods stay.
 */
export function rankForEviction(candidates: readonly Candidate[], resource: Starved): readonly Candidate[] {
  const usage = (candidate: Candidate): number => (resource === 'memory' ? candidate.memoryBytes : candidate.diskBytes)
  const request = ({ pod }: Candidate): number => (resource === 'memory' ? podResources(pod).memoryRequestBytes : 0)
  const excess = (candidate: Candidate): number => usage(candidate) - request(candidate)
  return candidates
    .filter(({ pod }) => (pod.spec?.priority ?? 0) < criticalPriority)
    .toSorted((a, b) => Number(excess(b) > 0) - Number(excess(a) > 0)
      || (a.pod.spec?.priority ?? 0) - (b.pod.spec?.priority ?? 0) || excess(b) - excess(a))
}

const criticalPriority = 2_000_000_000

/** Upstream's sentences, with each container that uses more than it asked for. */
export function evictionMessage({ resource, available, threshold }: Shortage, { pod, memoryBytes }: Candidate): string {
  const name = resource === 'inodes' ? 'inodes' : resource
  const head = `The node was low on resource: ${name}. Threshold quantity: ${threshold}, available: ${available}. `
  if (resource !== 'memory') return head
  const [container] = pod.spec?.containers ?? []
  const request = container?.resources?.requests?.['memory'] ?? '0'
  return `${head}Container ${container?.name ?? ''} was using ${kibibytes(memoryBytes)}, request is ${request}, has larger consumption of memory. `
}

