import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'

export type ReceivedMail = { from: string; to: string[]; headers: Record<string, string>; text: string; html: string }

type Options = {
  /** Recipients that are refused. */
  refused?: readonly string[]
  /** Who may send mail; undefined: everybody. */
  login?: { user: string; pass: string }
  /** Offers TLS, with a certificate of its own. */
  offers_tls?: boolean
  /** Is awaited before a mail is accepted. An error refuses it. */
  accept?: () => Promise<void>
}

/** A mail server on this machine, which keeps what it is sent. */
export async function startMailServer(options: Options = {}) {
  const { refused = [], login, offers_tls = false, accept = async () => {} } = options
  const mails: ReceivedMail[] = []
  const logins: string[] = []
  const server = new SMTPServer({
    ...{ authOptional: login === undefined, hideSTARTTLS: !offers_tls, allowInsecureAuth: true, logger: false },
    onAuth: ({ username, password }, _session, done) => {
      logins.push(username ?? '')
      if (username === login?.user && password === login?.pass) done(null, { user: username })
      else done(new Error('wrong password'))
    },
    onRcptTo: ({ address }, _session, done) =>
      refused.includes(address) ? done(Object.assign(new Error('no such mailbox'), { responseCode: 550 })) : done(),
    onData: (stream, { envelope }, done) => {
      text(stream)
        .then(async (source) => {
          await accept()
          const from = envelope.mailFrom ? envelope.mailFrom.address : ''
          mails.push({ from, to: envelope.rcptTo.map(({ address }) => address), ...parse(source) })
          server.emit('mail')
          done(null, 'kept')
        })
        .catch((error) => done(Object.assign(error, { responseCode: 451 })))
    },
  })
  let quits = 0
  server.server.on('connection', (socket: Socket) =>
    socket.on('data', (bytes) => {
      if (bytes.toString('latin1') === 'QUIT\r\n') quits++
    }),
  )
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  const credentials = login ? `${login.user}:${login.pass}@` : ''
  return {
    mails,
    logins,
    /** How many clients said that they leave. */
    quits: () => quits,
    url: `smtp://${credentials}127.0.0.1:${port}`,
    /** Waits until this many mails are there. */
    until: async (count: number): Promise<ReceivedMail[]> => {
      while (mails.length < count) await once(server, 'mail')
      return mails
    },
    [Symbol.asyncDispose]: () => new Promise<void>((closed) => server.close(() => closed())),
  }
}

/** The environment of a server that sends its mails there. */
export const mailSettings = ({ url }: { url: string }) => ({
  MUSTER_SMTP_URL: url,
  MUSTER_SMTP_FROM: 'Muster <muster@example.com>',
  MUSTER_PUBLIC_URL: 'https://muster.example.com',
})

/** A message of two alternatives, as the server writes them. */
function parse(source: string): Pick<ReceivedMail, 'headers' | 'text' | 'html'> {
  const [head = '', ...rest] = source.split('\r\n\r\n')
  const headers = headersIn(head)
  const boundary = /boundary="([^"]+)"/.exec(headers['content-type'] ?? '')?.[1] ?? ''
  const parts = rest.join('\r\n\r\n').split(`--${boundary}`)
  const bodyOf = (type: string) =>
    decoded(parts.find((part) => part.toLowerCase().includes(`content-type: ${type}`)) ?? '')
  return { headers, text: bodyOf('text/plain'), html: bodyOf('text/html') }
}

function headersIn(head: string): Record<string, string> {
  const lines = head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n')
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
}

function decoded(part: string): string {
  const [head = '', ...rest] = part.trim().split('\r\n\r\n')
  const body = rest.join('\n\n').replaceAll('\r\n', '\n')
  if (/base64/i.test(headersIn(head)['content-transfer-encoding'] ?? '')) return Buffer.from(body, 'base64').toString()
  if (!/quoted-printable/i.test(headersIn(head)['content-transfer-encoding'] ?? '')) return body
  const bytes = body
    .replaceAll(/=\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
