/** kubectl certificate: approve and deny requests for certificates. */
import { isReason } from '#machinery/errors/api-error.ts'
import { formatTime } from '#machinery/time.ts'
import type { Command, CommandContext } from '../command.ts'
import { CommandError, throwCollected } from '../errors.ts'
import { listAt, textAt, withValue, type Json } from '../fields.ts'
import { fileFlags } from '../flags.ts'
import { getObject, replaceObject } from '../operations.ts'
import { operationPrinter, printFlags } from '../print/printer.ts'
import { kindWithGroup } from '../resources.ts'
import { select, type Info } from '../selection.ts'

interface Decision {
  readonly condition: 'Approved' | 'Denied'
  readonly other: 'Approved' | 'Denied'
  readonly reason: string
  readonly message: string
}

const approval: Decision = {
  condition: 'Approved', other: 'Denied', reason: 'KubectlApprove',
  message: 'This CSR was approved by kubectl certificate approve.',
}
const denial: Decision = {
  condition: 'Denied', other: 'Approved', reason: 'KubectlDeny',
  message: 'This CSR was denied by kubectl certificate deny.',
}

const conflictRetries = 10

export const certificate: Command = {
  summary: 'Modify certificate resources',
  usage: 'SUBCOMMAND',
  subcommands: {
    approve: commandFor('Approve a certificate signing request', approval),
    deny: commandFor('Deny a certificate signing request', denial),
  },
}

function commandFor(summary: string, decision: Decision): Command {
  return {
    summary,
    usage: '(-f FILENAME | NAME)',
    flags: {
      ...printFlags, ...fileFlags,
      force: { type: 'bool', usage: `Write the request even if it is ${decision.condition.toLowerCase()} already.` },
    },
    run: (context) => decide(context, decision),
  }
}

async function decide(context: CommandContext, decision: Decision): Promise<void> {
  const { flags: given, session, environment, words } = context
  const filenames = given.list('filename')
  if (words.length === 0 && filenames.length === 0) {
    throw new CommandError('one or more CSRs must be specified as <name> or -f <filename>')
  }
  const print = await operationPrinter(context)
  const { infos, errors } = await select(session, {
    words: words.length === 0 ? [] : ['certificatesigningrequests', ...words],
    filenames, recursive: given.bool('recursive'), latest: true,
  })
  for (const info of infos) {
    if (kindWithGroup(info.resource) !== 'certificatesigningrequest.certificates.k8s.io') {
      throw new CommandError('can only handle CertificateSigningRequest.certificates.k8s.io objects, '
        + `got ${info.resource.kind}${info.resource.group === '' ? '' : `.${info.resource.group}`}`)
    }
    await write(context, info, decision, given.bool('force'))
    await environment.output(print(info.object, decision.condition.toLowerCase()))
  }
  throwCollected(errors)
  if (infos.length === 0) await environment.output('No resources found\n')
}

async function write(
  { session, environment }: CommandContext, info: Info, decision: Decision, isForced: boolean,
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const request = await getObject(session, info)
    const types = listAt(request, 'status', 'conditions').map((condition) => textAt(condition, 'type'))
    if (types.includes(decision.other)) {
      throw new CommandError(`certificate signing request ${JSON.stringify(info.name)} is already ${decision.other}`)
    }
    const isDecided = types.includes(decision.condition)
    if (isDecided && !isForced) return
    const time = formatTime(environment.clock.now())
    try {
      const target = { ...info, subresource: 'approval' }
      await replaceObject(session, target, isDecided ? request : withCondition(request, decision, time))
      return
    } catch (error) {
      if (!isReason(error, 'Conflict') || attempt >= conflictRetries) throw error
    }
  }
}

function withCondition(request: Json, { condition: type, reason, message }: Decision, time: string): Json {
  const condition = { type, status: 'True', reason, message, lastUpdateTime: time }
  return withValue(request, ['status', 'conditions'], [...listAt(request, 'status', 'conditions'), condition])
}
