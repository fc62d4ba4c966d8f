/** Fields of devices whose features are off in v1.36: DRAListTypeAttributes and DRANodeAllocatableResources. */
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import type { Device, ResourceSlice } from '../../gen/resource-v1.ts'

const listFields = ['bools', 'ints', 'strings', 'versions'] as const

/** They are dropped, unless the stored slice has some of them already. */
export function dropDisabledFields({ spec }: ResourceSlice, old: Stored<ResourceSlice> | undefined): void {
  const before: readonly DeepReadonly<Device>[] = old?.spec?.devices ?? []
  if (!before.some(hasLists)) {
    for (const attribute of (spec?.devices ?? []).flatMap(({ attributes = {} }) => Object.values(attributes))) {
      for (const field of listFields) delete attribute[field]
    }
  }
  if (!before.some(hasMappings)) for (const device of spec?.devices ?? []) delete device.nodeAllocatableResourceMappings
}

function hasLists({ attributes = {} }: DeepReadonly<Device>): boolean {
  return Object.values(attributes).some((attribute) => listFields.some((field) => attribute[field] !== undefined))
}

function hasMappings({ nodeAllocatableResourceMappings = {} }: DeepReadonly<Device>): boolean {
  return Object.keys(nodeAllocatableResourceMappings).length > 0
}
