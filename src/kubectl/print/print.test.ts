/** What is printed: columns, tables, ages, JSON, KYAML, sorting. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatHumanDuration } from './age.ts'
import { formatJson } from './json.ts'
import { formatKyaml } from './kyaml.ts'
import { sortByField } from './sort.ts'
import { align, describeStyle, tableStyle, TabWriter } from './tab-writer.ts'
import { TablePrinter } from './table.ts'
import { wrapText } from './wrap.ts'

test('columns are padded with three spaces, the last one not at all', () => {
  assert.equal(
    align('NAME\tAGE\na-long-name\t5s\nb\t10m\n', tableStyle),
    'NAME          AGE\na-long-name   5s\nb             10m\n',
  )
})

test('a line without a cell ends a column', () => {
  assert.equal(align('a\tb\nlong line\nccccccc\td\n', describeStyle), 'a  b\nlong line\nccccccc  d\n')
})

test('a column that is remembered does not get narrower', () => {
  const writer = new TabWriter(tableStyle)
  writer.write('a-long-name\tx\n')
  writer.flush()
  writer.write('b\ty\n')
  assert.equal(writer.flush(), 'b             y\n')
})

const table = {
  kind: 'Table',
  columnDefinitions: [
    { name: 'Name', type: 'string', format: 'name', priority: 0 },
    { name: 'Ready', type: 'string', priority: 0 },
    { name: 'IP', type: 'string', priority: 1 },
  ],
  rows: [{ cells: ['a', '1/1', '10.0.0.1'], object: { metadata: { namespace: 'x', labels: { app: 'web', b: 'c' } } } }],
}
const plain = { noHeaders: false, wide: false, withNamespace: false, showLabels: false, columnLabels: [] }

test('a table is printed with the columns that are asked for', () => {
  const cases = [
    [plain, 'NAME\tREADY\na\t1/1\n'],
    [{ ...plain, wide: true }, 'NAME\tREADY\tIP\na\t1/1\t10.0.0.1\n'],
    [{ ...plain, withNamespace: true }, 'NAMESPACE\tNAME\tREADY\nx\ta\t1/1\n'],
    [{ ...plain, kind: 'deployment.apps' }, 'NAME\tREADY\ndeployment.apps/a\t1/1\n'],
    [{ ...plain, showLabels: true }, 'NAME\tREADY\tLABELS\na\t1/1\tapp=web,b=c\n'],
    [{ ...plain, columnLabels: ['app', 'nope'] }, 'NAME\tREADY\tAPP\tNOPE\na\t1/1\tweb\t\n'],
    [{ ...plain, noHeaders: true }, 'a\t1/1\n'],
  ] as const
  for (const [options, text] of cases) assert.equal(new TablePrinter(options).print(table), text)
})

test('headers come once, and events have a column of their own', () => {
  const printer = new TablePrinter(plain)
  assert.equal(printer.print(table, 'ADDED'), 'EVENT\tNAME\tREADY\nADDED   \ta\t1/1\n')
  assert.equal(printer.print({ ...table, columnDefinitions: [] }, 'MODIFIED'), 'MODIFIED\ta\t1/1\n')
})

test('a cell ends at its first line break, and cannot command a terminal', () => {
  const printer = new TablePrinter({ ...plain, noHeaders: true })
  assert.equal(printer.print({ ...table, rows: [{ cells: ['a\nb', '\u001b[2J'] }] }), 'a...\t^[[2J\n')
})

test('ages are told with two units at most', () => {
  const cases = [
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [121, '2m1s'],
    [599, '9m59s'],
    [600, '10m'],
    [179 * 60, '179m'],
    [3 * 3600, '3h'],
    [3 * 3600 + 60, '3h1m'],
    [8 * 3600, '8h'],
    [47 * 3600, '47h'],
    [48 * 3600, '2d'],
    [50 * 3600, '2d2h'],
    [8 * 86400, '8d'],
    [730 * 86400, '2y'],
    [740 * 86400, '2y10d'],
    [3000 * 86400, '8y'],
  ] as const
  for (const [seconds, text] of cases) assert.equal(formatHumanDuration(seconds * 1000), text, String(seconds))
  assert.equal(formatHumanDuration(-5000), '<invalid>')
})

test('JSON has sorted keys, four spaces and no raw HTML', () => {
  assert.equal(
    formatJson({ b: [], a: { y: '<', x: 1 }, c: {} }),
    '{\n    "a": {\n        "x": 1,\n        "y": "\\u003c"\n    },\n    "b": [],\n    "c": {}\n}',
  )
})

test('KYAML has braces and quotes', () => {
  assert.equal(
    formatKyaml({ kind: 'A', on: ['x'], n: 1 }),
    '{\n  kind: "A",\n  "n": 1,\n  "on": [\n    "x",\n  ],\n}\n',
  )
})

test('values are sorted as numbers, amounts or natural text', () => {
  const sorted = (values: readonly unknown[]): unknown[] =>
    sortByField(
      values.map((value) => ({ value })),
      '.value',
      (item) => item,
    ).map(({ value }) => value)
  assert.deepEqual(sorted([10, 9, 1]), [1, 9, 10])
  assert.deepEqual(sorted(['1Gi', '500Mi', '2']), ['2', '500Mi', '1Gi'])
  assert.deepEqual(sorted(['pod-10', 'pod-9', 'pod-1']), ['pod-1', 'pod-9', 'pod-10'])
  assert.throws(
    () => sortByField([{}], '.nope', (item) => item),
    /couldn't find any field with path "\{\.nope\}" in the list of objects/,
  )
})

test('text is wrapped between words', () => {
  assert.equal(wrapText('one two three', 8), 'one two\nthree')
  assert.equal(wrapText('a\nb', 80), 'a\nb')
})
