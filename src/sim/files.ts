/** A node's file system in memory. */
import type { Files, FileStat } from '#world/files.ts'

interface Entry {
  readonly inode: number
  type: 'file' | 'directory' | 'link'
  bytes: Uint8Array
  target: string
  mode: number
  uid: number
  gid: number
  modifiedAt: number
}

const linksMax = 40

export interface SimulatedFiles extends Files {
  append(path: string, bytes: Uint8Array): Promise<void>
}

export function createSimulatedFiles(now: () => number = () => 0): SimulatedFiles {
  let inodes = 0
  const watchers = new Map<string, Set<() => void>>()
  const entries = new Map<string, Entry>([['/', make('directory', 0o755)]])

  function make(type: Entry['type'], mode: number): Entry {
    return { inode: ++inodes, type, bytes: new Uint8Array(), target: '', mode, uid: 0, gid: 0, modifiedAt: now() }
  }
  function changed(path: string): void {
    for (const name of [path, parentOf(path)]) for (const wake of watchers.get(name) ?? []) wake()
  }
  /** Follows links in every part; `last` decides about the final one. */
  function walk(path: string, last: 'follow' | 'keep', depth = 0): string | undefined {
    if (depth > linksMax) return undefined
    let current = '/'
    const parts = normalize(path).split('/').filter((part) => part !== '')
    for (const [index, part] of parts.entries()) {
      current = current === '/' ? `/${part}` : `${current}/${part}`
      const entry = entries.get(current)
      if (entry?.type !== 'link' || (index === parts.length - 1 && last === 'keep')) continue
      const target = entry.target.startsWith('/') ? entry.target : `${parentOf(current)}/${entry.target}`
      return walk([target, ...parts.slice(index + 1)].join('/'), last, depth + 1)
    }
    return current
  }
  function find(path: string, last: 'follow' | 'keep' = 'follow'): { path: string; entry: Entry } | undefined {
    const real = walk(path, last)
    const entry = real === undefined ? undefined : entries.get(real)
    return real !== undefined && entry ? { path: real, entry } : undefined
  }
  function below(path: string): string[] {
    return [...entries.keys()].filter((key) => key.startsWith(`${path}/`))
  }
  function needParent(path: string): string {
    const parent = find(parentOf(path))
    if (parent?.entry.type !== 'directory') throw new Error(`ENOENT: no such file or directory, open '${path}'`)
    return parent.path === '/' ? `/${nameOf(path)}` : `${parent.path}/${nameOf(path)}`
  }
  async function write(path: string, bytes: Uint8Array, mode: number): Promise<void> {
    const found = find(path)
    if (found) {
      found.entry.bytes = bytes.slice()
      found.entry.modifiedAt = now()
      changed(found.path)
      return
    }
    const real = needParent(path)
    const entry = make('file', mode)
    entry.bytes = bytes.slice()
    entries.set(real, entry)
    changed(real)
  }

  return {
    write,
    async append(path, bytes) {
      const found = find(path)
      const joined = new Uint8Array((found?.entry.bytes.length ?? 0) + bytes.length)
      joined.set(found?.entry.bytes ?? new Uint8Array())
      joined.set(bytes, joined.length - bytes.length)
      await write(path, joined, 0o640)
    },
    async read(path, limitBytes) {
      const found = find(path)
      if (!found) return undefined
      if (found.entry.bytes.length > limitBytes) throw new Error(`${path} is larger than ${limitBytes} bytes`)
      return found.entry.bytes.slice()
    },
    async readRange(path, offset, length) {
      return find(path)?.entry.bytes.slice(offset, offset + length)
    },
    async makeDirectory(path, mode) {
      let current = ''
      for (const part of normalize(path).split('/').filter((name) => name !== '')) {
        current = `${current}/${part}`
        const found = find(current)
        if (!found) entries.set(walk(current, 'follow') ?? current, make('directory', mode))
        else if (found.entry.type !== 'directory') throw new Error(`ENOTDIR: not a directory, mkdir '${path}'`)
      }
    },
    async rename(from, to) {
      const found = find(from, 'keep')
      if (!found) throw new Error(`ENOENT: no such file or directory, rename '${from}'`)
      const target = needParent(to)
      for (const key of below(found.path)) {
        entries.set(`${target}${key.slice(found.path.length)}`, entries.get(key)!)
        entries.delete(key)
      }
      entries.set(target, found.entry)
      entries.delete(found.path)
      changed(target)
    },
    async symlink(target, path) {
      if (find(path, 'keep')) throw new Error(`EEXIST: file already exists, symlink '${path}'`)
      const entry = make('link', 0o777)
      entry.target = target
      entries.set(needParent(path), entry)
    },
    async readLink(path) {
      const entry = find(path, 'keep')?.entry
      return entry?.type === 'link' ? entry.target : undefined
    },
    async resolve(path) {
      return find(path)?.path
    },
    async list(path) {
      const found = find(path)
      if (found?.entry.type !== 'directory') return undefined
      const prefix = found.path === '/' ? '/' : `${found.path}/`
      return [...entries.keys()].filter((key) =>
        key !== '/' && key.startsWith(prefix) && !key.slice(prefix.length).includes('/'))
        .map((key) => key.slice(prefix.length)).toSorted()
    },
    async stat(path): Promise<FileStat | undefined> {
      const entry = find(path)?.entry
      if (!entry || entry.type === 'link') return undefined
      return {
        type: entry.type, size: entry.bytes.length, mode: entry.mode, inode: entry.inode, modifiedAt: entry.modifiedAt,
      }
    },
    async remove(path) {
      const real = walk(path, 'keep')
      if (real === undefined || !entries.has(real)) return
      for (const key of below(real)) entries.delete(key)
      entries.delete(real)
      changed(real)
    },
    async setOwner(path, owner, recursive) {
      const found = find(path)
      if (!found) throw new Error(`ENOENT: no such file or directory, chown '${path}'`)
      for (const key of recursive ? [found.path, ...below(found.path)] : [found.path]) {
        const entry = entries.get(key)!
        entry.uid = owner.uid ?? entry.uid
        entry.gid = owner.gid ?? entry.gid
      }
    },
    async setMode(path, mode) {
      const found = find(path)
      if (!found) throw new Error(`ENOENT: no such file or directory, chmod '${path}'`)
      found.entry.mode = mode
    },
    async *watch(path, signal) {
      let isDirty = true
      let wake: (() => void) | undefined
      const poke = (): void => {
        isDirty = true
        wake?.()
      }
      const key = normalize(path)
      const set = watchers.get(key) ?? new Set()
      watchers.set(key, set.add(poke))
      signal.addEventListener('abort', poke, { once: true })
      try {
        while (!signal.aborted) {
          if (!isDirty) await new Promise<void>((resolve) => { wake = resolve })
          isDirty = false
          if (!signal.aborted) yield
        }
      } finally {
        signal.removeEventListener('abort', poke)
        set.delete(poke)
      }
    },
    filesystem: async () => ({
      capacityBytes: 100 * 2 ** 30,
      availableBytes: 80 * 2 ** 30,
      inodes: 6_000_000,
      inodesFree: 5_000_000,
    }),
    async diskUsage(path) {
      const keys = [normalize(path), ...below(normalize(path))].filter((key) => entries.has(key))
      return { bytes: keys.reduce((sum, key) => sum + entries.get(key)!.bytes.length, 0), inodes: keys.length }
    },
  }
}

function normalize(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

function parentOf(path: string): string {
  const clean = normalize(path)
  return clean.slice(0, clean.lastIndexOf('/')) || '/'
}

function nameOf(path: string): string {
  const clean = normalize(path)
  return clean.slice(clean.lastIndexOf('/') + 1)
}
