/** What must hold of field sets and of ownership, whatever is written by whom. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { schemaTable } from '#api/gen/schema-table.ts'
import { deepFreeze } from '#base/deep-freeze.ts'
import type { KubeObject } from '../../meta/object.ts'
import { loadSchemaTable } from '../../schema/table.ts'
import { applyObject } from './apply-object.ts'
import { fieldSetOf } from './field-set-of.ts'
import {
  differenceSets,
  emptySet,
  insertPath,
  intersectSets,
  parseFieldSet,
  pathsOf,
  recursiveDifferenceSets,
  sorted,
  unionSets,
  type FieldSet,
  type MutableFieldSet,
} from './field-set.ts'
import { mergeValues } from './merge-values.ts'
import { strippedFields } from './ownership.ts'
import { trackUpdate } from './track-update.ts'

const pod = loadSchemaTable(schemaTable).kind('', 'v1', 'Pod')!
const shape = { type: 'struct', struct: pod } as const

const element = fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', 'k:{"name":"x y"}', 'v:1', 'v:"s"')
const path = fc.array(element, { minLength: 1, maxLength: 3 })
const paths = fc.array(path, { maxLength: 8 })

function setOf(list: readonly (readonly string[])[]): FieldSet {
  const set: MutableFieldSet = {}
  for (const each of list) insertPath(set, each)
  return sorted(set)
}
const namesOf = (set: FieldSet): string[] => [...pathsOf(set)].map((each) => each.join('/')).toSorted()
const names = (list: readonly (readonly string[])[]): Set<string> => new Set(list.map((each) => each.join('/')))

test('sets of fields are sets', () => {
  fc.assert(fc.property(paths, paths, (left, right) => {
    const a = deepFreeze(setOf(left))
    const b = deepFreeze(setOf(right))
    assert.deepEqual(namesOf(a), [...names(left)].toSorted())
    assert.deepEqual(namesOf(unionSets(a, b)), [...names(left).union(names(right))].toSorted())
    assert.deepEqual(namesOf(intersectSets(a, b)), [...names(left).intersection(names(right))].toSorted())
    assert.deepEqual(namesOf(differenceSets(a, b)), [...names(left).difference(names(right))].toSorted())
    assert.deepEqual(
      namesOf(recursiveDifferenceSets(a, b)),
      [...names(left)]
        .filter((name) => ![...names(right)].some((other) => name === other || name.startsWith(`${other}/`)))
        .toSorted(),
    )
  }))
})

test('every result is in the one canonical form, and sharing changes nothing', () => {
  fc.assert(fc.property(paths, paths, (left, right) => {
    const a = setOf(left)
    const b = setOf(right)
    for (const set of [a, unionSets(a, b), intersectSets(a, b), differenceSets(a, b), recursiveDifferenceSets(a, b)]) {
      assert.equal(JSON.stringify(parseFieldSet(JSON.parse(JSON.stringify(set)))), JSON.stringify(set))
      assert.equal(JSON.stringify(sorted(set)), JSON.stringify(set))
    }
    assert.equal(unionSets(a, a), a)
    assert.equal(unionSets(a, emptySet), a)
    assert.equal(differenceSets(a, emptySet), a)
  }))
})

// Granular lists are never empty here: an empty one means the same as none, to a built-in kind, and is not
// the same JSON.
const text = fc.constantFrom('1', '2', '3')
const configuration = fc
  .record(
    {
      labels: fc.dictionary(fc.constantFrom('a', 'b', 'c'), text, { noNullPrototype: true }),
      finalizers: fc.uniqueArray(fc.constantFrom('f', 'g'), { minLength: 1 }),
      nodeSelector: fc.dictionary(fc.constantFrom('a', 'b'), text, { noNullPrototype: true }),
      nodeName: text,
      tolerations: fc.array(fc.record({ key: text }, { noNullPrototype: true }), { maxLength: 2 }),
      containers: fc.uniqueArray(
        fc.record(
          {
            name: fc.constantFrom('a', 'b', 'c'),
            image: text,
            args: fc.array(text, { maxLength: 2 }),
            env: fc.uniqueArray(
              fc.record(
                { name: fc.constantFrom('x', 'y'), value: text },
                { noNullPrototype: true, requiredKeys: ['name'] },
              ),
              { selector: ({ name }) => name, minLength: 1 },
            ),
          },
          { requiredKeys: ['name'], noNullPrototype: true },
        ),
        { selector: ({ name }) => name, minLength: 1 },
      ),
    },
    { requiredKeys: [], noNullPrototype: true },
  )
  .map(
    ({ labels, finalizers, ...spec }): KubeObject =>
      ({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p', ...(labels && { labels }), ...(finalizers && { finalizers }) },
        spec,
      }) as KubeObject,
  )

const step = fc.record({ manager: fc.constantFrom('one', 'two', 'three'), object: configuration })

function applyAs(live: KubeObject | undefined, manager: string, applied: KubeObject, now: number): KubeObject {
  const object = applyObject({
    live,
    applied: deepFreeze(applied),
    manager,
    force: true,
    subresource: '',
    schema: pod,
    apiVersion: 'v1',
    now,
  })
  const { managedFields, ...metadata } = object.metadata!
  const decoded = withoutNothing({ ...object, metadata: { ...metadata, uid: 'u' } }) as KubeObject
  return deepFreeze({ ...decoded, metadata: { ...decoded.metadata, ...(managedFields && { managedFields }) } })
}

/** As an object is once it was decoded and written again: an empty list or map, and a null, are not there. */
function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNothing)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).flatMap(([key, below]) => {
    const left = withoutNothing(below)
    const isNothing = left === null || (typeof left === 'object' && Object.keys(left).length === 0)
    return isNothing && key !== 'spec' ? [] : [[key, left]]
  }))
}

