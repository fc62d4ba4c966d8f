/** Every state in which a crash may leave a disk at one moment: which sectors, lengths and names have survived. */
import {
  contentAfter,
  durableSector,
  sectorBytes,
  spliced,
  type Inode,
  type InodeFate,
  type Platter,
  type Write,
} from '../platter.ts'
import type { SeededRandom } from '../random.ts'

export interface CrashState {
  /** What was kept and what was lost, for people. */
  readonly label: string
  readonly files: ReadonlyMap<string, Uint8Array>
}

export interface CrashStateLimits {
  /** How many random subsets of unsynced sectors, where there are too many for all subsets. */
  readonly subsets: number
  /** At how many random bytes, beside all edges of sectors, the newest write is cut. */
  readonly byteEdges: number
}

/** So many combinations of unsynced sectors are all tried. */
const exhaustiveChoices = 64
/** All subsets of so many changes of names are tried; of more, each alone lost, each alone kept, and random ones. */
const exhaustiveNames = 3

type Names = ReadonlyMap<string, Inode>

/** What becomes of all files, with a name for it: equal names mean equal contents. */
interface Fate {
  readonly name: string
  of(inode: Inode): InodeFate
}

/** Different states only, in an order that follows from the random source. */
export function* crashStates(platter: Platter, random: SeededRandom, limits: CrashStateLimits): Generator<CrashState> {
  const seen = new Set<string>()
  const build = function* (names: Names, fate: Fate, kept: string): Generator<CrashState> {
    const key = keyOf(names, fate)
    if (seen.has(key)) return
    seen.add(key)
    const files = new Map<string, Uint8Array>()
    for (const [path, inode] of names) files.set(path, contentAfter(inode, fate.of(inode)))
    yield { label: `names: ${kept}; contents: ${fate.name}`, files }
  }
  const nameSets = survivingNames(platter, random)
  for (const [kept, names] of nameSets) {
    yield* build(names, nothingKept, kept)
    yield* build(names, everythingKept, kept)
  }
  const unsynced = pendingSectors(platter)
  if (unsynced.length === 0 && platter.lastWrite === undefined) return
  for (const fate of unevenLengths) yield* build(platter.names, fate, 'all')
  if (platter.lastWrite !== undefined) {
    for (const fate of tornWrites(platter.lastWrite, random, limits)) {
      yield* build(platter.names, fate, 'all')
      yield* build(platter.durableNames, fate, 'none')
    }
  }
  for (const fate of sectorSubsets(unsynced, random, limits)) {
    yield* build(platter.names, fate, 'all')
    if (nameSets.length > 2) {
      const [kept, names] = random.pick(nameSets)
      yield* build(names, fate, kept)
    }
  }
}

const nothingKept: Fate = {
  name: 'nothing',
  of: (inode) => ({ size: inode.durableSize, sector: () => undefined }),
}

const everythingKept: Fate = {
  name: 'everything',
  of: (inode) => ({ size: inode.size, sector: (_, versions) => versions.at(-1) }),
}

/** A file's length and its bytes are written by themselves. */
const unevenLengths: readonly Fate[] = [
  { name: 'lengths only', of: (inode) => ({ size: inode.size, sector: () => undefined }) },
  { name: 'bytes only', of: (inode) => ({ size: inode.durableSize, sector: (_, versions) => versions.at(-1) }) },
]

/** The newest write reached the disk only up to some byte, or only from some sector on. */
function* tornWrites(write: Write, random: SeededRandom, limits: CrashStateLimits): Generator<Fate> {
  const edges = new Set<number>()
  for (let edge = (Math.floor(write.from / sectorBytes) + 1) * sectorBytes; edge < write.to; edge += sectorBytes) {
    edges.add(edge)
  }
  for (let left = Math.min(limits.byteEdges, write.to - write.from - 1); left > 0; left--) {
    edges.add(write.from + 1 + random.below(write.to - write.from - 1))
  }
  for (const edge of edges) {
    for (const kept of edge % sectorBytes === 0 ? ['before', 'after'] as const : ['before'] as const) {
      for (const others of [everythingKept, nothingKept]) {
        yield {
          name: `the newest write only ${kept} byte ${edge}, of others ${others.name}`,
          of: (inode) => inode === write.inode ? tornFate(inode, edge, kept) : others.of(inode),
        }
      }
    }
  }
}

