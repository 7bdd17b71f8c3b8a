import { isIPv6 } from 'node:net'

/** The address that guesses are counted by: in IPv6 the first half, because one customer has 2^64 addresses. */
export function networkOf(text: string): string {
  const address = withoutPort(text)
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=\d+\.)/i, '')
  if (!isIPv6(address)) return address
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const [first, last] = [groups(head), groups(tail)]
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => '0')
  return `${[...first, ...zeros, ...last].slice(0, 4).join(':')}::/64`
}

const groups = (text: string): string[] => text.split(':').filter((group) => group !== '')

/** Some proxies add the port of the client, which differs for each connection. */
const withoutPort = (address: string): string =>
  address.replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1').replace(/^\[(.+)\](?::\d+)?$/, '$1')
