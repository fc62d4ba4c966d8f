import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatFloat, HistogramFamily, NumberFamily } from './metric-families.ts'

test('bounds are written as Go writes them', () => {
  const rows = { '0': 0, '0.005': 0.005, '1': 1, '131072': 131072, '1e+06': 1e6, '2.592e+06': 2_592_000, '1e+09': 1e9, '5e-06': 5e-6 }
  for (const [text, value] of Object.entries(rows)) assert.equal(formatFloat(value), text)
})

test('a histogram sums up its buckets, and is not there before something was counted', () => {
  const family = new HistogramFamily('x_seconds', '[ALPHA] How long.', [1, 2])
  const render = (): string[] => {
    const lines: string[] = []
    family.render(lines)
    return lines
  }
  assert.deepEqual(render(), [])
  const series = family.series('a="b"')
  family.observe(series, 0.5)
  family.observe(series, 2, 2)
  family.observe(series, 3)
  assert.deepEqual(render(), [
    '# HELP x_seconds [ALPHA] How long.', '# TYPE x_seconds histogram', 'x_seconds_bucket{a="b",le="1"} 1',
    'x_seconds_bucket{a="b",le="2"} 3', 'x_seconds_bucket{a="b",le="+Inf"} 4', 'x_seconds_sum{a="b"} 7.5',
    'x_seconds_count{a="b"} 4',
  ])
  family.reset()
  assert.deepEqual(render(), [])
})

test('a reset forgets what was counted, and keeps what is', () => {
  const lines: string[] = []
  const counter = new NumberFamily('c_total', 'counter', 'C.')
  const gauge = new NumberFamily('g', 'gauge', 'G.')
  counter.add('')
  gauge.add('k="v"', 2)
  for (const family of [counter, gauge]) family.reset()
  for (const family of [counter, gauge]) family.render(lines)
  assert.deepEqual(lines, ['# HELP g G.', '# TYPE g gauge', 'g{k="v"} 2'])
})
