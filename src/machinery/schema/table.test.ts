/** The table is lazy, recursive, and knows kinds. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadSchemaTable } from './table.ts'

const text = [
  'demo.io/v1/Tree,demo.io/v2/Tree io.demo.Tree [[["name","s",1,1],["children","Lm0",2,2,{"k":["name"],"m":"name","p":["merge"]}],["size","i","3.1",6]]]',
  '- io.demo.Leaf [[["tree","0",1,6,{"t":"granular"}],["colour","s",2,0,{"e":["green","red"],"d":"green"}],["sizes","MaLsq",0,2]],"a"]',
].join('\n')

test('a struct refers to itself', () => {
  const tree = loadSchemaTable(text).struct('io.demo.Tree')
  const children = tree.fieldsByName.get('children')!
  assert.deepEqual(children.shape, {
    type: 'list', items: { type: 'struct', struct: tree }, listType: 'map', mapKeys: ['name'], patchStrategy: ['merge'],
    patchMergeKey: 'name',
  })
})

test('kinds of several versions share a root', () => {
  const table = loadSchemaTable(text)
  assert.equal(table.kind('demo.io', 'v1', 'Tree'), table.kind('demo.io', 'v2', 'Tree'))
  assert.equal(table.kind('demo.io', 'v3', 'Tree'), undefined)
  assert.deepEqual(
    [...table.kinds()].map(({ version, struct }) => `${version} ${struct.name}`),
    ['v1 io.demo.Tree', 'v2 io.demo.Tree'],
  )
})

test('flags, embedded numbers, enums and defaults are read', () => {
  const table = loadSchemaTable(text)
  const size = table.struct('io.demo.Tree').fieldsByName.get('size')!
  assert.deepEqual(
    [size.protoNumber, size.protoPath, size.pointer, size.omitEmpty, size.required], [1, [3], true, true, false],
  )
  const leaf = table.struct('io.demo.Leaf')
  assert.equal(leaf.mapType, 'atomic')
  assert.deepEqual(leaf.fieldsByName.get('colour')!.enum, ['green', 'red'])
  assert.equal(leaf.fieldsByName.get('colour')!.defaultValue, 'green')
  assert.equal(leaf.fieldsByName.get('sizes')!.protoNumber, undefined)
  assert.deepEqual([...leaf.fieldsByNumber.keys()], [1, 2])
})

test('an unknown name is an error that says so', () => {
  assert.throws(() => loadSchemaTable(text).struct('io.demo.Bush'), /no io\.demo\.Bush/)
})
