import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { type Mail, sendMail } from '../src/outgoing/mail.ts'
import { mailSettings, startMailServer } from './support/mail-server.ts'

const mail: Mail = {
  ...{ to: ['ops@example.com'], subject: 'Gerät 7 – „kaputt“', id: '1.2', thread: 'deployment-1' },
  ...{ text: 'Hello,\nthe device “7” failed.\n', html: '<p>Hello</p>' },
}

const send = ({ url }: { url: string }, changes: Partial<Mail> = {}, timeout_ms = 60_000) =>
  sendMail(readConfig(mailSettings({ url })).mail!, { ...mail, ...changes }, AbortSignal.timeout(timeout_ms))

test('a mail arrives as text and as HTML, and nothing replies to it', async () => {
  await using server = await startMailServer()
  expect(await send(server)).toBe('250 kept')
  const [received] = server.mails
  expect(received).toMatchObject({ from: 'muster@example.com', to: ['ops@example.com'] })
  expect(received?.headers).toMatchObject({
    ...{ from: 'Muster <muster@example.com>', to: 'ops@example.com', 'message-id': '<1.2@example.com>' },
    ...{ references: '<deployment-1@example.com>', 'auto-submitted': 'auto-generated' },
  })
  expect(received?.headers.subject).toMatch(/^=\?UTF-8\?/)
  expect([received?.text.trim(), received?.html.trim()]).toEqual([mail.text.trim(), mail.html])
})

test('a line break in a subject does not begin another header', async () => {
  await using server = await startMailServer()
  await send(server, { subject: 'europe\r\nBcc: others@example.com\r\n\r\nbody' })
  expect(server.mails[0]?.to).toEqual(['ops@example.com'])
  expect(server.mails[0]?.headers).not.toHaveProperty('bcc')
})

test('recipients that the server refuses are named, if others get the mail; if none does, it fails', async () => {
  await using server = await startMailServer({ refused: ['gone@example.com'] })
  const response = await send(server, { to: ['ops@example.com', 'gone@example.com'] })
  expect(response).toMatch(/^250 kept; gone@example.com: .*550 no such mailbox/)
  expect(server.mails[0]?.to).toEqual(['ops@example.com'])
  await expect(send(server, { to: ['gone@example.com'] })).rejects.toThrow('550 no such mailbox')
})

test('the user and the password of the configuration are used', async () => {
  await using server = await startMailServer({ login: { user: 'muster', pass: 'secret' } })
  expect(await send(server)).toBe('250 kept')
  expect(server.quits()).toBe(1)
  const { url } = server
  await expect(send({ url: url.replace('secret', 'wrong') })).rejects.toThrow('535')
  await expect(send({ url: url.replace('muster:secret@', '') })).rejects.toThrow('530')
  expect([server.mails.length, server.quits()]).toEqual([1, 3])
})

test('a password is sent by TLS only, to a server with a valid certificate', async () => {
  for (const offers_tls of [false, true]) {
    await using server = await startMailServer({ login: { user: 'muster', pass: 'secret' }, offers_tls })
    const config = { ...readConfig(mailSettings(server)).mail!, starttls: 'required' } as const
    const sending = sendMail(config, mail, AbortSignal.timeout(60_000))
    await expect(sending).rejects.toThrow('certificate')
    expect(server.logins).toEqual([])
  }
  await using server = await startMailServer({ offers_tls: true })
  const config = { ...readConfig(mailSettings(server)).mail!, starttls: 'offered' } as const
  await expect(sendMail(config, mail, AbortSignal.timeout(60_000))).rejects.toThrow('certificate')
})

test('an attempt ends, whatever the server does', async () => {
  for (const [greeting, problem] of [
    ['', /timeout/i],
    ['220 hello\r\n', /timeout/i],
    ['nonsense\r\n', /greeting/i],
    ['554 go away\r\n', /554/],
  ] as const) {
    const server = createServer((socket) => {
      socket
        .on('error', () => {})
        .resume()
        .write(greeting)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`
    await expect(send({ url }, {}, 500)).rejects.toThrow(problem)
    server.close()
    await once(server, 'close')
  }
  await expect(send({ url: 'smtp://127.0.0.1:1' })).rejects.toThrow('ECONNREFUSED')
})

test('a server that stops before it accepts a mail is an error', async () => {
  await using server = await startMailServer({ accept: () => Promise.reject(new Error('the disk is full')) })
  await expect(send(server)).rejects.toThrow('451 the disk is full')
})
