/** kubectl create: from files, or of the kinds that have a subcommand. */
import { usageError, type Command } from '../../command.ts'
import { creationFlags } from '../../creation.ts'
import { CommandError, throwCollected, whileDoing } from '../../errors.ts'
import { dryRunSuffix, fileFlags, readDryRun, readValidation, selectorFlag } from '../../flags.ts'
import { lastAppliedOf, withLastApplied } from '../../last-applied.ts'
import { createObject } from '../../operations.ts'
import { operationPrinter } from '../../print/printer.ts'
import { select } from '../../selection.ts'
import { clusterRole, clusterRoleBinding, role, roleBinding } from './access.ts'
import { configMap, secret } from './data.ts'
import { ingress, service } from './network.ts'
import { namespace, podDisruptionBudget, priorityClass, quota, serviceAccount } from './policy.ts'
import { token } from './token.ts'
import { cronJob, deployment, job } from './workload.ts'

export const create: Command = {
  summary: 'Create a resource from a file or from stdin',
  usage: '-f FILENAME',
  flags: {
    ...creationFlags, ...fileFlags, ...selectorFlag,
    raw: { type: 'string', usage: 'Raw URI to POST the file to.' },
  },
  subcommands: {
    clusterrole: clusterRole,
    clusterrolebinding: clusterRoleBinding,
    configmap: configMap,
    cm: configMap,
    cronjob: cronJob,
    cj: cronJob,
    deployment,
    deploy: deployment,
    ingress,
    ing: ingress,
    job,
    namespace,
    ns: namespace,
    poddisruptionbudget: podDisruptionBudget,
    pdb: podDisruptionBudget,
    priorityclass: priorityClass,
    pc: priorityClass,
    quota,
    resourcequota: quota,
    role,
    rolebinding: roleBinding,
    secret,
    service,
    svc: service,
    serviceaccount: serviceAccount,
    sa: serviceAccount,
    token,
  },
  async run(context) {
    const { flags, session, environment, words } = context
    const filenames = flags.list('filename')
    if (filenames.length === 0) {
      const { formatHelp } = await import('../../command-help.ts')
      environment.error('error: must specify one of -f and -k\n\n')
      environment.error(formatHelp(create, context.path))
      throw new CommandError('', { verbatim: true })
    }
    if (words.length > 0) throw usageError(context, `Unexpected args: [${words.join(' ')}]`)
    if (flags.string('raw') !== '') {
      const bytes = filenames[0] === '-' ? await environment.readInput() : await environment.files.read(filenames[0]!)
      if (!bytes) throw new CommandError(`open ${filenames[0]}: no such file or directory`)
      const requests = await session.requests()
      return await environment.output(
        await requests.text({ method: 'POST', path: flags.string('raw'), body: { type: 'application/json', bytes } }),
      )
    }
    const dryRun = readDryRun(flags)
    const fieldValidation = readValidation(flags)
    const print = await operationPrinter(context, dryRunSuffix(dryRun))
    const selection = await select(session, {
      filenames,
      recursive: flags.bool('recursive'),
      labelSelector: flags.string('selector'),
    })
    const errors = [...selection.errors]
    for (const info of selection.infos) {
      try {
        const object =
          flags.bool('save-config') || lastAppliedOf(info.object) !== undefined
            ? withLastApplied(info.object)
            : info.object
        const made = dryRun === 'client' ? object : await createObject(session, info, object, {
          dryRun: dryRun === 'server', fieldManager: flags.string('field-manager'), fieldValidation,
        })
        await environment.output(print(made, 'created'))
      } catch (error) {
        errors.push(whileDoing('creating', info.source, error))
      }
    }
    throwCollected(errors)
    if (selection.infos.length === 0) throw new CommandError('no objects passed to create')
  },
}
