/** Tests of the heap: against a sorted array, under random operations. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Heap } from './heap.ts'

interface Item { readonly key: string; readonly order: number }
const newHeap = (): Heap<Item> => new Heap<Item>((item) => item.key, (a, b) => a.order - b.order)

test('the heap gives items in order, whatever was added, replaced and removed before', () => {
  const operation = fc.record({
    kind: fc.constantFrom('add', 'add', 'remove', 'pop'),
    key: fc.nat(20),
    order: fc.nat(50),
  })
  fc.assert(fc.property(fc.array(operation, { maxLength: 100 }), (operations) => {
    const heap = newHeap()
    const model = new Map<string, number>()
    for (const { kind, key, order } of operations) {
      if (kind === 'add') {
        heap.add({ key: `${key}`, order })
        model.set(`${key}`, order)
      } else if (kind === 'remove') {
        assert.equal(heap.remove(`${key}`)?.order, model.get(`${key}`))
        model.delete(`${key}`)
      } else {
        const popped = heap.pop()
        assert.equal(popped?.order, model.size === 0 ? undefined : Math.min(...model.values()))
        if (popped) model.delete(popped.key)
      }
      assert.equal(heap.size, model.size)
    }
    const rest: number[] = []
    for (let item = heap.pop(); item; item = heap.pop()) rest.push(item.order)
    assert.deepEqual(rest, [...model.values()].toSorted((a, b) => a - b))
  }))
})

test('an item is found by its key, and adding the key again replaces it', () => {
  const heap = newHeap()
  heap.add({ key: 'a', order: 2 })
  heap.add({ key: 'b', order: 1 })
  heap.add({ key: 'a', order: 0 })
  assert.equal(heap.size, 2)
  assert.equal(heap.get('a')?.order, 0)
  assert.equal(heap.peek()?.key, 'a')
  assert.equal(heap.has('c'), false)
})
