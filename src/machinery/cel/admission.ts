/** What expressions of admission see: the request, its objects, parameters (upstream: admission/plugin/cel). */
import { compileExpression, type Compiled } from './compile.ts'
import { createDialect } from './dialect.ts'
import type { Environment } from './environment.ts'
import { CompileError } from './issues.ts'
import { authorizerType, resourceCheckType } from './library/authorizer.ts'
import {
  boolType, dynType, formatType, intType, listOf, mapOf, stringType, timestampType, type FieldType, type ObjectType,
  type Type,
} from './types.ts'

/** An object with these fields and no others. */
export function objectType(name: string, fields: Readonly<Record<string, Type>>): ObjectType {
  const entries = Object.entries(fields).map(([key, type]): [string, FieldType] => [key, { type, name: key }])
  return { kind: 'object', name, fields: new Map(entries) }
}

/** Upstream writes it so in expressions about namespaces. */
const uidField = ['UID', { type: stringType, name: 'uid' }] as const

const texts = mapOf(stringType, stringType)
/** As a user's `extra`. */
export const textsByName = mapOf(stringType, listOf(stringType))
const kindType = objectType(
  'kubernetes.GroupVersionKind', { group: stringType, version: stringType, kind: stringType })
const resourceType = objectType(
  'kubernetes.GroupVersionResource', { group: stringType, version: stringType, resource: stringType })
/** As `request.userInfo`, and in rules about users that a token names. */
export const userType = objectType('kubernetes.UserInfo', {
  username: stringType, uid: stringType, groups: listOf(stringType), extra: textsByName,
})

export const requestType = objectType('kubernetes.AdmissionRequest', {
  kind: kindType, resource: resourceType, subResource: stringType, requestKind: kindType,
  requestResource: resourceType, requestSubResource: stringType, name: stringType, namespace: stringType,
  operation: stringType, userInfo: userType, dryRun: boolType, options: dynType,
})

function withUid(type: ObjectType): ObjectType {
  return { ...type, fields: new Map([...type.fields, uidField]) }
}

const conditionType = objectType('kubernetes.NamespaceCondition', {
  status: stringType, type: stringType, lastTransitionTime: timestampType, message: stringType, reason: stringType,
})
export const namespaceType = objectType('kubernetes.Namespace', {
  metadata: withUid(objectType('kubernetes.NamespaceMetadata', {
    name: stringType, generateName: stringType, namespace: stringType, labels: texts, annotations: texts,
    creationTimestamp: timestampType, deletionGracePeriodSeconds: intType,
    deletionTimestamp: timestampType, generation: intType, resourceVersion: stringType,
    finalizers: listOf(stringType),
  })),
  spec: objectType('kubernetes.NamespaceSpec', { finalizers: listOf(stringType) }),
  status: objectType('kubernetes.NamespaceStatus', { conditions: listOf(conditionType), phase: stringType }),
})

/** What an expression may see beside object, oldObject, request and namespaceObject. */
export interface AdmissionScope {
  readonly hasParams: boolean
  readonly hasAuthorizer: boolean
  /** Types of `variables.…`; undefined: there are none. */
  readonly variables?: ReadonlyMap<string, Type> | undefined
  /** What is known of the objects, for finding mistakes; at run time they may be anything. */
  readonly object?: Type
  readonly params?: Type
  /** Types that the expression may construct. */
  readonly structs?: Environment['structs']
}

export function admissionEnvironment(scope: AdmissionScope): Environment {
  const { hasParams, hasAuthorizer, variables, structs, object = dynType, params = dynType } = scope
  const named = [...(variables ?? [])].map(([name, type]): [string, FieldType] => [name, { type, name }])
  return createDialect([
    ['object', object], ['oldObject', object], ['request', requestType], ['namespaceObject', namespaceType],
    ...(hasParams ? [['params', params] as const] : []),
    ...(hasAuthorizer
      ? [['authorizer', authorizerType] as const, ['authorizer.requestResource', resourceCheckType] as const] : []),
    ...(variables ? [['variables', { kind: 'object', name: 'kubernetes.variables', fields: new Map(named) }] as const] : []),
  ], structs)
}

