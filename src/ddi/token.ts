import { createHash } from 'node:crypto'
import { Type } from 'typebox'

/** The bytes of a token that the server draws. */
export const TOKEN_BYTES = 32

const TEXT = { minLength: 16, maxLength: 256, pattern: '^[!-~]+$' }

/** A token that a user gives. */
export const GivenToken = Type.Optional(
  Type.String({
    ...TEXT,
    description: '16 to 256 printable ASCII characters without blanks; absent: the server draws a token',
  }),
)

export const Token = Type.String({ ...TEXT, description: 'The token; it is returned only once' })

/** The text of a drawn token. */
export const formatToken = (bytes: Buffer): string => bytes.toString('base64url')

/** What the server stores of a token. Tokens are random, so they need no salt. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex')
