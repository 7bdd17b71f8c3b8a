import { isIPv6 } from 'node:net'

/** Whom an address stands for: itself, or in IPv6, where one customer has 2^64 of them, its first half. */
export function networkOf(given: string): string {
  const address = withoutPort(given)
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=\d+\.)/i, '')
  if (!isIPv6(address)) return address
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const [first, last] = [groups(head), groups(tail)]
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => '0')
  return `${[...first, ...zeros, ...last].slice(0, 4).join(':')}::/64`
}

const groups = (text: string): string[] => text.split(':').filter((group) => group !== '')

/** Some proxies name the port of their client beside its address: each connection has another. */
const withoutPort = (given: string): string =>
  given.replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1').replace(/^\[(.+)\](?::\d+)?$/, '$1')