/** Any field may be set, to anything: what fits is known by the schema of the object that is changed. */
class AnyFields extends Map<string, FieldType> {
  override get(name: string): FieldType { return { type: dynType, name } }
}

const jsonPatchType = objectType('JSONPatch', { op: stringType, path: stringType, from: stringType, value: dynType })

/** What expressions of MutatingAdmissionPolicies may construct: `Object.spec{…}`, `JSONPatch{…}`. */
export function mutationStructs(name: string): Type | undefined {
  if (name === 'JSONPatch') return jsonPatchType
  return name === 'Object' || name.startsWith('Object.')
    ? { kind: 'object', name, fields: new AnyFields() } : undefined
}

/** `patchType`: of a MutatingAdmissionPolicy's mutation. */
export function compileMutation(source: string, environment: Environment, patchType: string): CompiledExpression {
  const own = compileForAdmission(source, environment, [])
  if (!own.compiled) return own
  const { type } = own.compiled
  const wanted = patchType === 'ApplyConfiguration' ? 'Object' : 'list(JSONPatch)'
  const found = formatType(type)
  return found === wanted ? own : { source, fault: `must evaluate to ${wanted} but got ${found}` }
}

export interface CompiledExpression {
  readonly source: string
  readonly compiled?: Compiled
  /** Why there is no program, in upstream's words. */
  readonly fault?: string
}

/** `kinds`: what the expression evaluates to, as is known before (`dyn` is none of them); empty: anything. */
export function compileForAdmission(
  source: string, environment: Environment, kinds: readonly Type['kind'][],
): CompiledExpression {
  try {
    const compiled = compileExpression(source, environment)
    const { type } = compiled
    if (kinds.length === 0 || kinds.includes(type.kind)) return { source, compiled }
    const wanted = kinds.length === 1 ? kinds[0]! : `one of [${kinds.map(nameOfKind).join(' ')}]`
    return { source, fault: `must evaluate to ${wanted} but got ${type.kind === 'null' ? nameOfKind('null') : formatType(type)}` }
  } catch (error) {
    if (error instanceof CompileError) return { source, fault: `compilation failed: ${error.message}` }
    throw error
  }
}

/** What the compiler complains of, as it says it; undefined: nothing. */
export function findMistakes(source: string, environment: Environment): string | undefined {
  try {
    compileExpression(source, environment)
    return undefined
  } catch (error) {
    if (error instanceof CompileError) return error.message
    throw error
  }
}

function nameOfKind(kind: Type['kind']): string {
  return kind === 'null' ? 'null_type' : kind
}

export interface CompiledVariable extends CompiledExpression {
  readonly name: string
}

interface WrittenVariable {
  readonly name: string
  readonly expression: string
}

type VariableScope = Omit<AdmissionScope, 'variables' | 'structs'>

/** A variable may use those of `types`, before it, and is added to them. It may not construct objects. */
export function compileVariable(
  { name, expression }: WrittenVariable, { hasParams, hasAuthorizer, object, params }: VariableScope,
  types: Map<string, Type>,
): CompiledVariable {
  const environment = admissionEnvironment({
    hasParams, hasAuthorizer, variables: new Map(types), ...(object && { object }), ...(params && { params }),
  })
  const own = compileForAdmission(expression, environment, [])
  types.set(name, own.compiled ? typeOfVariable(own.compiled.type) : dynType)
  return { name, ...own }
}

/** What has fields of its own, or is of a library, may be anything where a variable stands for it. */
function typeOfVariable(type: Type): Type {
  switch (type.kind) {
    case 'object': case 'opaque': case 'optional': case 'type': case 'error': case 'parameter': return dynType
    case 'list': return listOf(typeOfVariable(type.items))
    case 'map': return mapOf(typeOfVariable(type.key), typeOfVariable(type.value))
    default: return type
  }
}

/** Each variable may use those before it. Gives the types of all, too. */
export function compileVariables(
  written: readonly WrittenVariable[], scope: VariableScope,
): { readonly variables: readonly CompiledVariable[]; readonly types: ReadonlyMap<string, Type> } {
  const types = new Map<string, Type>()
  return { variables: written.map((variable) => compileVariable(variable, scope, types)), types }
}
