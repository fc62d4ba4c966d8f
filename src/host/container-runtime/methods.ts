/** CRI's methods as typed functions: message in, message out. */
import { decodeProtobuf, encodeProtobuf } from '#machinery/codec/protobuf.ts'
import type { StructSchema } from '#machinery/schema/schema.ts'
import { loadSchemaTable } from '#machinery/schema/table.ts'
import {
  criSchemaTable,
  imageService,
  runtimeService,
  type ImageServiceMethods,
  type RuntimeServiceMethods,
} from './gen/cri-schema.ts'
import type { GrpcChannel } from './grpc-channel.ts'

const table = loadSchemaTable(criSchemaTable, 'proto3')

export interface CriMethods {
  runtime<M extends keyof RuntimeServiceMethods>(
    method: M,
    request: RuntimeServiceMethods[M]['request'],
    timeoutMs?: number,
  ): Promise<RuntimeServiceMethods[M]['response']>
  image<M extends keyof ImageServiceMethods>(
    method: M,
    request: ImageServiceMethods[M]['request'],
    timeoutMs?: number,
  ): Promise<ImageServiceMethods[M]['response']>
}

/** Upstream gives most calls two minutes; callers say otherwise for stops, commands and pulls. */
export const defaultTimeoutMs = 120_000

export function criMethods(channel: GrpcChannel): CriMethods {
  const call = async (
    { path, request, response }: { readonly path: string; readonly request: string; readonly response: string },
    message: object,
    timeoutMs: number,
  ): Promise<unknown> => {
    const answer = await channel.unary(path, encodeProtobuf(message, messageSchema(request)), timeoutMs)
    return decodeProtobuf(answer, messageSchema(response))
  }
  return {
    runtime: async (method, request, timeoutMs = defaultTimeoutMs) =>
      (await call(runtimeService[method], request, timeoutMs)) as never,
    image: async (method, request, timeoutMs = defaultTimeoutMs) =>
      (await call(imageService[method], request, timeoutMs)) as never,
  }
}

export function messageSchema(name: string): StructSchema {
  return table.struct(name)
}
