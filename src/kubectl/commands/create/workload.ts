/** kubectl create deployment, job and cronjob. */
import type { Command } from '../../command.ts'
import { createAndPrint, creationFlags, requireName, whenGiven } from '../../creation.ts'
import { CommandError } from '../../errors.ts'
import { at, nameOf, objectAt, textAt } from '../../fields.ts'
import { select } from '../../selection.ts'

export const deployment: Command = {
  summary: 'Create a deployment with the specified name',
  usage: 'NAME --image=image -- [COMMAND] [args...]',
  flags: {
    ...creationFlags,
    image: {
      type: 'stringSlice',
      required: true,
      usage: 'Image names to run; several make a pod of several containers.',
    },
    port: { type: 'int32', default: '-1', usage: 'The port that the first container exposes.' },
    replicas: { type: 'int32', shorthand: 'r', default: '1', usage: 'Number of replicas.' },
  },
  async run(context) {
    const { flags, words, environment } = context
    const name = requireName(context)
    const command = words.slice(1)
    const images = flags.list('image')
    if (images.length > 1 && command.length > 0) {
      throw new CommandError('cannot specify multiple --image options and command')
    }
    const port = flags.int('port')
    const labels = { app: name }
    const containers = images.map((image, index) => ({
      name: containerName(image, () => randomSuffix(environment.random.bytes(5))),
      image,
      ...whenGiven('command', command),
      ...(index === 0 && port >= 0 && { ports: [{ containerPort: port }] }),
    }))
    await createAndPrint(
      context,
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name, labels },
        spec: {
          replicas: flags.int('replicas'),
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers } },
        },
      },
      { failure: 'failed to create deployment: ' },
    )
  },
}

/**
 * The image's last part without tag and digest; characters that a name may not have are replaced, and then it
 * is made unique.
 */
function containerName(image: string, suffix: () => string): string {
  const name = image.split('/').at(-1)!.split(':')[0]!.split('@')[0]!
  return /[_.]/.test(name) ? `${name.replaceAll(/[_.]/g, '-')}-${suffix()}` : name
}

const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789'

function randomSuffix(bytes: Uint8Array): string {
  return [...bytes].map((byte) => suffixLetters[byte % suffixLetters.length]).join('')
}

export const job: Command = {
  summary: 'Create a job with the specified name',
  usage: 'NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]',
  flags: {
    ...creationFlags,
    image: { type: 'string', usage: 'Image name to run.' },
    from: { type: 'string', usage: 'The cronjob to make the job of: cronjob/NAME.' },
  },
  async run(context) {
    const { flags, words, session } = context
    const name = requireName(context)
    const command = words.slice(1)
    const [image, from] = [flags.string('image'), flags.string('from')]
    if ((image === '') === (from === '')) throw new CommandError('either --image or --from must be specified')
    if (command.length > 0 && from !== '') throw new CommandError('cannot specify --from and command')
    if (from === '') {
      await createAndPrint(
        context,
        {
          apiVersion: 'batch/v1',
          kind: 'Job',
          metadata: { name },
          spec: {
            template: {
              spec: { containers: [{ name, image, ...whenGiven('command', command) }], restartPolicy: 'Never' },
            },
          },
        },
        { failure: 'failed to create job: ' },
      )
      return
    }
    const { infos, errors } = await select(session, { words: [from] })
    if (errors.length > 0) throw errors[0]
    const source = infos[0]?.object ?? {}
    if (textAt(source, 'kind') !== 'CronJob') {
      throw new CommandError(`unknown object type *v1.${textAt(source, 'kind')}`)
    }
    await createAndPrint(
      context,
      {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: {
          name,
          ...whenGiven('labels', objectAt(source, 'spec', 'jobTemplate', 'metadata', 'labels')),
          annotations: {
            'cronjob.kubernetes.io/instantiate': 'manual',
            ...objectAt(source, 'spec', 'jobTemplate', 'metadata', 'annotations'),
          },
          ownerReferences: [
            {
              apiVersion: 'batch/v1',
              kind: 'CronJob',
              name: nameOf(source),
              uid: textAt(source, 'metadata', 'uid'),
              controller: true,
            },
          ],
        },
        spec: at(source, 'spec', 'jobTemplate', 'spec'),
      },
      { failure: 'failed to create job: ' },
    )
  },
}

export const cronJob: Command = {
  summary: 'Create a cron job with the specified name',
  usage: "NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...] [flags]",
  flags: {
    ...creationFlags,
    image: { type: 'string', required: true, usage: 'Image name to run.' },
    schedule: { type: 'string', required: true, usage: 'When to run, in cron format.' },
    restart: { type: 'string', usage: 'Restart policy of the pods: OnFailure or Never.' },
  },
  async run(context) {
    const { flags, words } = context
    const name = requireName(context)
    const containers = [{ name, image: flags.string('image'), ...whenGiven('command', words.slice(1)) }]
    await createAndPrint(
      context,
      {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata: { name },
        spec: {
          schedule: flags.string('schedule'),
          jobTemplate: {
            metadata: { name },
            spec: { template: { spec: { containers, restartPolicy: flags.string('restart') || 'OnFailure' } } },
          },
        },
      },
      { failure: 'failed to create cronjob: ' },
    )
  },
}
