/** Damages files of a store in every way: what opens afterwards is whole, or it is refused by file and offset. */
import { StoreCorrupted, type Entry, type Store } from '#storage/store.ts'
import type { EmbeddedStoreOptions } from '#storage/embedded/embedded-store.ts'
import { createSimClock } from '../clock.ts'
import { createSimDisk } from '../disk.ts'
import { seededRandom } from '../random.ts'
import { createCollector, type Campaign, type Collector } from './campaign.ts'
import { damages, type Damage } from './damage.ts'
import { openStore } from './recording.ts'

/** Files on a disk and what they hold; one of them will be damaged. */
export interface Subject {
  readonly name: string
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly path: string
  /** A file of the same kind and of another store. */
  readonly older: Uint8Array
  readonly revision: number
  readonly entries: readonly Entry[]
  /** Nothing behind the last write says that it was acknowledged. */
  readonly isOpenEnded: boolean
}

const everything = { start: '', end: '\uffff' }
const fileBytes = 64 * 2 ** 10
/** Logs of 64 KiB; a snapshot as soon as there are two of them. */
const options: EmbeddedStoreOptions = {
  firstSegmentBytes: fileBytes, segmentBytes: fileBytes, snapshotAfterBytes: fileBytes, groupBytes: 4_096,
}
const pageBytes = 4_096
const indicesPerUnit = 2_048
/** Of each kind of damage that chance makes, for each subject. */
const randomPerKind = 131_072

async function fill(store: Store, name: string, bytes: number): Promise<void> {
  const random = seededRandom(name)
  for (let written = 0; written < bytes;) {
    const key = `/${name}/${random.below(500)}`
    const value = new TextEncoder().encode(`${written}:`.padEnd(20 + random.below(200), `${written % 10}`))
    await store.swap(key, store.current().get(key)?.modRevision ?? 0, { type: 'put', value })
    written += value.length + key.length + 60
  }
}

/** The store's files, and which of them is the largest one whose name contains `kind`. */
async function makeStore(name: string, kind: 'log' | 'snapshot', isClosed: boolean): Promise<Subject> {
  const disk = createSimDisk()
  const clock = createSimClock()
  const store = await openStore(disk, clock, options)
  if (kind === 'snapshot') {
    await fill(store, name, fileBytes * 4)
    await store.compact(store.revision)
    await fill(store, name, fileBytes)
    await clock.settle()
  } else {
    await fill(store, name, fileBytes * 0.95)
  }
  if (isClosed) await store[Symbol.asyncDispose]()
  else disk.crash({ type: 'everything' })
  const files = new Map([...disk.files].filter(([path]) => !path.endsWith('.tmp')))
  const path = [...files.keys()].filter((each) => each.includes(`/${kind}-`)).toSorted().at(-1)!
  return {
    name: `${isClosed ? 'closed' : 'unclosed'} store, ${kind}`, files, path, older: files.get(path)!,
    revision: store.revision, entries: store.current().list(everything), isOpenEnded: !isClosed && kind === 'log',
  }
}

export async function makeSubjects(): Promise<readonly Subject[]> {
  const subjects: Subject[] = []
  for (const [kind, isClosed] of [['log', true], ['log', false], ['snapshot', true]] as const) {
    const subject = await makeStore('ours', kind, isClosed)
    const { path, files } = await makeStore('theirs', kind, isClosed)
    subjects.push({ ...subject, older: files.get(path)! })
  }
  return subjects
}

/** Damages the subject in ways `from` to `to` and says what came of it. */
export async function damageMany(
  subject: Subject, damage: Damage, from: number, to: number, collector: Collector,
): Promise<void> {
  const whole = subject.files.get(subject.path)!
  const random = seededRandom(`${subject.name} ${damage.name} ${from}`)
  for (let index = from; index < to; index++) {
    const bytes = damage.hurt(whole, index, random, subject.older)
    collector.count('damaged files')
    const outcome = await openDamaged(subject, bytes)
    if (outcome === 'whole' || outcome === 'refused') collector.count(outcome)
    else if (outcome === 'shorter' && damage.erases && (subject.isOpenEnded || isInTwoPages(whole, bytes))) {
      collector.count('taken for a torn write')
    } else collector.fail(`${subject.name}, ${damage.name}, number ${index} from ${from}: ${outcome}`)
  }
}

/** What a closed store's last page says of the page before it is lost only together with a part of that. */
function isInTwoPages(before: Uint8Array, after: Uint8Array): boolean {
  const differs = (byte: number, at: number): boolean => byte !== after[at]
  const pageOf = (at: number): number => Math.floor(at / pageBytes)
  return pageOf(before.findIndex(differs)) !== pageOf(before.findLastIndex(differs))
}

/** `shorter`: an older state of the store, without a word. Otherwise a sentence about what is wrong. */
async function openDamaged(subject: Subject, bytes: Uint8Array): Promise<'whole' | 'refused' | 'shorter' | string> {
  const disk = createSimDisk(new Map(subject.files).set(subject.path, bytes))
  let touched = ''
  disk.onChange = ({ type }) => { if (touched === '') touched = type }
  let store: Store
  try {
    store = await openStore(disk, createSimClock(), options)
  } catch (error) {
    if (!(error instanceof StoreCorrupted)) return `it fails with ${error instanceof Error ? error.stack : error}`
    if (!subject.files.has(error.file)) return `it names the file ${error.file}`
    if (!(error.offset >= 0 && error.offset <= fileBytes * 4)) return `it names offset ${error.offset}`
    return touched === '' ? 'refused' : `it was refused, but not before a ${touched}`
  }
  if (store.revision < subject.revision) return 'shorter'
  return isSame(store.current().list(everything), subject.entries) && store.revision === subject.revision
    ? 'whole'
    : `it opens at revision ${store.revision} with another content`
}

function isSame(entries: readonly Entry[], expected: readonly Entry[]): boolean {
  return entries.length === expected.length && entries.every(({ key, modRevision, createRevision, value }, at) => {
    const other = expected[at]!
    return key === other.key && modRevision === other.modRevision && createRevision === other.createRevision
      && value.length === other.value.length && value.every((byte, i) => byte === other.value[i])
  })
}

interface Part {
  readonly subject: number
  readonly damage: Damage
  readonly from: number
  readonly to: number
}

/** All parts of the campaign; the lengths of files are those of `makeSubjects`. */
function partsOf(lengths: readonly number[]): Part[] {
  const parts: Part[] = []
  for (const [subject, length] of lengths.entries()) {
    for (const damage of damages) {
      const count = Math.min(damage.count(length), damage.count(length) === Infinity ? randomPerKind : Infinity)
      for (let from = 0; from < count; from += indicesPerUnit) {
        parts.push({ subject, damage, from, to: Math.min(count, from + indicesPerUnit) })
      }
    }
  }
  return parts
}

let subjects: Promise<readonly Subject[]> | undefined

export const damageCampaign: Campaign = {
  name: 'damage',
  purpose: 'every bit and length of a log and a snapshot of 64 KiB, and a million larger damages',
  async units() {
    subjects ??= makeSubjects()
    return partsOf((await subjects).map(({ files, path }) => files.get(path)!.length)).length
  },
  async run(unit) {
    const all = await (subjects ??= makeSubjects())
    const { subject, damage, from, to } = partsOf(all.map(({ files, path }) => files.get(path)!.length))[unit]!
    const collector = createCollector()
    await damageMany(all[subject]!, damage, from, to, collector)
    return collector
  },
}
