/** `skiff doctor`: everything that up checks, and whether what runs is well; each fault with its cure. */
import { accessSync, constants, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { deriveClusterConfig } from '#bootstrap/cluster-config.ts'
import { systemDisk } from '#host/disk/disk.ts'
import { isAlive, readRecord, sendControl } from '../cluster-registry.ts'
import { findContainerd } from '../containerd.ts'
import { containerdPlaces } from '../node-cleanup.ts'
import type { Arguments, FlagSpecification } from './arguments.ts'
import { clusterName, dataDirectoryOf, nameFlag } from './cluster-flags.ts'
import { exitCode } from './failure.ts'
import { kernelProblems } from './kernel.ts'
import { describePortHolder, probePort } from './ports.ts'
import { canAdjustOomScore, requirements } from './prerequisites.ts'

export const doctorFlags: Readonly<Record<string, FlagSpecification>> = nameFlag

interface Finding {
  readonly what: string
  readonly state: 'ok' | 'note' | 'fault'
  readonly text: string
}

const freeBytesMin = 1024 ** 3

export async function doctor(flags: Arguments): Promise<void> {
  const name = clusterName(flags)
  const findings = [...(await machineFindings(dataDirectoryOf(name, undefined))), ...(await clusterFindings(name))]
  const marks = { ok: ' ok ', note: ' -- ', fault: ' !! ' }
  for (const { what, state, text } of findings) process.stdout.write(`${marks[state]} ${what.padEnd(18)} ${text}\n`)
  if (findings.some((finding) => finding.state === 'fault')) process.exitCode = exitCode.failed
}

async function machineFindings(dataDirectory: string): Promise<Finding[]> {
  const findings: Finding[] = requirements.map((requirement) =>
    requirement.isPresent()
      ? { what: requirement.name, state: 'ok', text: 'present' }
      : {
          what: requirement.name,
          state: 'fault',
          text: `missing (${requirement.why}); cure: apt-get install ${requirement.debianPackage}`,
        },
  )
  // Without root nothing of it can be tried (nor used).
  const isTried = process.platform === 'linux' && process.getuid?.() === 0
  const problems = isTried ? await kernelProblems(dataDirectory) : []
  for (const problem of problems) {
    findings.push({ what: problem.id, state: 'fault', text: `${problem.message}; cure: ${problem.cure}` })
  }
  if (isTried && problems.length === 0) {
    findings.push({
      what: 'kernel',
      state: 'ok',
      text: 'overlayfs, control groups, bridge, veth, nftables, forwarding',
    })
  }
  if (!canAdjustOomScore()) {
    findings.push({
      what: 'oom_score_adj',
      state: 'note',
      text: 'cannot be lowered here (no CAP_SYS_RESOURCE); containers keep the default',
    })
  }
  if (process.getuid?.() !== 0) {
    findings.push({ what: 'root', state: 'note', text: 'this user can only run simulated nodes (up --nodes sim:3)' })
  }
  return findings
}

async function clusterFindings(name: string): Promise<Finding[]> {
  const record = readRecord(name)
  if (!record) return [{ what: `cluster ${name}`, state: 'note', text: 'does not exist; make it: skiff up' }]
  const config = deriveClusterConfig(record.choices)
  const findings: Finding[] = []
  const running = isAlive(record.process)
  const answered = running ? await sendControl(record.choices, 'statistics') : undefined
  if (!running) {
    findings.push({
      what: `cluster ${name}`,
      state: record.process ? 'fault' : 'note',
      text: record.process
        ? `its process is gone without having been stopped; cure: skiff up --name ${name}`
        : `is down; start it: skiff up --name ${name}`,
    })
  } else if (answered === undefined) {
    findings.push({
      what: `cluster ${name}`,
      state: 'fault',
      text: `pid ${record.process!.pid} does not answer; cure: skiff logs, then skiff down && skiff up`,
    })
  } else findings.push({ what: `cluster ${name}`, state: 'ok', text: `running (pid ${record.process!.pid})` })
  if (!running && config.etcd === undefined) findings.push(...(await storeFindings(join(config.dataDirectory, 'store'))))
  if (!running && await probePort(config.port) === 'held') {
    findings.push({
      what: `port ${config.port}`,
      state: 'fault',
      text: `held by ${describePortHolder(config.port) ?? 'another process'}; cure: stop it, or skiff up --port N`,
    })
  }
  if (running && config.nodes.type === 'machine' && config.containerRuntimeEndpoint === undefined) {
    findings.push(
      findContainerd(containerdPlaces(record.choices))
        ? { what: 'containerd', state: 'ok', text: 'running' }
        : {
            what: 'containerd',
            state: 'fault',
            text: 'is not running though the cluster is; it is restarted by itself; see skiff logs containerd',
          },
    )
  }
  findings.push(...diskFindings(config.dataDirectory))
  return findings
}

/** While the cluster runs its process has the store, and has read all of it at its start. */
async function storeFindings(directory: string): Promise<Finding[]> {
  const { checkStore } = await import('#storage/embedded/check.ts')
  const { content, problems } = await checkStore(systemDisk, directory)
  const cure = 'put back a snapshot: skiff snapshot ls, skiff snapshot restore FILE'
  if (problems.length > 0) {
    return problems.map(({ file, offset, what }) =>
      ({ what: 'store', state: 'fault', text: `${file} is damaged at offset ${offset}: ${what}; cure: ${cure}` }))
  }
  if (!content) return [{ what: 'store', state: 'note', text: `there is none in ${directory} yet` }]
  const { keys, revision, logBytes, snapshotBytes, interruptedWrite } = content
  const interrupted = interruptedWrite ? '; a write that a crash interrupted will be cut off' : ''
  const megabytes = ((logBytes + snapshotBytes) / 1e6).toFixed(1)
  return [{
    what: 'store', state: 'ok', text: `whole: revision ${revision}, ${keys} keys, ${megabytes} MB${interrupted}`,
  }]
}

function diskFindings(directory: string): Finding[] {
  try {
    accessSync(directory, constants.W_OK)
  } catch {
    return [
      {
        what: 'data directory',
        state: 'fault',
        text: `${directory} cannot be written; cure: check its owner and whether the disk is mounted read-only`,
      },
    ]
  }
  const { bavail, bsize } = statfsSync(directory)
  const free = bavail * bsize
  const text = `${directory}: ${(free / 1024 ** 3).toFixed(1)} GiB free`
  return [
    {
      what: 'disk',
      state: free < freeBytesMin ? 'fault' : 'ok',
      text: free < freeBytesMin ? `${text}; writes will be refused when it is full; cure: make room` : text,
    },
  ]
}
