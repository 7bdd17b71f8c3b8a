import { BlockList, isIP } from 'node:net'

// Where requests to addresses that users enter may go: not to the server's own machine or network.

const NOT_PUBLIC = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4'],
  // Within the global unicast addresses: special purposes with Teredo, documentation, 6to4.
  ...['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'],
]
/** Global unicast. All others are local, mapped or translated addresses of IPv4, or have no host. */
const PUBLIC_V6 = ['2000::/3']

const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
}

const refused = listOf(NOT_PUBLIC)
const publicV6 = listOf(PUBLIC_V6)

/** Whether a request may be sent to an IP address. */
export type AddressRule = (address: string) => boolean

/** Public addresses, and those in `allowed`: addresses, ranges, or names of ranges as in MUSTER_WEBHOOK_ALLOW. */
export function addressRule(allowed: readonly string[]): AddressRule {
  const exceptions = listOf(allowed.flatMap((one) => NAMED[one] ?? [one]))
  return (address) => {
    const [plain = ''] = address.split('%')
    const family = isIP(plain) === 4 ? 'ipv4' : 'ipv6'
    if (isIP(plain) === 0) return false
    if (exceptions.check(plain, family)) return true
    return !refused.check(plain, family) && (family === 'ipv4' || publicV6.check(plain, family))
  }
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', bits] = range.split('/')
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return list
}

/** The IP address that a URL names instead of a host; undefined: it names a host. */
export function addressIn(url: string): string | undefined {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  return isIP(host) === 0 ? undefined : host
}
