/** Writes the module of the container runtime's interface: schema table, message types, methods. */
import { parseProto, type ProtoField, type ProtoFile } from './proto-source.ts'
import { emitTableModule } from './emit-table.ts'

/** What containerd 1.6 tells of its tasks; only the messages that are read. */
const containerdEvents: readonly string[] = [`
package google.protobuf;
message Timestamp { int64 seconds = 1; int32 nanos = 2; }
message Any { string type_url = 1; bytes value = 2; }
`, `
package containerd.services.events.v1;
service Events { rpc Subscribe(SubscribeRequest) returns (stream Envelope); }
message SubscribeRequest { repeated string filters = 1; }
message Envelope {
  google.protobuf.Timestamp timestamp = 1; string namespace = 2; string topic = 3; google.protobuf.Any event = 4;
}
`, `
package containerd.events;
message TaskCreate { string container_id = 1; string bundle = 2; string checkpoint = 5; uint32 pid = 6; }
message TaskStart { string container_id = 1; uint32 pid = 2; }
message TaskDelete {
  string container_id = 1; uint32 pid = 2; uint32 exit_status = 3; google.protobuf.Timestamp exited_at = 4; string id = 5;
}
message TaskExit {
  string container_id = 1; string id = 2; uint32 pid = 3; uint32 exit_status = 4; google.protobuf.Timestamp exited_at = 5;
}
message TaskOOM { string container_id = 1; }
message TaskExecAdded { string container_id = 1; string exec_id = 2; }
message TaskExecStarted { string container_id = 1; string exec_id = 2; uint32 pid = 3; }
message TaskPaused { string container_id = 1; }
message TaskResumed { string container_id = 1; }
message TaskCheckpointed { string container_id = 1; string checkpoint = 2; }
`]

const codes: Readonly<Record<string, string>> = {
  string: 's', bool: 'b', int32: 'i', int64: 'l', uint32: 'u', uint64: 'v', float: 'f', double: 'd', bytes: 'y',
}
const types: Readonly<Record<string, string>> = {
  string: 'string', bool: 'boolean', int32: 'number', int64: 'number | bigint', uint32: 'number',
  uint64: 'number | bigint', float: 'number', double: 'number', bytes: 'Uint8Array',
}

export function emitCri(criProto: string): string {
  const files = [criProto, ...containerdEvents].map(parseProto)
  const lines = new Map<string, number>()
  for (const file of files) for (const { name } of file.messages) lines.set(`${file.package}.${name}`, lines.size)
  const table = files.flatMap((file) => file.messages.map(({ name, fields }) => {
    const json = fields.map((field) => {
      const names = file.enums.get(field.type)
      return [field.name, shapeOf(file, field, lines), field.number, 2, ...(names ? [{ e: names }] : [])]
    })
    return `- ${file.package}.${name} ${JSON.stringify([json])}`
  })).join('\n')
  const note = [
    '// proto3: zero values are left out on both ways, so every field is optional. 64-bit integers are numbers up to 2^53 and bigints beyond;',
    '// bytes are Uint8Arrays; enums are their names (an unknown one is its number as text).',
  ].join('\n')
  return [
    emitTableModule('criSchemaTable', 'k8s.io/cri-api and containerd', table),
    note, '',
    ...files.flatMap((file) =>
      [...file.enums].map(
        ([name, names]) =>
          `export type ${name} =\n  | ${names
            .filter((each) => each !== '')
            .map((each) => `'${each}'`)
            .join('\n  | ')}\n`,
      ),
    ),
    ...files.flatMap((file) => file.messages.map(({ name, fields }) => emitMessage(name, fields))),
    ...files.flatMap(emitServices),
  ].join('\n')
}

function shapeOf(file: ProtoFile, field: ProtoField, lines: ReadonlyMap<string, number>): string {
  const one = (type: string): string => {
    if (file.enums.has(type)) return 'e'
    const line = lines.get(type) ?? lines.get(`${file.package}.${type}`)
    const code = codes[type] ?? (line === undefined ? undefined : String(line))
    if (code === undefined) throw new Error(`${field.name}: unknown type ${type}`)
    return code
  }
  if (field.mapValue) return `Mg${one(field.mapValue)}`
  return field.repeated ? `La${one(field.type)}` : one(field.type)
}

function typeOf(type: string): string {
  return types[type] ?? type.slice(type.lastIndexOf('.') + 1)
}

function emitMessage(name: string, fields: readonly ProtoField[]): string {
  const lines = fields.map((field) => {
    const one = typeOf(field.mapValue ?? field.type)
    const type = field.mapValue
      ? `Record<string, ${one}>`
      : field.repeated
        ? one.includes(' ')
          ? `(${one})[]`
          : `${one}[]`
        : one
    return `  ${field.name}?: ${type}\n`
  })
  return `export interface ${name} {${lines.length === 0 ? '' : `\n${lines.join('')}`}}\n`
}

function emitServices(file: ProtoFile): string[] {
  return file.services.flatMap(({ name, methods }) => [
    `/** Method → its messages. */\nexport interface ${name}Methods {\n${methods
      .map(
        (method) =>
          `  ${method.name}: { request: ${typeOf(method.request)}; response: ${typeOf(method.response)}; streams: ${method.streams} }\n`,
      )
      .join('')}}\n`,
    `/** Method → path, names of its messages in the table, and whether the answer is a stream. */\nexport const ${name[0]!.toLowerCase()}${name.slice(1)} = {\n${methods
      .map(
        (method) =>
          `  ${method.name}: {\n    path: '/${file.package}.${name}/${method.name}', request: '${file.package}.${method.request}',\n`
          + `    response: '${file.package}.${method.response}', streams: ${method.streams},\n  },\n`,
      )
      .join('')}} as const\n`,
  ])
}
