/** Puts what others have made of an object in its place. */
import type { KubeObject } from '#machinery/meta/object.ts'

/** The object and its metadata are the caller's and stay the same ones. */
export function replaceContent(object: KubeObject, content: KubeObject): void {
  const metadata = object.metadata ?? {}
  replaceFields(metadata, content.metadata ?? {})
  replaceFields(object, { ...content, metadata })
}

function replaceFields(target: object, fields: object): void {
  for (const key of Object.keys(target)) delete (target as Record<string, unknown>)[key]
  Object.assign(target, fields)
}
