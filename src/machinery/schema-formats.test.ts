import assert from 'node:assert/strict'
import { test } from 'node:test'
import { effectiveFormat, textFormat } from './schema-formats.ts'

const rows: readonly (readonly [format: string, good: readonly string[], bad: readonly string[]])[] = [
  ['uri', ['https://a/b?c', '/path', 'mailto:x'], ['', 'a b', 'relative']],
  ['email', ['a@b', 'Name <a.b@c.d>', '"a b"@c'], ['', 'a', '@b', 'a@', 'a..b@c', 'a@b..c']],
  ['hostname', ['a', 'a-b.example.com', '1.example.com'], ['-a', 'a.', 'a.b1', 'a_b.com', `${'a'.repeat(64)}.com`]],
  ['ipv4', ['10.0.0.1'], ['10.0.0.256', '::1', '::ffff:10.0.0.1']],
  ['ipv6', ['::1', '::ffff:10.0.0.1'], ['10.0.0.1', ':::']],
  ['cidr', ['10.0.0.0/8', 'fd00::/8'], ['10.0.0.0', '10.0.0.0/33']],
  ['mac', ['01:23:45:67:89:ab', '01-23-45-67-89-AB', '0123.4567.89ab'], ['01:23:45:67:89', '01:23-45:67:89:ab']],
  ['uuid', ['123e4567-e89b-12d3-a456-426614174000', '123E4567e89b12d3a456426614174000'], ['123e4567']],
  ['uuid4', ['123e4567-e89b-42d3-a456-426614174000'], ['123e4567-e89b-12d3-a456-426614174000']],
  ['isbn', ['0321751043', '978-0321751041'], ['0321751044', '978-0321751042']],
  ['creditcard', ['4111 1111 1111 1111'], ['4111 1111 1111 1112']],
  ['ssn', ['123-45-6789'], ['12-345-6789']],
  ['hexcolor', ['#FFF', 'abcdef'], ['#ff', '#ggg']],
  ['rgbcolor', ['rgb(0, 128,255)'], ['rgb(256,0,0)', 'rgb(0,0)']],
  ['byte', ['', 'YWJj'], ['YWJ', '!']],
  ['date', ['2024-02-29'], ['2026-02-29', '2026-13-01', '2026-1-1']],
  ['date-time', ['2026-01-01T00:00:00Z', '2026-01-01t23:59:59.5+01:00'], ['2026-01-01', '2026-01-01T24:00:00Z']],
  ['duration', ['1h30m', '22 ns', '3 days', '0'], ['', 'soon', '5 apples']],
  ['k8s-short-name', ['a-b'], ['A', '-a', 'a'.repeat(64)]],
  ['k8s-long-name', [`${'a'.repeat(100)}.b`], ['a..b', 'a'.repeat(254)]],
]

for (const [format, good, bad] of rows) {
  test(`${format} takes ${good.length} texts, and refuses ${bad.length}`, () => {
    const check = textFormat(format)!
    assert.deepEqual(good.filter((text) => !check(text)), [])
    assert.deepEqual(bad.filter((text) => check(text)), [])
  })
}

test('formats that are not of the type, or of nobody, do not count', () => {
  assert.equal(effectiveFormat('string', 'poem'), '')
  assert.equal(effectiveFormat('string', 'constructor'), '')
  assert.equal(effectiveFormat('string', 'date-time'), 'date-time')
  assert.equal(effectiveFormat('integer', 'date-time'), '')
  assert.equal(effectiveFormat('integer', 'int32'), 'int32')
  assert.equal(effectiveFormat('number', 'int32'), '')
})

test('every format is checked in time linear in the text', () => {
  const before = performance.now()
  for (const text of ['a', '1', '-', 'a.', '<', ' '].map((piece) => piece.repeat(100_000))) {
    for (const [format] of rows) textFormat(format)!(`${text}!`)
  }
  assert.ok(performance.now() - before < 2000)
})
