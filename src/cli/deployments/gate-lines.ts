import type { Deployment } from '../../client/api.ts'
import { gateDecisionTexts, gateLabel, gateProgressTexts, gateStyle } from '../../texts/gates.ts'
import { counted } from '../../texts/numbers.ts'
import { printable } from '../remote/print.ts'
import { styled, terminalStyleOf } from '../style.ts'

type Phase = NonNullable<Deployment['phases']>[number]

/** The named devices and the gates of phases: what a gate asks for, how far it is, and who has decided what. */
export const gateLines = ({ phases = [], status }: Pick<Deployment, 'phases' | 'status'>, now: number): string[] =>
  phases.flatMap((phase, i) => linesOf(phase, i + 1, { now, isOver: status === 'finished' }))

function linesOf(phase: Phase, number: number, { now, isOver }: { now: number; isOver: boolean }): string[] {
  const { gate, progress } = phase
  const heading = [namedText(phase), gate && `gate ${gateLabel(gate)}`].filter((text) => text !== undefined)
  if (heading.length === 0) return []
  const style = progress && gateStyle(progress, isOver)
  const state = style ? `: ${styled(terminalStyleOf(style), style.label)}` : ''
  const numbers = gate && progress ? gateProgressTexts(gate, progress, { now, timeZone: 'UTC' }).join(' · ') : ''
  const decisions = progress ? gateDecisionTexts(progress) : []
  const details = [numbers, ...decisions].filter((text) => text !== '')
  return [
    `  Phase ${number}  ${printable(heading.join(', '))}${state}`,
    ...details.map((text) => `           ${printable(text)}`),
  ]
}

function namedText({ device_ids, filter }: Phase): string | undefined {
  if (filter) return `devices matching "${filter.name}"`
  return device_ids && counted(device_ids.length, 'named device')
}
