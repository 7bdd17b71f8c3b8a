import { createHmac, timingSafeEqual } from 'node:crypto'
import { perObject } from '../db/memory/per-object.ts'
import type { Env } from '../env.ts'

/** The signature of what a download link stands for, until when it is valid included. */
export const signatureOf = (env: Env, text: string): string => sign(env, text).toString('base64url')

export function isSignatureValid(env: Env, text: string, signature: string): boolean {
  const expected = sign(env, text)
  const given = Buffer.from(signature, 'base64url')
  return given.length === expected.length && timingSafeEqual(given, expected)
}

const sign = (env: Env, text: string): Buffer => createHmac('sha256', keyOf(env.secret)).update(text).digest()

const keyOf = perObject((secret: Buffer) => createHmac('sha256', secret).update('artifact link').digest())
