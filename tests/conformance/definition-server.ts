/** The real API server with the loop that serves custom resources, and what tests of both say over and over. */
import assert from 'node:assert/strict'
import { schemas } from '#api/schemas.ts'
import type { AdmissionPlugin } from '#apiserver/admission/admission.ts'
import { definitionHooks } from '#apiserver/crd/definition-hooks.ts'
import { createDefinitions } from '#apiserver/crd/definitions.ts'
import { admin, startTestServer, type Answer, type TestServer } from '#apiserver/testing.ts'
import type { Store } from '#storage/store.ts'
import type { HttpClient } from '#world/http.ts'
import { silentLog } from '#world/log.ts'

export const definitionsUrl = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
export const json = { 'content-type': 'application/json' }
export const merge = { 'content-type': 'application/merge-patch+json' }
export const apply = { 'content-type': 'application/apply-patch+yaml' }

export interface DefinitionServer extends AsyncDisposable {
  readonly store: Store
  readonly server: TestServer['server']
  readonly clock: TestServer['clock']
  readonly open: TestServer['open']
  send(method: string, url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  /** Creates the definition, and returns as soon as it says that it is established. */
  define(definition: Definition, headers?: Record<string, string>): Promise<void>
  /** The definition, once `check` holds for it. */
  until(name: string, check: (definition: any) => boolean): Promise<any>
}

export interface ServerParts {
  /** Another server over what an earlier one has left. */
  readonly store?: Store
  /** Where webhooks are; by default nobody listens. */
  readonly http?: HttpClient
  readonly admission?: readonly AdmissionPlugin[]
}

const silence: HttpClient = {
  request: () => Promise.reject(new Error('nobody listens')),
  upgrade: () => Promise.reject(new Error('nobody listens')),
}

export function startDefinitionServer({ store, http = silence, admission = [] }: ServerParts = {}): DefinitionServer {
  const hooks = new Map([['apiextensions.k8s.io/customresourcedefinitions', definitionHooks(schemas)]])
  const own = startTestServer({ hooks, admission, ...(store && { store }) })
  const stop = new AbortController()
  const { context, kinds } = own.server
  const definitions = createDefinitions({
    store: context.store, kinds, schemas, transport: own.server.localTransport({ ...admin, name: 'system:apiserver' }), clock: own.clock,
    random: context.random, http, log: silentLog,
  })
  const running = definitions.run(stop.signal).catch((error: unknown) => { if (!stop.signal.aborted) throw error })
  const until: DefinitionServer['until'] = async (name, check) => {
    for (let attempt = 0; attempt < 500; attempt++) {
      const answer = await own.send('GET', `${definitionsUrl}/${name}`)
      if (check(answer.status === 200 ? answer.json : undefined)) return answer.json
      await new Promise((resolve) => { setImmediate(resolve) })
    }
    throw new Error(`not so: ${name} ${check.toString()}`)
  }
  return {
    ...own, store: context.store, until,
    async define(definition, headers = {}) {
      const answer = await own.send('POST', definitionsUrl, definition, { ...json, ...headers })
      assert.equal(answer.status, 201, answer.text)
      await until(definition.metadata.name, (current) => isTrue(current, 'Established'))
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}

export function conditionOf(definition: any, type: string): any {
  return definition?.status?.conditions?.find((condition: { type: string }) => condition.type === type)
}

export function isTrue(definition: any, type: string): boolean {
  return conditionOf(definition, type)?.status === 'True'
}

export interface Definition {
  readonly metadata: { readonly name: string }
  readonly [key: string]: unknown
}

export interface DefinitionParts {
  readonly plural?: string
  readonly kind?: string
  readonly group?: string
  readonly scope?: 'Namespaced' | 'Cluster'
  readonly names?: object
  readonly spec?: object
  /** Of the only version, v1. */
  readonly schema?: object
  readonly version?: object
  readonly versions?: readonly object[]
}

export function definitionOf(parts: DefinitionParts = {}): Definition {
  const { plural = 'crontabs', kind = 'CronTab', group = 'stable.example.com', scope = 'Namespaced' } = parts
  const openAPIV3Schema = parts.schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const versions = parts.versions ?? [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema }, ...parts.version }]
  return {
    apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `${plural}.${group}` },
    spec: { group, scope, names: { plural, kind, ...parts.names }, versions, ...parts.spec },
  }
}

/** A schema whose `spec` has these fields. */
export function specOf(properties: object, more: object = {}): object {
  return { type: 'object', properties: { spec: { type: 'object', properties, ...more } } }
}

export function cronTab(name: string, rest: object = {}, version = 'v1'): Record<string, any> {
  return { apiVersion: `stable.example.com/${version}`, kind: 'CronTab', metadata: { name }, ...rest }
}

export const cronTabs = '/apis/stable.example.com/v1/namespaces/default/crontabs'

