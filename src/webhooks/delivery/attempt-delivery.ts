import type { Env } from '../../env.ts'
import type { AddressRule } from '../../outgoing/address-rules.ts'
import { failureText } from '../../outgoing/failure-text.ts'
import { sendMail } from '../../outgoing/mail.ts'
import { post } from '../../outgoing/post.ts'
import { cut, toStorable } from '../../text.ts'
import { mailOf } from '../event-mail.ts'
import { headersOf } from '../signature.ts'
import { slackBodyOf } from '../slack.ts'
import { recipientsIn } from '../target.ts'
import { bodyOf } from '../webhook-event.ts'
import type { Stream } from './claim-streams.ts'
import type { Due, Outcome } from './move-stream.ts'

export type AttemptOptions = {
  isAllowed: AddressRule
  /** Ends attempts. */
  ending: AbortSignal
}

/** `error`: undefined if the target has accepted the event. */
type Answer = { status_code: number | null; response: string; error?: string }

const MAX_TEXT_LENGTH = 500

/** Sends one event to its integration, once, within the time that an attempt may take. */
export async function attemptDelivery(
  env: Env,
  { stream, due }: { stream: Stream; due: Due },
  { isAllowed, ending }: AttemptOptions,
): Promise<Outcome> {
  const { timeout_s } = env.config.webhooks
  const late = AbortSignal.timeout(timeout_s * 1000)
  const signal = AbortSignal.any([late, ending])
  const begun = performance.now()
  const took = () => Math.round(performance.now() - begun)
  try {
    const { error, ...answer } = await (due.format === 'email'
      ? mail(env, { stream, due }, signal)
      : request(env, due, { isAllowed, signal }))
    return { ...answer, kind: error === undefined ? 'delivered' : 'failed', error: error ?? null, took_ms: took() }
  } catch (error) {
    if (ending.aborted && !late.aborted) return { kind: 'interrupted' }
    const text = late.aborted
      ? `no response within ${timeout_s} s`
      : cut(toStorable(failureText(error as Error)), MAX_TEXT_LENGTH)
    return { kind: 'failed', status_code: null, error: text, response: '', took_ms: took() }
  }
}

async function request(
  env: Env,
  { url, secret, format, ...event }: Due,
  options: { isAllowed: AddressRule; signal: AbortSignal },
): Promise<Answer> {
  const body = format === 'slack' ? slackBodyOf(event, env.config.public_url) : bodyOf(event)
  const headers = headersOf(body, { secret, now: env.now() })
  const { status_code, body: response } = await post(url, { headers, body, ...options })
  if (status_code >= 200 && status_code < 300) return { status_code, response }
  return { status_code, response, error: `the target responded with ${status_code}` }
}

async function mail(env: Env, { stream, due }: { stream: Stream; due: Due }, signal: AbortSignal): Promise<Answer> {
  const { mail, public_url } = env.config
  const to = recipientsIn(due.url)
  // Of an integration that was created while it was set.
  if (!mail || public_url === undefined || !to)
    throw new Error('MUSTER_SMTP_URL is not set: the server sends no e-mail')
  const { subject, integration_id } = stream
  const response = await sendMail(mail, mailOf(due, { to, public_url, integration_id, subject }), signal)
  return { status_code: null, response: cut(toStorable(response), MAX_TEXT_LENGTH) }
}
