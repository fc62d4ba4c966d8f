/** The shape of API types at run time: one form for built-in kinds (generated) and custom resources (compiled). */

/** What a value looks like in JSON and in protobuf. */
export type Shape =
  /** `of` is the struct behind the `jsonSchemaOr…` scalars. */
  | { readonly type: ScalarType; readonly of?: StructSchema }
  /** `mapType` overrides the struct's own at this field. */
  | { readonly type: 'struct'; readonly struct: StructSchema; readonly mapType?: 'granular' | 'atomic' }
  | ListShape
  | { readonly type: 'map'; readonly values: Shape; readonly mapType: 'granular' | 'atomic' }

/**
 * - `bytes` is base64 in JSON; `time` RFC 3339 seconds, `microTime` with six decimals, both null-able as in Go.
 * - `duration` is metav1.Duration ("1h0m0s"); `quantity` resource.Quantity; `intOrString` a number or a string.
 * - `rawExtension` is a whole foreign object; `json` is any JSON value; `fieldsV1` is managedFields' set of fields.
 * - `jsonSchemaOrList`, `…OrBool`, `…OrStrings` are the three unions inside a JSON schema: a schema, or the other
 * thing.
 * - `enum` is a number in protobuf and, in our objects, its name: `FieldSchema.enum` has the names by
 * number (CRI only).
 */
export type ScalarType =
  | 'string' | 'bool' | 'int32' | 'int64' | 'uint32' | 'uint64' | 'float' | 'double' | 'bytes'
  | 'time' | 'microTime' | 'duration' | 'quantity' | 'intOrString' | 'rawExtension' | 'json' | 'fieldsV1'
  | 'jsonSchemaOrList' | 'jsonSchemaOrBool' | 'jsonSchemaOrStrings' | 'enum'

export interface ListShape {
  readonly type: 'list'
  readonly items: Shape
  readonly listType: 'atomic' | 'set' | 'map'
  /** The fields of an item that identify it, for listType 'map' (server-side apply). */
  readonly mapKeys: readonly string[]
  /** Strategic merge patch: how a patch's list combines with the object's. Absent: replace. */
  readonly patchStrategy: readonly ('merge' | 'replace' | 'retainKeys')[]
  readonly patchMergeKey: string | undefined
  /** In protobuf this list is a message of its own with the items as field 1 (upstream's nullable named slices). */
  readonly wrapped?: boolean
}

export interface StructSchema {
  /** Upstream's OpenAPI definition name, for example `io.k8s.api.core.v1.PodSpec`. */
  readonly name: string
  /** In Go's declaration order, which is the order of keys in upstream's JSON. */
  readonly fields: readonly FieldSchema[]
  readonly fieldsByName: ReadonlyMap<string, FieldSchema>
  readonly fieldsByNumber: ReadonlyMap<number, FieldSchema>
  /** Server-side apply treats an atomic struct as one value. */
  readonly mapType: 'granular' | 'atomic'
  /**
   * Custom resources' `x-kubernetes-preserve-unknown-fields`: fields that are not listed are kept, and have no type.
   */
  readonly preserveUnknownFields?: boolean
  /**
   * How protobuf treats zero values: 'proto3' leaves them out (CRI); absent or 'proto2', Kubernetes' own
   * way, writes them.
   */
  readonly protobuf?: 'proto2' | 'proto3'
}

export interface FieldSchema {
  readonly name: string
  readonly shape: Shape
  readonly required: boolean
  /** Go's `omitempty`: the zero value is left out of JSON. Without it the zero value is always written. */
  readonly omitEmpty: boolean
  /** The Go field is a pointer, so a zero value that is present is not the same as an absent one. */
  readonly pointer: boolean
  readonly protoNumber: number | undefined
  /**
   * Go's `json:",inline"` structs are flattened in JSON; in protobuf they are messages, whose numbers, outermost
   * first, are here.
   */
  readonly protoPath?: readonly number[]
  /** Allowed values of a `+enum` type. */
  readonly enum: readonly string[] | undefined
  /** From `+default=`; most defaults are in the kinds' `setDefaults`. */
  readonly defaultValue: unknown
  /**
   * Go's word for the type where it does not follow from the shape (`v1.RestartPolicy`): messages of decoding name it.
   */
  readonly goType?: string
  /** For a struct-shaped field: strategic merge's `retainKeys`, if upstream marks it. */
  readonly patchStrategy: readonly ('merge' | 'replace' | 'retainKeys')[]
}
