import { createHash } from 'node:crypto'

/** Hexadecimal digits of a rank: 52 bits, which a number holds exactly. */
export const RANK_DIGITS = 13

/**
 * The place of a device in the random order of a deployment: a hash of both, so that every process computes the same
 * rank and the ranks of two deployments are independent. PostgreSQL computes the same in `rankSql`.
 */
export const rankOf = (deployment_id: string, device_id: string): number =>
  Number.parseInt(createHash('sha256').update(`${deployment_id}/${device_id}`).digest('hex').slice(0, RANK_DIGITS), 16)