function tornFate(inode: Inode, edge: number, kept: 'before' | 'after'): InodeFate {
  return {
    size: inode.size,
    sector(number, versions) {
      const start = number * sectorBytes
      const [now, before] = [versions.at(-1)!, versions.at(-2)]
      if (start + sectorBytes <= edge) return kept === 'before' ? now : before
      if (start >= edge) return kept === 'before' ? before : now
      const old = before ?? durableSector(inode, number)
      return kept === 'before' ? spliced(now, old, edge - start) : spliced(old, now, edge - start)
    },
  }
}

interface PendingSector {
  readonly inode: Inode
  readonly number: number
  readonly versions: number
}

function pendingSectors(platter: Platter): PendingSector[] {
  const sectors: PendingSector[] = []
  for (const inode of new Set([...platter.names.values(), ...platter.durableNames.values()])) {
    for (const [number, versions] of inode.pending) sectors.push({ inode, number, versions: versions.length })
  }
  return sectors
}

/** Each unsynced sector holds what it held at its last sync or after any write since. */
function* sectorSubsets(
  sectors: readonly PendingSector[], random: SeededRandom, limits: CrashStateLimits,
): Generator<Fate> {
  let all = 1
  for (const { versions } of sectors) all *= versions + 1
  const isExhaustive = all <= exhaustiveChoices
  const count = isExhaustive ? all : limits.subsets
  for (let choice = 0; choice < count; choice++) {
    const chosen = new Map<Inode, Map<number, number>>()
    const keep = random.next()
    let rest = choice
    let name = ''
    for (const { inode, number, versions } of sectors) {
      // 0 is what is durable, and each number from 1 on the content after one write.
      const version = isExhaustive ? rest % (versions + 1) : random.chance(keep) ? 1 + random.below(versions) : 0
      rest = Math.floor(rest / (versions + 1))
      if (version === 0) continue
      let ofInode = chosen.get(inode)
      if (ofInode === undefined) chosen.set(inode, ofInode = new Map())
      ofInode.set(number, version - 1)
      name += ` ${inode.id}/${number}.${version}`
    }
    const isLong = random.chance(0.7)
    yield {
      name: `sectors${name}${isLong ? '' : ', old lengths'}`,
      of: (inode) => ({
        size: isLong ? inode.size : inode.durableSize,
        sector: (number, versions) => versions[chosen.get(inode)?.get(number) ?? -1],
      }),
    }
  }
}

/** A rename happens as a whole or not at all; apart from that, each change of a name may be lost by itself. */
function survivingNames(platter: Platter, random: SeededRandom): (readonly [string, Names])[] {
  const { nameChanges } = platter
  const count = nameChanges.length
  const all = 2 ** count - 1
  const masks = new Set([all, 0])
  if (count <= exhaustiveNames) for (let mask = 0; mask < all; mask++) masks.add(mask)
  else {
    for (let at = 0; at < count; at++) masks.add(1 << at).add(all & ~(1 << at))
    for (let left = 8; left > 0; left--) masks.add(random.below(all))
  }
  return [...masks].map((mask) => {
    const names = new Map(platter.durableNames)
    for (const [at, change] of nameChanges.entries()) {
      if ((mask >> at & 1) === 0) continue
      if (change.type === 'unlink') names.delete(change.path)
      else if (change.type === 'link') names.set(change.path, change.inode)
      else {
        names.delete(change.source)
        names.set(change.target, change.inode)
      }
    }
    const kept = mask === all ? 'all' : mask === 0 ? 'none' : `change ${mask.toString(2).padStart(count, '0')}`
    return [kept, names] as const
  })
}

/** What the disk will hold, as far as it is not the same in every state of this moment. */
function keyOf(names: Names, fate: Fate): string {
  let key = ''
  for (const [path, inode] of names) {
    key += `${path}>${inode.id}`
    if (inode.pending.size > 0 || inode.sizes.length > 0) key += contentKey(inode, fate)
    key += '|'
  }
  return key
}

function contentKey(inode: Inode, fate: Fate): string {
  const { size, sector } = fate.of(inode)
  let key = `:${size}`
  for (const [number, versions] of inode.pending) {
    if (number * sectorBytes >= size) continue
    const content = sector(number, versions)
    const version = content === undefined ? '' : versions.indexOf(content)
    // Neither old nor new: a part of each.
    key += version === -1 ? `,${fate.name}` : `,${version}`
  }
  return key
}
