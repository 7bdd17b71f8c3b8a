import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { type AddressRule, addressIn } from './address-rules.ts'

/** `allowed_by`: the setting that names the exceptions. */
export type AllowedAddresses = { isAllowed: AddressRule; allowed_by: string }

const notAllowed = ({ allowed_by }: AllowedAddresses) =>
  new Error(`the address is private, or otherwise not public: ${allowed_by} does not have it`)

/** Rejects a URL that names an address to which no connection is allowed; a name is resolved by `lookupAllowed`. */
export function requireAllowed(url: string, addresses: AllowedAddresses): void {
  const literal = addressIn(url)
  if (literal !== undefined && !addresses.isAllowed(literal)) throw notAllowed(addresses)
}

/** As `dns.lookup`, without the addresses that are not allowed. */
export const lookupAllowed =
  (addresses: AllowedAddresses): LookupFunction =>
  (host, options, callback) => {
    addressesOf(host).then(
      (found) => {
        const allowed = found.filter(({ address }) => addresses.isAllowed(address))
        const [first] = allowed
        if (!first) return callback(notAllowed(addresses), [])
        return options.all ? callback(null, allowed) : callback(null, first.address, first.family)
      },
      (error) => callback(error, []),
    )
  }

const lookingUp = new Map<string, Promise<LookupAddress[]>>()

/**
 * Requests that are sent at the same time share a look-up: it occupies a thread, and a process looks up few names at a
 * time. So a name whose servers do not respond occupies one thread only.
 */
function addressesOf(host: string): Promise<LookupAddress[]> {
  const found = lookingUp.get(host) ?? lookup(host, { all: true }).finally(() => lookingUp.delete(host))
  lookingUp.set(host, found)
  return found
}
