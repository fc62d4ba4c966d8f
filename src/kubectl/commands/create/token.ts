/** kubectl create token: a new token of a service account. */
import type { Command } from '../../command.ts'
import { requireName, whenGiven } from '../../creation.ts'
import { CommandError, plainMessage } from '../../errors.ts'
import { textAt } from '../../fields.ts'
import { createObject } from '../../operations.ts'
import { makePrinter, printFlags } from '../../print/printer.ts'
import { requireResource } from '../../resources.ts'

const boundKinds: Readonly<Record<string, string>> = { Node: 'v1', Pod: 'v1', Secret: 'v1' }

export const token: Command = {
  summary: 'Request a service account token',
  usage: 'SERVICE_ACCOUNT_NAME',
  flags: {
    ...printFlags,
    audience: { type: 'stringArray', usage: 'For whom the token is; may be repeated.' },
    duration: {
      type: 'duration',
      default: '0s',
      usage: 'How long the token is to be valid; 0 leaves it to the server.',
    },
    'bound-object-kind': {
      type: 'string',
      usage: 'Kind of the object whose end is the end of the token: Node, Pod or Secret.',
    },
    'bound-object-name': { type: 'string', usage: 'Name of that object.' },
    'bound-object-uid': { type: 'string', usage: 'UID of that object.' },
  },
  async run(context) {
    const { flags, session, environment } = context
    const name = requireName(context)
    const [kind, object, uid] = [
      flags.string('bound-object-kind'),
      flags.string('bound-object-name'),
      flags.string('bound-object-uid'),
    ]
    const duration = flags.duration('duration')
    if (duration < 0) throw new CommandError('--duration must be greater than or equal to 0')
    if (duration % 1000 !== 0) throw new CommandError('--duration cannot be expressed in units less than seconds')
    if (flags.list('audience').includes('')) throw new CommandError('--audience must not be an empty string')
    if (kind === '' && object !== '') {
      throw new CommandError('--bound-object-name can only be set if --bound-object-kind is provided')
    }
    if (kind === '' && uid !== '') {
      throw new CommandError('--bound-object-uid can only be set if --bound-object-kind is provided')
    }
    if (kind !== '' && !Object.hasOwn(boundKinds, kind)) {
      throw new CommandError(`supported --bound-object-kind values are ${Object.keys(boundKinds).join(', ')}`)
    }
    if (kind !== '' && object === '') {
      throw new CommandError('--bound-object-name is required if --bound-object-kind is provided')
    }
    const print = await makePrinter(context)
    const resource = requireResource(await session.resources(), 'serviceaccounts')
    const namespace = (await session.namespace()).name
    const request = {
      apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest',
      spec: {
        audiences: flags.list('audience').length === 0 ? null : flags.list('audience'),
        ...(duration > 0 && { expirationSeconds: duration / 1000 }),
        ...(kind !== '' && {
          boundObjectRef: { kind, apiVersion: boundKinds[kind], name: object, ...whenGiven('uid', uid) },
        }),
      },
    }
    const response = await createObject(session, { resource, namespace, name, subresource: 'token' }, request).catch(
      (error: unknown) => {
        throw new CommandError(`failed to create token: ${plainMessage(error)}`, { cause: error })
      },
    )
    const text = textAt(response, 'status', 'token')
    if (text === '') throw new CommandError('failed to create token: no token in server response')
    await environment.output(print ? print(response) : environment.isTerminal ? `${text}\n` : text)
  },
}
