/** kubectl run: one pod of one image. */
import { applyMergePatch } from '#machinery/patch/merge-patch.ts'
import { usageError, type Command, type CommandContext } from '../command.ts'
import { createAndPrint, creationFlags, whenGiven } from '../creation.ts'
import { CommandError } from '../errors.ts'
import type { Json } from '../fields.ts'
import { readDryRun } from '../flags.ts'
import type { FlagSpecifications } from '../pflag.ts'

const flags = {
  ...creationFlags,
  'field-manager': { type: 'string', default: 'kubectl-run', usage: 'Name of the manager that owns the fields.' },
  annotations: { type: 'stringArray', usage: 'Annotations of the pod: KEY=VALUE; may be repeated.' },
  attach: { type: 'bool', usage: 'Attach to the pod (not supported).' },
  command: { type: 'bool', usage: 'The words after -- are the command, not its arguments.' },
  env: { type: 'stringArray', usage: 'Environment variables: KEY=VALUE; may be repeated.' },
  expose: { type: 'bool', usage: 'Make a service for the pod, too; requires --port.' },
  image: { type: 'string', required: true, usage: 'The image of the container.' },
  'image-pull-policy': { type: 'string', usage: 'Always, IfNotPresent or Never.' },
  labels: { type: 'string', shorthand: 'l', usage: 'Labels of the pod.' },
  overrides: { type: 'string', usage: 'A JSON merge patch of the pod.' },
  port: { type: 'string', usage: 'The port that the container exposes.' },
  privileged: { type: 'bool', usage: 'Run the container in privileged mode.' },
  quiet: { type: 'bool', shorthand: 'q', usage: 'Suppress messages.' },
  restart: { type: 'string', default: 'Always', usage: 'Always, OnFailure or Never.' },
  rm: { type: 'bool', usage: 'Delete the pod after it exits; only when attached.' },
  stdin: { type: 'bool', shorthand: 'i', usage: "Keep the container's standard input open." },
  tty: { type: 'bool', shorthand: 't', usage: 'Give the container a terminal.' },
} satisfies FlagSpecifications

export const run: Command = {
  summary: 'Run a particular image on the cluster',
  usage:
    'NAME --image=image [--env="key=value"] [--port=port] [--dry-run=server|client] [--overrides=inline-json] [--command] -- [COMMAND] [args...]',
  flags,
  async run(context) {
    const { flags: given, words, dash } = context
    checkFlags(context)
    if (words.length === 0 || dash === 0) throw usageError(context, 'NAME is required for run')
    readDryRun(given)
    const name = words[0]!
    const pod = planPod(context, name, words.slice(1))
    if (given.bool('expose')) {
      const port = Number(given.string('port'))
      const labels = parseLabels(given.string('labels'), name)
      await createAndPrint(context, {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name },
        spec: { selector: labels, ports: [{ port, protocol: 'TCP', targetPort: port }] },
      })
      if (given.string('output') === 'yaml') await context.environment.output('---\n---\n')
    }
    await createAndPrint(context, pod)
  },
}

function checkFlags(context: CommandContext): void {
  const { flags: given } = context
  const image = given.string('image')
  if (image === '') throw new CommandError('--image is required')
  if (!/^[a-zA-Z0-9][\w.:/@-]*$/.test(image) || /[A-Z]/.test(image.split(':')[0]!.split('/').slice(1).join('/'))) {
    throw new CommandError(`Invalid image name ${JSON.stringify(image)}: invalid reference format`)
  }
  if (given.bool('tty') && !given.bool('stdin')) {
    throw usageError(context, '-i/--stdin is required for containers with -t/--tty=true')
  }
  if (given.bool('expose') && given.string('port') === '') {
    throw usageError(context, '--port must be set when exposing a service')
  }
  if (!['Always', 'OnFailure', 'Never'].includes(given.string('restart'))) {
    throw usageError(context, `invalid restart policy: ${given.string('restart')}`)
  }
  const attached = given.changed('attach') ? given.bool('attach') : given.bool('stdin')
  if (!attached && given.bool('rm')) throw usageError(context, '--rm should only be used for attached containers')
  if (attached) throw new CommandError('attaching is not supported by this command line: leave out -i and --attach')
  if (!['', 'Always', 'IfNotPresent', 'Never'].includes(given.string('image-pull-policy'))) {
    throw usageError(context, `invalid image pull policy: ${given.string('image-pull-policy')}`)
  }
}

function parseLabels(text: string, name: string): Readonly<Record<string, string>> {
  if (text === '') return { run: name }
  return Object.fromEntries(text.split(',').map((pair) => {
    const parts = pair.split('=')
    if (parts.length !== 2) throw new CommandError(`unexpected label spec: ${pair}`)
    return [parts[0]!, parts[1]!]
  }))
}

function parsePairs(pairs: readonly string[], what: string): readonly (readonly [string, string])[] {
  return pairs.map((pair) => {
    const equals = pair.indexOf('=')
    if (equals <= 0) throw new CommandError(`invalid ${what}: ${pair}`)
    return [pair.slice(0, equals), pair.slice(equals + 1)]
  })
}

function planPod({ flags: given }: CommandContext, name: string, args: readonly string[]): Json {
  const port = given.string('port')
  if (port !== '' && !/^[+-]?\d+$/.test(port)) {
    throw new CommandError(`strconv.Atoi: parsing ${JSON.stringify(port)}: invalid syntax`)
  }
  const pod: Json = {
    apiVersion: 'v1', kind: 'Pod',
    metadata: {
      name,
      labels: parseLabels(given.string('labels'), name),
      ...whenGiven('annotations', Object.fromEntries(parsePairs(given.list('annotations'), 'annotations'))),
    },
    spec: {
      containers: [
        {
          name,
          image: given.string('image'),
          ...whenGiven(given.bool('command') ? 'command' : 'args', args),
          ...whenGiven(
            'env',
            parsePairs(given.list('env'), 'env').map(([key, value]) => ({ name: key, value })),
          ),
          ...whenGiven('imagePullPolicy', given.string('image-pull-policy')),
          ...(port !== '' && { ports: [{ containerPort: Number(port) }] }),
          ...(given.bool('stdin') && { stdin: true }),
          ...(given.bool('tty') && { tty: true }),
          ...(given.bool('privileged') && { securityContext: { privileged: true } }),
        },
      ],
      restartPolicy: given.string('restart'), dnsPolicy: 'ClusterFirst',
    },
  }
  if (given.string('overrides') === '') return pod
  try {
    return applyMergePatch(pod, JSON.parse(given.string('overrides')))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new CommandError(`invalid --overrides: ${error.message}`, { cause: error })
  }
}
