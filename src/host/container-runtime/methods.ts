/** CRI's methods as typed functions: message in, message out. */
import { decodeProtobuf, encodeProtobuf } from '#machinery/codec/protobuf.ts'
import type { StructSchema } from '#machinery/schema/schema.ts'
import { loadSchemaTable } from '#machinery/schema/table.ts'
import { RuntimeError, type RuntimeErrorCode } from '#world/container-runtime.ts'
import { rpcCode, RpcError, type RpcChannel, type RpcCode } from '#world/rpc.ts'
import {
  criSchemaTable,
  imageService,
  runtimeService,
  type ImageServiceMethods,
  type RuntimeServiceMethods,
} from './gen/cri-schema.ts'

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

export function criMethods(channel: RpcChannel): CriMethods {
  const call = async (
    { path, request, response }: { readonly path: string; readonly request: string; readonly response: string },
    message: object,
    timeoutMs: number,
  ): Promise<unknown> => {
    const answer = await callRuntime(channel, path, encodeProtobuf(message, messageSchema(request)), timeoutMs)
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

/** An answer longer than this is a mistake: a node's list of containers takes a kilobyte each. */
export const answerBytesMax = 64 * 1024 * 1024

const errorCodes: Readonly<Record<Exclude<RpcCode, typeof rpcCode.ok>, RuntimeErrorCode>> = {
  [rpcCode.cancelled]: 'Canceled',
  [rpcCode.unknown]: 'Unknown',
  [rpcCode.invalidArgument]: 'InvalidArgument',
  [rpcCode.deadlineExceeded]: 'DeadlineExceeded',
  [rpcCode.notFound]: 'NotFound',
  [rpcCode.alreadyExists]: 'AlreadyExists',
  [rpcCode.permissionDenied]: 'PermissionDenied',
  [rpcCode.resourceExhausted]: 'ResourceExhausted',
  [rpcCode.failedPrecondition]: 'FailedPrecondition',
  [rpcCode.aborted]: 'Aborted',
  [rpcCode.outOfRange]: 'OutOfRange',
  [rpcCode.unimplemented]: 'Unimplemented',
  [rpcCode.internal]: 'Internal',
  [rpcCode.unavailable]: 'Unavailable',
  [rpcCode.dataLoss]: 'DataLoss',
  [rpcCode.unauthenticated]: 'Unauthenticated',
}

/** One call with a limit of time (0: none). Throws RuntimeError. */
export async function callRuntime(
  channel: RpcChannel, path: string, message: Uint8Array, timeoutMs: number,
): Promise<Uint8Array> {
  const limit = new AbortController()
  const timer = timeoutMs === 0 ? undefined : setTimeout(() => {
    limit.abort(new RpcError(rpcCode.deadlineExceeded, 'context deadline exceeded'))
  }, timeoutMs)
  try {
    return await channel.unary(path, message, limit.signal)
  } catch (error) {
    throw runtimeErrorOf(error)
  } finally {
    clearTimeout(timer)
  }
}

/** What the runtime answered, in the words of world/container-runtime; other errors are given back as they are. */
export function runtimeErrorOf(error: unknown): unknown {
  if (!(error instanceof RpcError) || error.code === rpcCode.ok) return error
  return new RuntimeError(errorCodes[error.code], error.message, { cause: error })
}
