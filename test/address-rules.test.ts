import { expect, test } from 'vitest'
import { addressIn, addressRule } from '../src/outgoing/address-rules.ts'

const LOCAL = [
  ...['127.0.0.1', '127.255.0.9', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1'],
  ...['169.254.169.254', '192.0.0.8', '192.0.2.1', '198.18.0.1', '198.51.100.7', '203.0.113.5', '224.0.0.1'],
  ...['240.0.0.1', '255.255.255.255'],
  ...[
    '::1',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'fc00::1',
    'fd12:3456::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
  ],
  ...['64:ff9b::7f00:1', '2001:db8::1', '2001::1', '2002:7f00:1::', '::127.0.0.1', 'fec0::1'],
]
const PUBLIC = ['8.8.8.8', '172.15.0.1', '172.32.0.1', '192.167.0.1', '100.63.0.1', '100.128.0.1', '2606:4700::1111']

test('only public addresses are allowed by default', () => {
  const isAllowed = addressRule([])
  expect(LOCAL.filter(isAllowed)).toEqual([])
  expect(PUBLIC.filter((address) => !isAllowed(address))).toEqual([])
  for (const text of ['', 'localhost', '8.8.8', '8.8.8.8.8', '0x7f.1'])
    expect([text, isAllowed(text)]).toEqual([text, false])
})

test('addresses, ranges and names of ranges add to them', () => {
  expect(LOCAL.filter(addressRule(['10.1.2.3', '192.168.0.0/16', 'fd00::/8']))).toEqual([
    ...['10.1.2.3', '192.168.1.1', 'fd12:3456::1'],
  ])
  expect(LOCAL.filter(addressRule(['loopback']))).toEqual(['127.0.0.1', '127.255.0.9', '::1', '::ffff:127.0.0.1'])
  expect(LOCAL.filter(addressRule(['linklocal']))).toEqual(['169.254.169.254', 'fe80::1', 'fe80::1%eth0'])
  expect(PUBLIC.filter(addressRule(['loopback']))).toEqual(PUBLIC)
})

test('an address is recognized in a URL in every form that leads to it', () => {
  for (const url of [
    'http://127.0.0.1/',
    'http://0x7f.1',
    'http://2130706433',
    'https://127.1:8443/x',
    'http://127.0.0.1./',
  ])
    expect([url, addressIn(url)]).toEqual([url, '127.0.0.1'])
  expect(addressIn('http://[::1]:80/')).toBe('::1')
  expect(addressIn('http://[::ffff:127.0.0.1]/')).toBe('::ffff:7f00:1')
  expect(addressIn('http://localhost/')).toBeUndefined()
})
