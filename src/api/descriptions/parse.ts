/**
 * The form in which descriptions are written: a type's line begins at the margin, its fields' lines below it with two
 * spaces, each with a name, a bar, and one sentence. `Type < Other | ...`: fields that are not described here are as
 * in Other.
 */

export interface Descriptions {
  readonly types: ReadonlyMap<string, string>
  /** By `Type.field`. */
  readonly fields: ReadonlyMap<string, string>
  /** Type → the type whose fields it shares. */
  readonly likes: ReadonlyMap<string, string>
}

/** Throws for a line that has another form, and for a name that is described twice. */
export function parseDescriptions(text: string): Descriptions {
  const types = new Map<string, string>()
  const fields = new Map<string, string>()
  const likes = new Map<string, string>()
  let type = ''
  for (const line of text.split('\n')) {
    if (line === '') continue
    const [, indentation = '', name = '', like, sentence = ''] = linePattern.exec(line) ?? []
    if (name === '') throw new Error(`not a description: ${line}`)
    const isType = indentation === ''
    if (isType) type = name
    if (isType && like) likes.set(name, like)
    const [target, key] = isType ? [types, name] as const : [fields, `${type}.${name}`] as const
    if (target.has(key)) throw new Error(`described twice: ${key}`)
    target.set(key, sentence)
  }
  return { types, fields, likes }
}

const linePattern = /^( {2})?(\S+)(?: < (\S+))? \| (.+)$/
