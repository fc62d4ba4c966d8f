/** Reads selected objects, changes them in place by patches, and says so: rollout pause, set image and the like. */
import { ApiError } from '#machinery/errors/api-error.ts'
import type { CommandContext } from './command.ts'
import { CommandError, plainMessage, throwCollected } from './errors.ts'
import type { Json } from './fields.ts'
import { patchObject } from './operations.ts'
import { planChange } from './patching.ts'
import { resourceWithGroup } from './resources.ts'
import type { Info } from './selection.ts'

export interface ChangePlan {
  /** The object afterwards; undefined when it is none of those that the command can change. Throws CommandError. */
  readonly change: (object: Json, info: Info) => Json | undefined
  readonly done: string
  /** For an object that is already so: what is said, or why that is an error. Absent: nothing is said. */
  readonly unchanged?: (info: Info) => string
  readonly print: (object: Json, operation: string) => string
  readonly fieldManager?: string
  readonly dryRun?: 'none' | 'client' | 'server'
  readonly failure?: (message: string) => string
}

/** Throws what went wrong with any of them, after all were tried. */
export async function changeObjects(
  { session, environment }: CommandContext, infos: readonly Info[], errorsBefore: readonly unknown[], plan: ChangePlan,
): Promise<void> {
  const errors = [...errorsBefore]
  let found = 0
  for (const info of infos) {
    try {
      const after = plan.change(info.object, info)
      if (!after) continue
      found++
      const { kind, patch } = await planChange(info.object, after)
      if (Object.keys(patch).length === 0) {
        const said = plan.unchanged?.(info)
        if (said !== undefined) await environment.output(plan.print(info.object, said))
        continue
      }
      const result = plan.dryRun === 'client' ? after : await patchObject(session, info, kind, patch, {
        dryRun: plan.dryRun === 'server', ...(plan.fieldManager && { fieldManager: plan.fieldManager }),
      })
      await environment.output(plan.print(result, plan.done))
    } catch (error) {
      errors.push(explain(error, info, plan))
    }
  }
  if (found === 0 && errors.length === 0) {
    environment.error(`No resources found in ${(await session.namespace()).name} namespace.\n`)
  }
  throwCollected(errors)
}

/** What cannot be done with one object; its name is put before it. */
export class ObjectProblem extends CommandError {}

function explain(error: unknown, { resource, name }: Info, plan: ChangePlan): unknown {
  if (error instanceof ObjectProblem) {
    return new CommandError(`error: ${resourceWithGroup(resource)} ${JSON.stringify(name)} ${error.message}`, {
      cause: error,
    })
  }
  if (plan.failure && error instanceof CommandError) {
    return new CommandError(`${resource.name}/${name} ${error.message}`, { cause: error })
  }
  if (error instanceof ApiError) {
    return new CommandError((plan.failure ?? ((message) => `failed to patch: ${message}`))(plainMessage(error)), {
      cause: error,
    })
  }
  return error
}
