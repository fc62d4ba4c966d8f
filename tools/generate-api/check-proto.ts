/** Compares the model's protobuf numbers with upstream's generated.proto: the two must agree. */
import type { TableEntry } from './emit-table.ts'

/** Every difference, as a sentence. `protoFiles` are the texts of generated.proto files. */
export function checkAgainstProto(entries: readonly TableEntry[], protoFiles: readonly string[]): readonly string[] {
  const messages = new Map<string, ReadonlyMap<number, string>>()
  for (const text of protoFiles) {
    const packageName = /^package ([\w.]+);/m.exec(text)?.[1] ?? ''
    for (const [, name, body] of text.matchAll(/^message (\w+) \{([^]*?)^\}/gm)) {
      const fields = [
        ...body!.matchAll(/^ {2}(?:optional|repeated|required|map<string, [\w.]+>) ?(?:[\w.]+ )?(\w+) = (\d+);/gm),
      ]
      messages.set(`${packageName}.${name}`, new Map(fields.map(([, field, number]) => [Number(number), field!])))
    }
  }
  const problems: string[] = []
  for (const { struct } of entries) {
    const message = messages.get(struct.name.replace(/^io\.k8s\./, 'k8s.io.'))
    if (!message) continue
    const own = new Set(struct.fields.map(({ protoPath }) => protoPath[0]).filter((number) => number !== undefined))
    for (const [number, name] of message)
      if (!own.has(number)) problems.push(`${struct.name}: ${name} = ${number} is only in generated.proto`)
    for (const number of own)
      if (!message.has(number)) problems.push(`${struct.name}: number ${number} is not in generated.proto`)
  }
  return problems
}