test('applying a configuration again changes nothing', () => {
  fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), (steps) => {
    let live: KubeObject | undefined
    for (const [i, { manager, object }] of steps.entries()) {
      live = applyAs(live, manager, object, i * 1000)
      assert.deepEqual(applyAs(live, manager, object, i * 1000 + 500), live)
    }
  }))
})

test('an applier owns only what it asked for and what the object still says so; nothing is left that nobody applied', () => {
  fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), (steps) => {
    let live: KubeObject | undefined
    const last = new Map<string, KubeObject>()
    for (const [i, { manager, object }] of steps.entries()) {
      live = applyAs(live, manager, object, i * 1000)
      last.set(manager, object)
    }
    let owned: FieldSet = emptySet
    for (const { manager, fieldsV1 } of live!.metadata!.managedFields ?? []) {
      const fields = fieldsV1 as FieldSet
      owned = unionSets(owned, fields)
      assert.deepEqual(
        namesOf(differenceSets(fields, fieldSetOf(last.get(manager!), shape))),
        [],
        'owns what it never applied',
      )
      // Merging the applier's own configuration where it owns everything would change nothing.
      if (
        namesOf(differenceSets(differenceSets(fieldSetOf(last.get(manager!), shape), strippedFields), fields)).length
        === 0
      ) {
        const { managedFields: _, ...metadata } = live!.metadata!
        const bare = { ...live!, metadata }
        const merged = withoutNothing(mergeValues(bare, last.get(manager!), shape))
        assert.deepEqual(sortLists(merged), sortLists(bare))
      }
    }
    const present = differenceSets(
      fieldSetOf({ ...live!, metadata: { ...live!.metadata, managedFields: undefined } }, shape),
      strippedFields,
    )
    assert.deepEqual(namesOf(differenceSets(present, owned)).filter((name) => !unowned(name)), [])
  }), { numRuns: 300 })
})

/** Containers of fields may stay, empty or not, without an owner of their own. */
function unowned(name: string): boolean {
  return name.split('/').at(-1)!.startsWith('k:') || /^f:metadata\/f:labels$|^f:spec(\/f:nodeSelector)?$/.test(name)
}

function sortLists(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sortLists).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sortLists(item)]),
  )
}

test('each field belongs to the writer that changed it last', () => {
  const write = fc.record({
    manager: fc.constantFrom('one', 'two', 'three'),
    labels: fc.dictionary(fc.constantFrom('a', 'b', 'c'), text, { minKeys: 1, noNullPrototype: true }),
  })
  fc.assert(fc.property(fc.array(write, { minLength: 1, maxLength: 8 }), (writes) => {
    let live: KubeObject | undefined
    let before: Record<string, string> = {}
    const owners = new Map<string, string>()
    for (const [i, { manager, labels }] of writes.entries()) {
      const updated: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', uid: 'u', labels } }
      live = deepFreeze(
        trackUpdate({ live, updated, manager, subresource: '', schema: pod, apiVersion: 'v1', now: i * 1000 }),
      )
      for (const key of Object.keys({ ...before, ...labels })) {
        if (!(key in labels)) owners.delete(key)
        else if (before[key] !== labels[key]) owners.set(key, manager)
      }
      before = labels
    }
    const recorded = new Map(
      (live!.metadata!.managedFields ?? []).flatMap(({ manager, fieldsV1 }) =>
        namesOf(fieldsV1 as FieldSet)
          .filter((name) => name.startsWith('f:metadata/f:labels/'))
          .map((name): [string, string] => [name.at(-1)!, manager!]),
      ),
    )
    assert.deepEqual([...recorded].toSorted(), [...owners].toSorted())
  }))
})
