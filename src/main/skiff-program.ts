/** The `skiff` command: finds the subcommand and loads only that. */
import {
  describeFlags,
  parseArguments,
  refuseOperands,
  type Arguments,
  type FlagSpecification,
} from './cli/arguments.ts'
import { CommandFailure, exitCode, failureOf, formatFailure } from './cli/failure.ts'
import type { Run } from './compiled-program.ts'

interface Command {
  readonly help: string
  /** Absent: the command reads its words itself. */
  readonly flags?: Readonly<Record<string, FlagSpecification>>
  /** It takes words that are no flags. */
  readonly takesOperands?: boolean
  run(flags: Arguments, words: readonly string[]): Promise<void> | void
}

/** THE list of commands. Each loads its own code, so that a short command stays short. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => {
    const { up, upFlags } = await import('./cli/up.ts')
    return { help: 'start a cluster (a second time: say that it runs)', flags: upFlags, run: up }
  },
  down: async () => {
    const { down, downFlags } = await import('./cli/down.ts')
    return { help: 'stop the cluster and its containers; its data stays', flags: downFlags, run: down }
  },
  reset: async () => {
    const { reset, resetFlags } = await import('./cli/reset.ts')
    return { help: 'stop the cluster and remove everything that it made', flags: resetFlags, run: reset }
  },
  status: async () => {
    const { status, statusFlags } = await import('./cli/status.ts')
    return { help: 'what runs, where, since when', flags: statusFlags, run: status }
  },
  logs: async () => {
    const { logs, logsFlags } = await import('./cli/logs.ts')
    return { help: 'the cluster\'s own log: skiff logs [COMPONENT]', flags: logsFlags, takesOperands: true, run: logs }
  },
  doctor: async () => {
    const { doctor, doctorFlags } = await import('./cli/doctor.ts')
    return { help: 'look for what is wrong, and say how to cure it', flags: doctorFlags, run: doctor }
  },
  snapshot: async () => {
    const { snapshot, snapshotFlags } = await import('./cli/snapshot.ts')
    return {
      help: 'copies of the state: skiff snapshot save, ls, status FILE, restore FILE',
      flags: snapshotFlags,
      takesOperands: true,
      run: snapshot,
    }
  },
  migrate: async () => {
    const { migrateCommand, migrateFlags } = await import('./cli/migrate.ts')
    return {
      help: 'move the state between a data directory and an etcd: skiff migrate --from embedded:DIR --to etcd:URL',
      flags: migrateFlags,
      run: migrateCommand,
    }
  },
  fork: async () => {
    const { fork, forkFlags } = await import('./cli/fork.ts')
    return {
      help: 'another cluster, on simulated nodes, with all that one has: skiff fork NEW',
      flags: forkFlags,
      takesOperands: true,
      run: fork,
    }
  },
  image: async () => {
    const { image, imageFlags } = await import('./cli/image.ts')
    return {
      help: 'images without a registry: skiff image load FILE.tar, skiff image ls',
      flags: imageFlags,
      takesOperands: true,
      run: image,
    }
  },
  version: async () => {
    const { version, versionFlags } = await import('./cli/version.ts')
    return { help: 'the version of Skiff and of the API that it serves', flags: versionFlags, run: version }
  },
  etcd: async () => {
    const { etcd, etcdFlags } = await import('./cli/etcd.ts')
    return { help: 'the store alone, as an etcd of one member', flags: etcdFlags, run: etcd }
  },
  kubectl: async () => {
    const { kubectl } = await import('./kubectl.ts')
    return { help: 'the command line for clusters: skiff kubectl get pods', run: (_flags, words) => kubectl(words) }
  },
}

async function main(words: readonly string[]): Promise<void> {
  const [name, ...rest] = words
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') return printHelp()
  if (name === '--version') return (await commands['version']!()).run(parseArguments([], {}), [])
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!load) {
    const isFlag = name.startsWith('-')
    throw new CommandFailure(
      'E-USAGE',
      isFlag ? `the command comes before its flags, and ${name} is a flag` : `unknown command "${name}"`,
      isFlag
        ? 'skiff up --name NAME'
        : `skiff --help; commands are ${Object.keys(commands).join(', ')}`,
      exitCode.usage,
    )
  }
  const command = await load()
  if (command.flags && (rest.includes('--help') || rest.includes('-h'))) {
    process.stdout.write(`skiff ${name}: ${command.help}\n\n${describeFlags(command.flags)}\n`)
    return
  }
  const flags = parseArguments(command.flags ? rest : [], command.flags ?? {})
  if (!command.takesOperands) refuseOperands(flags)
  await command.run(flags, rest)
}

async function printHelp(): Promise<void> {
  process.stdout.write('Skiff is a complete Kubernetes.\n\n')
  for (const [name, load] of Object.entries(commands)) {
    process.stdout.write(`  skiff ${name.padEnd(10)} ${(await load()).help}\n`)
  }
  process.stdout.write('\nskiff COMMAND --help tells the flags.\n')
}

/** Does what the command line says, and says what failed. */
export const run: Run = async (code) => {
  // The first command pays for the others.
  if (!code.isKept) process.once('exit', () => code.keep())
  // Whoever reads our output may have seen enough (`skiff logs | head`).
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : exitCode.failed))
  }
  try {
    await main(process.argv.slice(2))
  } catch (error) {
    const failure = failureOf(error)
    process.stderr.write(`${formatFailure(failure)}\n`)
    if (failure.id === 'E-INTERNAL' && process.env['SKIFF_LOG_LEVEL'] === 'debug') {
      process.stderr.write(`${String(error instanceof Error ? error.stack : error)}\n`)
    }
    // Not process.exitCode: a channel to a child that goes on starting may still be open.
    process.exit(failure.exitCode)
  }
}
