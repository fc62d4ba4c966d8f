/** Tests of addresses and blocks. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  addressAt,
  addressCount,
  cidrContains,
  formatCidr,
  formatIp,
  indexInCidr,
  ipFromBytes,
  ipToBytes,
  isLinkLocal,
  isLoopback,
  networkOf,
  parseCidr,
  parseIp,
  type Cidr,
  type IpAddress,
} from './ip.ts'

const ip = (text: string): IpAddress => parseIp(text) ?? assert.fail(`${text} is not an address`)
const cidr = (text: string): Cidr => parseCidr(text) ?? assert.fail(`${text} is not a block`)

test('addresses are parsed and formatted canonically', () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['10.0.0.1', '10.0.0.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['0.0.0.0', '0.0.0.0'],
    ['256.0.0.1', undefined],
    ['1.2.3', undefined],
    ['1.2.3.4.5', undefined],
    ['01.2.3.4', undefined],
    ['1.2.3.4 ', undefined],
    ['', undefined],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['FE80::1', 'fe80::1'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
    ['1:0:0:4:0:0:0:8', '1:0:0:4::8'],
    ['1:0:3:4:5:6:7:8', '1:0:3:4:5:6:7:8'],
    ['2001:db8::1.2.3.4', '2001:db8::102:304'],
    ['::ffff:1.2.3.4', '::ffff:1.2.3.4'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['1::2::3', undefined],
    ['1:2:3:4:5:6:7', undefined],
    ['1:2:3:4:5:6:7:8:9', undefined],
    ['::1:2:3:4:5:6:7:8', undefined],
    ['fe80::1%eth0', undefined],
    ['12345::', undefined],
    ['1.2.3.4::', undefined],
    [':1', undefined],
    ['1:', undefined],
    [':::', undefined],
  ]
  for (const [text, formatted] of cases) {
    const address = parseIp(text)
    assert.equal(address && formatIp(address), formatted, text)
  }
})

test('any address can be written and read back, as text and as bytes', () => {
  const anyIp = fc.oneof(
    fc.bigInt(0n, (1n << 32n) - 1n).map((value): IpAddress => ({ family: 4, value })),
    fc.bigInt(0n, (1n << 128n) - 1n).map((value): IpAddress => ({ family: 6, value })),
    fc.array(fc.constantFrom(0n, 0n, 1n, 0xffffn), { minLength: 8, maxLength: 8 }).map((groups): IpAddress => ({
      family: 6,
      value: groups.reduce<bigint>((value, group) => (value << 16n) | group, 0n),
    })),
  )
  fc.assert(fc.property(anyIp, (address) => {
    assert.deepEqual(parseIp(formatIp(address)), address)
    assert.deepEqual(ipFromBytes(ipToBytes(address)), address)
  }))
})

test('blocks know their addresses', () => {
  assert.equal(formatCidr(networkOf(cidr('10.1.2.3/16'))), '10.1.0.0/16')
  assert.equal(addressCount(cidr('10.0.0.0/24')), 256n)
  assert.equal(formatIp(addressAt(cidr('10.0.0.0/24'), 10)!), '10.0.0.10')
  assert.equal(addressAt(cidr('10.0.0.0/24'), 256), undefined)
  assert.equal(indexInCidr(cidr('10.0.0.0/24'), ip('10.0.0.10')), 10n)
  assert.equal(indexInCidr(cidr('10.0.0.0/24'), ip('10.0.1.10')), undefined)
  assert.equal(cidrContains(cidr('fd00::/8'), ip('fd12::1')), true)
  assert.equal(cidrContains(cidr('0.0.0.0/0'), ip('::1')), false)
  for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/01', '::/129', '/8']) {
    assert.equal(parseCidr(text), undefined, text)
  }
})

test('special addresses are recognised, also mapped into IPv6', () => {
  assert.ok(
    isLoopback(ip('127.0.0.53'))
      && isLoopback(ip('::1'))
      && isLoopback(ip('::ffff:127.0.0.1'))
      && !isLoopback(ip('10.0.0.1')),
  )
  assert.ok(
    isLinkLocal(ip('169.254.1.1'))
      && isLinkLocal(ip('fe80::1'))
      && isLinkLocal(ip('febf::'))
      && !isLinkLocal(ip('fec0::')),
  )
})
