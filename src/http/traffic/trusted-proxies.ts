import { BlockList, isIP } from 'node:net'

const NAMED: Record<string, string[]> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
}

export type Trusts = (address: string | undefined) => boolean

/** Whether an address is in MUSTER_TRUST_PROXY, a list of addresses, ranges, and names of ranges. */
export function trustsProxies(trusted: readonly string[]): Trusts {
  const list = new BlockList()
  for (const range of trusted.flatMap((one) => NAMED[one] ?? one)) {
    const [address = '', bits] = range.split('/')
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return (given = '') => {
    const address = given.replace(/%.*$/, '')
    return isIP(address) !== 0 && list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')
  }
}
