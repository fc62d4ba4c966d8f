/** The machine's disk: what the simulated one is a model of, and locks between processes. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { crc32 } from '#base/crc32.ts'
import { createSimDisk } from '#sim/disk.ts'
import type { Disk } from '#world/disk.ts'
import { systemDisk } from './disk.ts'

async function inTemporaryDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'disk-'))
  try {
    await body(directory)
  } finally {
    await rm(directory, { recursive: true })
  }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (value: Uint8Array): string => new TextDecoder().decode(value)

for (const [name, diskIn] of [['machine', () => systemDisk], ['simulation', createSimDisk]] as const) {
  test(`files on the ${name}'s disk are written, read, cut, renamed and removed`, () =>
    inTemporaryDirectory(async (directory) => {
      const disk: Disk = diskIn()
      const path = `${directory}/deeper/still/file`
      await disk.makeDirectory(`${directory}/deeper/still`)
      await disk.makeDirectory(`${directory}/deeper/still`)
      assert.deepEqual(await disk.list(`${directory}/absent`), [])
      await assert.rejects(disk.open(path, 'write'), { reason: 'absent' })
      {
        await using file = await disk.open(path, 'create')
        await file.preallocate(10_000)
        assert.equal(await file.size(), 10_000)
        await file.write(2, bytes('two'))
        await file.writeDurably(9_998, bytes('beyond'))
        assert.equal(text(await file.read(0, 6)), '\0\0two\0')
        assert.equal(text(await file.read(9_998, 100)), 'beyond')
        await file.truncate(4)
        await file.datasync()
        assert.equal(text(await file.read(0, 100)), '\0\0tw')
        await assert.rejects(file.write(0, bytes('x'), AbortSignal.abort(new Error('stop'))), /stop/)
      }
      await disk.rename(path, `${path}2`)
      assert.deepEqual(await disk.list(`${directory}/deeper/still`), ['file2'])
      await disk.syncDirectory(`${directory}/deeper/still`)
      await disk.remove(`${path}2`)
      await disk.remove(`${path}2`)
      assert.deepEqual(await disk.list(`${directory}/deeper/still`), [])
    }))
}

test('both checksums are the same, at once and in parts', () => {
  assert.equal(crc32(bytes('123456789'), 0), 0xcbf43926)
  const data = Uint8Array.from({ length: 1_003 }, (_, i) => (i * 31) & 255)
  for (const cut of [0, 1, 2, 3, 4, 5, 500, 1_003]) {
    const previous = crc32(data.subarray(0, cut), 0)
    assert.equal(crc32(data.subarray(cut), previous), systemDisk.crc32(data, 0))
    assert.equal(systemDisk.crc32(data.subarray(cut), previous), systemDisk.crc32(data, 0))
  }
})

test('a lock has one owner at a time, and is free again when that one lets go', () =>
  inTemporaryDirectory(async (directory) => {
    const path = `${directory}/lock`
    const lock = await systemDisk.lock(path)
    assert.equal(lock.note, undefined)
    await assert.rejects(
      systemDisk.lock(path), { reason: 'locked', message: new RegExp(`held by the running process ${process.pid}`) },
    )
    await lock[Symbol.asyncDispose]()
    const takers = await Promise.allSettled(Array.from({ length: 8 }, () => systemDisk.lock(path)))
    assert.equal(takers.filter(({ status }) => status === 'fulfilled').length, 1)
  }))

test('the lock of a process that is gone is taken over, by one of many, and the taking is noted', () =>
  inTemporaryDirectory(async (directory) => {
    const path = `${directory}/lock`
    const child = spawn(process.execPath, ['-e', '0'])
    await once(child, 'exit')
    for (const owner of [{ pid: child.pid, started: '' }, { pid: process.pid, started: '1' }]) {
      await writeFile(path, JSON.stringify(owner))
      const takers = await Promise.allSettled(Array.from({ length: 8 }, () => systemDisk.lock(path)))
      const taken = takers.filter((taker) => taker.status === 'fulfilled')
      assert.equal(taken.length, 1)
      assert.match(taken[0]!.value.note!, new RegExp(`took over .* from process ${owner.pid}, which is gone`))
      await taken[0]!.value[Symbol.asyncDispose]()
    }
  }))

test('a process that was killed and not waited for holds no lock', {
  skip: process.platform !== 'linux',
}, () => inTemporaryDirectory(async (directory) => {
  const path = `${directory}/lock`
  // The shell's child ends at once and stays a zombie, because the shell has become a program that waits for nobody.
  const parent = spawn('/bin/sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'])
  try {
    const [output] = await once(parent.stdout, 'data') as [Buffer]
    const pid = Number(output.toString())
    for (let state = ''; state !== 'Z';) state = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]![0]!
    await writeFile(path, JSON.stringify({ pid, started: '' }))
    const lock = await systemDisk.lock(path)
    assert.match(lock.note!, /which is gone/)
    await lock[Symbol.asyncDispose]()
  } finally {
    parent.kill('SIGKILL')
    await once(parent, 'exit')
  }
}))
