import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FifoSet } from './fifo-set.ts'

test('items come out in the order in which they first went in', () => {
  const set = new FifoSet<string>()
  for (const item of ['b', 'a', 'b', 'c']) set.add(item)
  assert.equal(set.size, 3)
  assert.equal(set.take(), 'b')
  assert.equal(set.has('b'), false)
  set.add('b')
  assert.deepEqual([set.take(), set.take(), set.take(), set.take()], ['a', 'c', 'b', undefined])
})

test('it is as a list without repetitions, whatever is done', () => {
  const set = new FifoSet<number>()
  let list: number[] = []
  for (let step = 0, random = 7; step < 60_000; step++) {
    random = (random * 1_103_515_245 + 12_345) % 2 ** 31
    const item = random % 5_003
    if (random % 5 < 3) {
      if (!list.includes(item)) list.push(item)
      set.add(item)
    } else assert.equal(set.take(), list.shift())
    if (step % 30_000 === 29_999) {
      set.clear()
      list = []
    }
    assert.equal(set.size, list.length)
    assert.equal(set.has(item), list.includes(item))
  }
})
