import { describe, expect, test } from 'vitest'
import { afterReport, areTwo, type Turns, traceOf } from '../src/inventory/attributes/machine-trace.ts'

const report = (values: Record<string, string>) =>
  traceOf(Object.entries(values).map(([name, value]) => ({ name, value })))
const A = { mac_eth0: 'aa', serial_number: '1', kernel: '6.1' }
const B = { mac_eth0: 'bb', serial_number: '2', kernel: '6.1' }
const WITH_DONGLE = { ...A, mac_usb0: 'cc' }

function areTwoAfter(...reports: Record<string, string>[]): boolean {
  let turns: Turns | undefined
  for (const one of reports) {
    const trace = report(one)
    if (trace) turns = afterReport(turns, trace)
  }
  return turns !== undefined && areTwo(turns)
}

describe('two machines under one identity', () => {
  test('are noticed once both have come back', () => {
    expect(areTwoAfter(A, B, A, B)).toBe(true)
    expect(areTwoAfter(A, A, B, B, B, A, B)).toBe(true)
  })

  test.each([
    ['one machine that reports again', [A, A, { ...A, kernel: '6.2' }, A]],
    ['a board that was exchanged, and put back', [A, B, A]],
    ['boards that are exchanged one after the other', [A, B, { ...A, mac_eth0: 'dd' }, { ...A, mac_eth0: 'ee' }]],
    ['a network interface that comes and goes', [A, WITH_DONGLE, A, WITH_DONGLE]],
    ['what does not identify a machine', [{ kernel: '1' }, { kernel: '2' }, { kernel: '1' }, { kernel: '2' }]],
    ['random addresses of a wireless interface', ['1', '2', '1', '2'].map((mac) => ({ mac_wlan0: mac }))],
  ])('are not %s', (_name, reports) => {
    expect(areTwoAfter(...(reports as Record<string, string>[]))).toBe(false)
  })
})
