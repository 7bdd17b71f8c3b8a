import { expect, test } from 'vitest'
import { mailOf } from '../src/webhooks/event-mail.ts'
import { textOf } from '../src/webhooks/event-text.ts'
import { slackBodyOf } from '../src/webhooks/slack.ts'
import { EVENT_TYPES } from '../src/webhooks/webhook-event.ts'

const EUROPE = { id: '7', name: 'europe', artifact_name: 'release-2' }
const by = { id: '1', email: 'ada@example.com' }
const linesOf = (type: string, data: object) => {
  const { title, details } = textOf({ type, data })
  return [title, ...details]
}

test.each([
  [
    'deployment-tripped',
    {
      ...{ trip: { code: 'max_failures', action: 'pause' }, message: '5 of 40 devices failed (13 %).' },
      statistics: { pending: 37, failure: 5 },
    },
    [
      'Deployment europe was paused by the failure policy',
      '5 of 40 devices failed (13 %).',
      '37 devices have not started, and keep the old release.',
    ],
  ],
  [
    'deployment-tripped',
    { trip: { code: 'verdict_failed', action: 'rollback', program: 'grafana' }, statistics: { pending: 0 } },
    ['Deployment europe was aborted and rolled back after the verdict of grafana'],
  ],
  [
    'deployment-paused',
    { by, reason: 'lunch', statistics: { pending: 1 } },
    [
      'Deployment europe was paused by ada@example.com',
      'Reason: lunch',
      '1 device has not started, and keeps the old release.',
    ],
  ],
  ['deployment-resumed', { by }, ['Deployment europe was resumed by ada@example.com']],
  [
    'deployment-gate-waiting',
    { phase: { id: 'p', number: 1 }, message: 'Phase 2 opens when a user approves phase 1.' },
    ['Deployment europe waits for an approval of phase 1', 'Phase 2 opens when a user approves phase 1.'],
  ],
  ['deployment-gate-waiting', { phase: { number: 1 } }, ['Deployment europe waits for an approval of phase 1']],
  ['deployment-phase-opened', { phase: { number: 2 } }, ['Deployment europe: phase 2 has opened']],
  [
    'deployment-finished',
    { aborted: false, statistics: { success: 1200, failure: 3, pending: 0 } },
    ['Deployment europe has finished', 'Devices: 1,200 updated, 3 failed.'],
  ],
  ['deployment-finished', { aborted: true, statistics: {} }, ['Deployment europe was aborted']],
  ['deployment-rolled-back', { by: { id: 'failure-policy' } }, ['Deployment europe was rolled back']],
  [
    'deployment-created',
    { by, rollback_of: '6' },
    ['Deployment europe was created by ada@example.com', 'It installs release-2, and rolls another deployment back.'],
  ],
  [
    'deployment-device-failed',
    { device_id: 'd', cause: 'failure', attempts: 3 },
    ['Deployment europe: device d failed', 'It reported a failure at attempt 3.'],
  ],
  [
    'deployment-device-failed',
    { device_id: 'd', cause: 'timed_out', attempts: 1 },
    ['Deployment europe: device d failed', 'It did not end in time.'],
  ],
] as [string, object, string[]][])('%s is described: %j', (type, data, lines) => {
  expect(linesOf(type, { ...EUROPE, ...data })).toEqual(lines)
  expect(textOf({ type, data: EUROPE }).path).toBe('/deployments/7')
})

test('devices are described by their IDs, and accepted ones by their identity', () => {
  const auth_sets = [{ identity_data: { mac: '00:11', sku: 7 } }]
  expect(textOf({ type: 'device-provisioned', data: { id: 'd', auth_sets } })).toEqual({
    ...{ title: 'Device d was accepted', details: ['mac: 00:11, sku: 7'], path: '/devices/d' },
  })
  expect(linesOf('device-status-changed', { id: 'd', status: 'rejected' })).toEqual(['Device d is rejected'])
  expect(textOf({ type: 'device-decommissioned', data: { id: 'd' } }).path).toBe('/devices')
})

test('every type has a text, whatever its data is, and so have unknown ones', () => {
  for (const type of [...EVENT_TYPES, 'device-flew', 'deployment-flew']) {
    const { title, path } = textOf({ type, data: {} })
    expect([title, path]).toEqual([expect.stringMatching(/^\S/), expect.stringMatching(/^\//)])
  }
})

const event = (name: string) => ({
  ...{ id: 'e1', type: 'deployment-resumed', time: '2030-01-01T00:00:00.000Z', data: { ...EUROPE, name } },
})

test('a text for Slack has a link, and names cannot be links, mentions or lines of their own', () => {
  const textFor = (name: string) => JSON.parse(slackBodyOf(event(name), 'https://m.example.com/muster')).text
  expect(textFor('europe')).toBe(
    'Deployment europe was resumed\n<https://m.example.com/muster/deployments/7|Open in Muster>',
  )
  expect(textFor('<!channel> & <https://evil.example|x>').split('\n')[0]).toBe(
    'Deployment &lt;!channel&gt; &amp; &lt;https://evil.example|x&gt; was resumed',
  )
  expect(textFor('@all\nand @here, not a@b').split('\n')).toEqual([
    'Deployment @\u200ball and @\u200bhere, not a@b was resumed',
    expect.stringContaining('Open in Muster'),
  ])
  expect(textFor('x'.repeat(5000)).split('\n')[0]).toMatch(/^Deployment x{988}…$/)
  expect(JSON.parse(slackBodyOf(event('europe'), undefined))).toEqual({ text: 'Deployment europe was resumed' })
})

test('a mail has the same ID at each attempt, one thread for a deployment, and no HTML of names', () => {
  const options = {
    ...{ to: ['ops@example.com'], public_url: 'https://m.example.com', integration_id: 'i', subject: 'deployment:7' },
  }
  const mail = mailOf(event('<b>&"europe"'), options)
  expect(mail).toMatchObject({
    ...{ to: ['ops@example.com'], id: 'e1.i', thread: 'deployment-7.i' },
    subject: 'Deployment <b>&"europe" was resumed',
  })
  expect(mail.text).toBe(
    'Deployment <b>&"europe" was resumed.\n\nOpen in Muster: https://m.example.com/deployments/7\n\n-- \nAn administrator of Muster has this sent to you: https://m.example.com/settings/webhooks\n',
  )
  expect(mail.html).toContain('<p>Deployment &lt;b&gt;&amp;&quot;europe&quot; was resumed.</p>')
  expect(mail.html).toContain('<a href="https://m.example.com/deployments/7">Open in Muster</a>')
})
