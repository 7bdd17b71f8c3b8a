import { setTimeout as delay } from 'node:timers/promises'
import MailComposer from 'nodemailer/lib/mail-composer'
import SmtpConnection from 'nodemailer/lib/smtp-connection'
import type { MailConfig } from '../config.ts'

export type Mail = {
  to: readonly string[]
  subject: string
  text: string
  html: string
  /** By which mail programs recognize a mail that was sent twice. Without the domain. */
  id: string
  /** What mails about the same thing have in common: mail programs show them as a conversation. */
  thread?: string
}

/**
 * Hands a mail to the configured server, which sends it on. Returns the response of the server, with the recipients
 * that it refuses if there are others that it accepts: the mail cannot be sent to these once more.
 */
export async function sendMail(config: MailConfig, mail: Mail, signal: AbortSignal): Promise<string> {
  const { from } = config
  const message = await compose(config, mail)
  signal.throwIfAborted()
  const connection = connectionTo(config)
  const ended = new Promise<void>((resolve) => connection.once('end', () => resolve()))
  try {
    return await converse(connection, config, { envelope: { from: from.address, to: [...mail.to] }, message, signal })
  } finally {
    // Servers log a client that goes without QUIT as a fault.
    if (!signal.aborted) {
      connection.quit()
      await Promise.race([ended, delay(QUIT_TIMEOUT_MS, undefined, { ref: false })])
    }
    connection.close()
  }
}

/** The mail is sent, or refused, by then: the response to QUIT is not worth a longer wait. */
const QUIT_TIMEOUT_MS = 1000

function compose({ from }: MailConfig, { to, subject, text, html, id, thread }: Mail): Promise<Buffer> {
  const domain = from.address.split('@').at(-1)
  const composer = new MailComposer({
    ...{ from, to: [...to], subject, text, html, messageId: `<${id}@${domain}>` },
    ...(thread === undefined ? {} : { references: `<${thread}@${domain}>` }),
    // Nobody's holiday notice replies to it.
    headers: { 'Auto-Submitted': 'auto-generated' },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  })
  return composer.compile().build()
}

function connectionTo({ host, port, implicit_tls, starttls }: MailConfig): SmtpConnection {
  return new SmtpConnection({
    ...{ host, port, secure: implicit_tls, requireTLS: starttls === 'required', ignoreTLS: starttls === 'never' },
    socketCloseTimeout: 0,
  })
}

type Message = { envelope: { from: string; to: string[] }; message: Buffer; signal: AbortSignal }

/** The connection must not be used afterwards. */
function converse(connection: SmtpConnection, { auth }: MailConfig, { envelope, message, signal }: Message) {
  return new Promise<string>((resolve, reject) => {
    const giveUp = () => reject(signal.reason)
    signal.addEventListener('abort', giveUp, { once: true })
    connection.on('error', reject)
    connection.once('end', () => reject(new Error('the mail server closed the connection')))
    const send = () =>
      connection.send(envelope, message, (error, info) => {
        if (error || !info) return reject(error ?? new Error('the mail server gave no response'))
        const refused = (info.rejectedErrors ?? []).map(({ recipient, message: why }) => `${recipient}: ${why}`)
        resolve([info.response, ...refused].join('; '))
      })
    connection.connect((error?: Error | null) => {
      if (error) return reject(error)
      if (!auth) return send()
      connection.login(auth, (failed) => (failed ? reject(failed) : send()))
    })
  })
}
