/** Bugs in how a store is read back, checked, backed up and restored. */
import { testOf, unitsOf, type Mutant } from './mutant.ts'

const recovery = 'src/storage/embedded/recovery.ts'
const format = 'src/storage/embedded/log-format.ts'
const log = 'src/storage/embedded/segment-log.ts'
const snapshotFormat = 'src/storage/embedded/snapshot-format.ts'
const snapshotReader = 'src/storage/embedded/snapshot-reader.ts'
const backup = 'src/storage/embedded/backup.ts'
const crashTests = 'src/storage/embedded/crash.test.ts'
const damageTests = 'src/sim/storage/damage-campaign.test.ts'
const backupTests = 'src/storage/embedded/backup.test.ts'

const damaged = (how: string) =>
  testOf(damageTests, `a file with ${how} is read rightly, or refused by name and offset and left alone`)
const lookalike = (name: string) => testOf('src/storage/embedded/lookalikes.test.ts', name)

export const recoveryMutants: readonly Mutant[] = [
  {
    name: 'the checksums of a log do not continue those of the log before',
    edits: [{
      file: recovery, before: '(header.previousChain !== position.chain || header.previousEnd !== position.offset)',
      after: '(header.previousEnd !== position.offset)',
    }],
    caughtBy: lookalike('a log of another store is noticed, though the one before it has the same length'),
  },
  {
    name: 'each frame has a checksum of its own',
    edits: [
      { file: format, before: 'end), at.chain), true)', after: 'end), 0), true)' },
      { file: format, before: 'const chain = checksum(target.subarray(0, 28), at.chain)', after: 'const chain = checksum(target.subarray(0, 28), 0)' },
      { file: format, before: 'offset + 28), chain) === header.chain', after: 'offset + 28), 0 * chain) === header.chain' },
      { file: format, before: 'header.length), chain) === header.bodyChecksum', after: 'header.length), 0 * chain) === header.bodyChecksum' },
    ],
    caughtBy: lookalike('frames of another store at the same place are noticed, though all of them fit'),
  },
  {
    name: 'a torn frame is accepted as it is',
    edits: [{
      file: recovery, before: 'if (!isNext || !isWhole(bytes, at, header, chain, checksum)) {', after: 'if (!isNext) {',
    }],
    caughtBy: unitsOf('crashes', 1),
  },
  {
    name: 'any damage to the last frame is taken for a torn write',
    edits: [{ file: recovery, before: 'return \'the checksum of a frame is wrong\'', after: 'return \'torn\'' }],
    caughtBy: testOf(crashTests, 'damage to the last write of a store that was not closed is not taken for an interrupted write'),
  },
  {
    name: 'a damaged frame is taken for the end of the log, whatever lies behind it',
    edits: [{
      file: recovery, before: 'if (content > end) return \'a damaged frame has others behind it\'', after: 'if (content > end) return \'torn\'',
    }],
    caughtBy: damaged('a bit flipped'),
  },
  {
    name: 'a damaged frame header is taken for the end of the log, whatever lies behind it',
    edits: [{ file: recovery, before: 'return \'the header of a frame is damaged\'', after: 'return \'torn\'' }],
    caughtBy: lookalike('a bit that is wrong in any byte of the last frame\'s header is noticed'),
  },
  {
    name: 'zeros within a value are taken for sectors that never reached the disk',
    edits: [{ file: format, before: 'countZeroSectors(target.subarray(0, end), at.offset), true)', after: '0, true)' }],
    caughtBy: lookalike('a last write with sectors of zeros in its value is not taken for an unfinished one when it is damaged'),
  },
  {
    name: 'sectors that never reached the disk are taken for damage',
    edits: [{ file: recovery, before: 'if (countZeroSectors(bytes.subarray(offset, end), offset) > header.zeroSectors) return \'torn\'\n', after: '' }],
    caughtBy: unitsOf('crashes', 1),
  },
  {
    name: 'bytes behind the end of a log are not looked at',
    edits: [{ file: recovery, before: 'if (content === offset) return \'clean\'', after: 'if (content >= offset) return \'clean\'' }],
    caughtBy: damaged('a bit flipped'),
  },
  {
    name: 'what an interrupted write left is written over',
    edits: [{ file: log, before: 'position !== undefined && !position.isTorn && position.format', after: 'position !== undefined && position.format' }],
    caughtBy: testOf(crashTests, 'a crash while the store recovers from a crash loses nothing either'),
  },
  {
    name: 'what was found is shown before it is durable',
    edits: [{
      file: log, before: '      await file.datasync()\n      await disk.syncDirectory(directory)\n      return new SegmentLog',
      after: '      return new SegmentLog',
    }],
    caughtBy: testOf(crashTests, 'what a reopened store shows was made durable first, even if the process before died between write and sync'),
  },
  {
    name: 'leftovers are removed before it is known that the rest is whole',
    edits: [{
      file: recovery, before: 'const base = snapshots[0]\n',
      after: 'const base = snapshots[0]\n  for (const name of drafts) await disk.remove(`${directory}/${name}`)\n  for (const older of snapshots.slice(1)) await disk.remove(`${directory}/${snapshotName(older)}`)\n  if (base !== undefined) await disk.remove(`${directory}/nothing`)\n',
    }],
    caughtBy: damaged('a bit flipped'),
  },
  {
    name: 'the log of a later release is read as far as it goes',
    edits: [{ file: recovery, before: 'if (header.format > formatVersion) throw', after: 'if (header.format > formatVersion + 1e9) throw' }],
    caughtBy: testOf(crashTests, 'a format of a later release is refused by name'),
  },
  {
    name: 'a log that was cut short is read to its new end',
    edits: [{ file: recovery, before: 'if (size !== header.size) {', after: 'if (size > header.size) {' }],
    caughtBy: damaged('cut short'),
  },
  {
    name: 'the blocks of a snapshot are not proved',
    edits: [{ file: snapshotFormat, before: 'begun) === header.chain', after: 'begun) !== -1' }],
    caughtBy: damaged('a bit flipped'),
  },
  {
    name: 'the blocks of a snapshot may come in any order',
    edits: [
      { file: snapshotFormat, before: 'checksum(block.subarray(0, 12), chain))', after: 'checksum(block.subarray(0, 12), 0 * chain))' },
      { file: snapshotFormat, before: 'const begun = checksum(bytes.subarray(at, at + 12), chain)', after: 'const begun = checksum(bytes.subarray(at, at + 12), 0 * chain)' },
    ],
    caughtBy: lookalike('the blocks of a backup stand in one order'),
  },
  {
    name: 'what follows a snapshot is not looked at',
    edits: [{ file: snapshotReader, before: 'if (this.#isEnded) throw this.#damage(0, \'something follows the last block\')', after: 'if (this.#isEnded) return' }],
    caughtBy: testOf(backupTests, 'a damaged, cut or prolonged backup is refused by its offset and leaves no store'),
  },
  {
    name: 'a restored backup gets its name before its log is there',
    edits: [{
      file: backup,
      before: '    await beginLog({ disk, directory }, restored.revision + 1)\n    await disk.rename(draft, `${directory}/${snapshotName(restored.revision)}`)\n',
      after: '    await disk.rename(draft, `${directory}/${snapshotName(restored.revision)}`)\n    await disk.syncDirectory(directory)\n    await beginLog({ disk, directory }, 1)\n',
    }],
    caughtBy: testOf(backupTests, 'a crash at any call of a restoration leaves no store, a whole one, or one that is refused'),
  },
  {
    name: 'a restored backup is not synced',
    edits: [{ file: backup, before: '  await file.datasync()\n  return { revision, entries, bytes }', after: '  return { revision, entries, bytes }' }],
    caughtBy: testOf(backupTests, 'a crash at any call of a restoration leaves no store, a whole one, or one that is refused'),
  },
  {
    name: 'a backup that is given a later revision keeps its own',
    edits: [{ file: 'src/storage/embedded/rebase.ts', before: 'snapshotChunks({ revision: rebased,', after: 'snapshotChunks({ revision,' }],
    caughtBy: testOf('src/storage/embedded/rebase.test.ts', 'becomes a store that goes on at a later revision, where older watches begin anew'),
  },
  {
    name: 'a backup that is given a later revision loses its leases',
    edits: [{ file: 'src/storage/embedded/rebase.ts', before: 'if (control.type === \'grant\') leases.set(control.id, control.ttlSeconds)\n    else if', after: 'if' }],
    caughtBy: testOf('src/storage/embedded/rebase.test.ts', 'becomes a store that goes on at a later revision, where older watches begin anew'),
  },
]
