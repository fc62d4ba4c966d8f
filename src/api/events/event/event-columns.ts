/** The columns of core events, computed from the newer form. */
import type { Stored } from '#machinery/meta/object.ts'
import type { Column } from '#machinery/schema/define-kind.ts'
import { eventColumns as coreColumns } from '../../core/event/event-columns.ts'
import type * as core from '../../gen/core-v1.ts'
import type { Event } from '../../gen/events-v1.ts'
import { toCoreEvent } from './event.conversion.ts'

export const eventColumns: readonly Column<Event>[] = coreColumns.map((column) => ({
  ...column,
  value: (object: Stored<Event>, now: number) => column.value(toCoreEvent(object) as Stored<core.Event>, now),
}))
