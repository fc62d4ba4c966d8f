/** Table: pod specs → warnings. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PodSpec } from '../../gen/core-v1.ts'
import { podWarnings } from './pod-warnings.ts'

const table: readonly (readonly [spec: PodSpec, warnings: readonly string[]])[] = [
  [{ containers: [{ name: 'a' }] }, []],
  [{ containers: [], nodeSelector: { 'beta.kubernetes.io/os': 'linux' } },
    ['spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead']],
  [{ containers: [], terminationGracePeriodSeconds: -1 },
    ['spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1']],
  [{ containers: [{ name: 'a', resources: { limits: { memory: '400m' } } }] },
    ['spec.containers[0].resources.limits[memory]: fractional byte value "400m" is invalid, must be an integer']],
  [{ containers: [{ name: 'a', env: [{ name: 'X' }, { name: 'X' }] }] },
    ['spec.containers[0].env[1]: hides previous definition of "X", which may be dropped when using apply']],
]

for (const [spec, warnings] of table) {
  test(`warns: ${warnings[0] ?? 'of nothing'}`, () => assert.deepEqual(podWarnings(spec, 'spec'), warnings))
}
