/** What a cluster's things are called in the kernel, so that they can be told from others' and removed. */
import type { ClusterConfig } from '#bootstrap/cluster-config.ts'

/** The packet filter's table of Services. */
export function proxyTable(config: ClusterConfig): string {
  return `skiff${config.index}-services`
}

/** The packet filter's table of the pods' way out. */
export function egressTable(config: ClusterConfig): string {
  return `skiff${config.index}-pods`
}

/** All pods' control groups lie below it; the first cluster has upstream's name. */
export function cgroupRoot(config: ClusterConfig): string {
  return config.index === 0 ? '/kubepods' : `/kubepods-${config.index}`
}
