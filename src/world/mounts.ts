/** File systems that the kubelet mounts for volumes. */
export interface Mounts {
  /** A memory-backed file system; an existing mount there is success. `sizeBytes` 0: no limit of its own. */
  mountMemory(path: string, sizeBytes: number): Promise<void>
  /** Makes `target` (a file or directory that exists) show `source`. */
  bind(source: string, target: string): Promise<void>
  /** Every mount at or below the path, deepest first. What is not mounted is success. */
  unmountAll(path: string): Promise<void>
}
