/** Runs a list of controllers, each under its own account, as kube-controller-manager does. */
import { withTaskGroup } from '#base/task-group.ts'
import { createClient } from '#client/client.ts'
import { createEventRecorder } from '#client/event-recorder.ts'
import type { Informers } from '#client/informers.ts'
import type { Transport } from '#client/transport.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import type { Random } from '#world/random.ts'
import {
  newStatistics,
  type Controller,
  type ControllerContext,
  type ControllerStatistics,
} from './define-controller.ts'
import { runReconciler } from './driver.ts'

export interface RunControllersOptions {
  readonly controllers: readonly Controller[]
  /** A transport that acts as `system:serviceaccount:kube-system:<serviceAccount>`. */
  readonly transportFor: (serviceAccount: string) => Transport
  readonly informers: Informers
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Called once per controller before it starts; the object changes as it works. */
  readonly onStart?: (name: string, statistics: ControllerStatistics) => void
  /** Lets everything else that waits for the processor run: asked between one controller's beginning and the next's. */
  readonly giveWay?: (() => Promise<void>) | undefined
}

/** Returns when the signal aborts and every controller has ended; rejects when one of them hits a bug. */
export async function runControllers(options: RunControllersOptions, signal: AbortSignal): Promise<void> {
  await withTaskGroup(signal, async (group) => {
    for (const controller of options.controllers) {
      const context = contextFor(controller, options)
      options.onStart?.(controller.name, context.statistics)
      group.start((own) => context.events.run(own))
      group.start((own) => start(controller, context, own))
      if (options.giveWay) await options.giveWay()
    }
    await group.settled()
  }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}

function contextFor(controller: Controller, options: RunControllersOptions): ControllerContext {
  const { informers, clock, random } = options
  const transport = options.transportFor(controller.serviceAccount)
  const log = options.log.named(controller.name)
  return {
    client: createClient(transport), informers, clock, random, log, statistics: newStatistics(),
    events: createEventRecorder({ transport, clock, random, log, component: controller.eventSource }),
  }
}

async function start(controller: Controller, context: ControllerContext, signal: AbortSignal): Promise<void> {
  switch (controller.type) {
    case 'reconciler': return await runReconciler({ declaration: controller.declaration, ...context }, signal)
    case 'loop': return await controller.declaration.run(context, signal)
  }
}
