/** Table: ServiceCIDRs in → faults out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { serviceCidr } from './servicecidr.ts'

const rows: readonly Row[] = [
  {
    it: 'has a range per family',
    object: { metadata: { name: 'a' }, spec: { cidrs: ['10.0.0.0/16', '2001:db8::/112'] } },
  },
  {
    it: 'has a range',
    object: { metadata: { name: 'a' } },
    errors: ['spec.cidrs: Required value: at least one CIDR required'],
  },
  {
    it: 'names the network', object: { metadata: { name: 'a' }, spec: { cidrs: ['10.0.0.1/16'] } },
    errors: ['spec.cidrs[0]: Invalid value: "10.0.0.1/16": must not have bits set beyond the prefix length'],
  },
  {
    it: 'gets a second family',
    old: { spec: { cidrs: ['10.0.0.0/16'] } },
    object: { spec: { cidrs: ['10.0.0.0/16', '2001:db8::/112'] } },
  },
  {
    it: 'keeps its range',
    old: { spec: { cidrs: ['10.0.0.0/16'] } },
    object: { spec: { cidrs: ['10.1.0.0/16'] } },
    errors: ['spec.cidrs[0]: Invalid value: "10.1.0.0/16": field is immutable'],
  },
  {
    it: 'has one range of each family', object: { metadata: { name: 'a' }, spec: { cidrs: ['10.0.0.0/8', '11.0.0.0/8'] } },
    errors: ['spec.cidrs: Invalid value: {"cidrs":["10.0.0.0/8","11.0.0.0/8"]}: ' +
      'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'],
  },
  {
    it: 'keeps each range', old: { spec: { cidrs: ['10.0.0.0/8'] } },
    object: { spec: { cidrs: ['11.0.0.0/8', '2001:db8::/64'] } },
    errors: ['spec.cidrs[0]: Invalid value: "11.0.0.0/8": field is immutable'],
  },
  {
    it: 'gives nothing up', old: { spec: { cidrs: ['10.0.0.0/8', '2001:db8::/64'] } },
    object: { spec: { cidrs: ['10.0.0.0/8'] } },
    errors: ['spec.cidrs: Invalid value: ["10.0.0.0/8"]: field is immutable'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(serviceCidr, row), expectedOf(row)))
