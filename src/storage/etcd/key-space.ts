/** Where the store's keys lie in an etcd that may hold other things beside them. */
import { prefixRange, type KeyRange } from '../store.ts'

export interface KeyMapping {
  /** What the store's own keys begin with. Every key of the store is this, a slash, and more. */
  readonly root: string
  /** What takes its place in the etcd (upstream: `--etcd-prefix`). */
  readonly prefix: string
}

export interface KeySpace {
  /** All of the store, in the etcd's keys. */
  readonly range: KeyRange
  toEtcd(key: string): string
  fromEtcd(key: string): string
  /** Keys of our own beside the objects: no resource is called so. */
  own(purpose: string, identity: string): string
}

export function createKeySpace({ root, prefix }: KeyMapping): KeySpace {
  const isSame = root === prefix
  return {
    range: prefixRange(`${prefix}/`),
    toEtcd: (key) => {
      if (!key.startsWith(`${root}/`)) throw new RangeError(`the key ${key} is not below ${root}/`)
      return isSame ? key : prefix + key.slice(root.length)
    },
    fromEtcd: (key) => isSame ? key : root + key.slice(prefix.length),
    own: (purpose, identity) => `${prefix}/skiff.dev/${purpose}/${identity}`,
  }
}
