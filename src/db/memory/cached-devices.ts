import { totalmem } from 'node:os'

/** What the caches take of a device, if it polls and reports its inventory. */
const BYTES_PER_DEVICE = 600
/** Of the memory of the machine, or of the container. */
const SHARE = 1 / 4
const AT_LEAST = 500_000

const total_bytes = Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem())

/** For how many devices the caches of a process have room; memory is allocated as they fill. 10,000,000 in 24 GB. */
export const CACHED_DEVICES = Math.max(AT_LEAST, Math.floor((total_bytes * SHARE) / BYTES_PER_DEVICE))
