/**
 * The list of kinds is whole: upstream's resources in upstream's order, each with its schema, its columns and its
 * table of examples.
 */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { kinds } from './kinds.ts'
import { schemas } from './schemas.ts'

/** What `kubectl api-resources` lists of a v1.36 server with default settings, by group in the order of discovery. */
const expected: Readonly<Record<string, string>> = {
  '':
    'bindings componentstatuses configmaps endpoints events limitranges namespaces nodes persistentvolumeclaims persistentvolumes pods '
    + 'podtemplates replicationcontrollers resourcequotas secrets serviceaccounts services',
  'apiregistration.k8s.io': 'apiservices',
  apps: 'controllerrevisions daemonsets deployments replicasets statefulsets',
  'events.k8s.io': 'events',
  'authentication.k8s.io': 'selfsubjectreviews tokenreviews',
  'authorization.k8s.io':
    'localsubjectaccessreviews selfsubjectaccessreviews selfsubjectrulesreviews subjectaccessreviews',
  autoscaling: 'horizontalpodautoscalers',
  batch: 'cronjobs jobs',
  'certificates.k8s.io': 'certificatesigningrequests',
  'networking.k8s.io': 'ingressclasses ingresses ipaddresses networkpolicies servicecidrs',
  policy: 'poddisruptionbudgets',
  'rbac.authorization.k8s.io': 'clusterrolebindings clusterroles rolebindings roles',
  'storage.k8s.io': 'csidrivers csinodes csistoragecapacities storageclasses volumeattachments volumeattributesclasses',
  'admissionregistration.k8s.io':
    'mutatingadmissionpolicies mutatingadmissionpolicybindings mutatingwebhookconfigurations '
    + 'validatingadmissionpolicies validatingadmissionpolicybindings validatingwebhookconfigurations',
  'apiextensions.k8s.io': 'customresourcedefinitions',
  'scheduling.k8s.io': 'priorityclasses',
  'coordination.k8s.io': 'leases',
  'node.k8s.io': 'runtimeclasses',
  'discovery.k8s.io': 'endpointslices',
  'resource.k8s.io': 'deviceclasses resourceclaims resourceclaimtemplates resourceslices',
  'flowcontrol.apiserver.k8s.io': 'flowschemas prioritylevelconfigurations',
}

/** Upstream has no printer for these, so they show a name and a time; the reviews are never listed. */
const withoutColumns = new Set([
  'Binding',
  'LimitRange',
  'Role',
  'ClusterRole',
  'CustomResourceDefinition',
  'TokenReview',
  'SelfSubjectReview',
  'SubjectAccessReview',
  'LocalSubjectAccessReview', 'SelfSubjectAccessReview', 'SelfSubjectRulesReview',
])

test('lists the 67 resources of v1.36 in the order of discovery', () => {
  const found: Record<string, string> = {}
  for (const kind of kinds) found[kind.group] = `${found[kind.group] ? `${found[kind.group]} ` : ''}${kind.plural}`
  assert.deepEqual(found, expected)
  assert.deepEqual(Object.keys(found), Object.keys(expected))
  assert.equal(kinds.length, 67)
})

test('names every resource once, short names included', () => {
  const names = kinds.flatMap(
    ({ group, plural, shortNames = [] }) => [`${plural}.${group}`, ...shortNames.map((name) => `${name}.${group}`)],
  )
  assert.deepEqual(names.filter((name, index) => names.indexOf(name) < index), [])
})

for (const kind of kinds) {
  const name = `${kind.kind}${kind.group === '' ? '' : `.${kind.group}`}`

  test(`${name} has a schema for every version, and stores one of them`, () => {
    for (const { version, schema } of kind.versions) {
      assert.equal(schemas.kind(kind.group, version, kind.kind)?.name, schema)
    }
    assert.equal(kind.versions.filter(({ stored }) => stored).length, 1)
    assert.ok(kind.preferredVersion.served)
  })

  test(`${name} ${withoutColumns.has(kind.kind) ? 'has no columns' : 'has columns with names of their own'}`, () => {
    const columns = (kind.columns ?? []).map((column: { readonly name: string }) => column.name)
    assert.equal(columns.length === 0, withoutColumns.has(kind.kind))
    assert.equal(new Set(columns).size, columns.length)
  })

  if (kind.validate || kind.validateUpdate || kind.setDefaults) {
    test(`${name} has a table of examples`, () => {
      const group = kind.group.split('.')[0] || 'core'
      const folder = kind.kind.toLowerCase()
      assert.ok(existsSync(join(import.meta.dirname, group, folder, `${folder}.test.ts`)), `${group}/${folder}`)
    })
  }
}
