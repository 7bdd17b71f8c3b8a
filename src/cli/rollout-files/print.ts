import { counted } from '../../texts/numbers.ts'
import { previewText } from '../deployments/preview.ts'
import { printable } from '../remote/print.ts'
import { type Style, styled } from '../style.ts'
import type { MemberChange, Step } from './step.ts'

const SIGNS = { create: '+', change: '~', unchanged: '=' } as const
const STYLES: Readonly<Record<Step['action'], Style>> = { create: 'green', change: 'yellow', unchanged: 'gray' }
const WOULD = { create: 'would be created', change: 'would be changed', unchanged: 'unchanged' } as const
const DID = { create: 'created', change: 'changed', unchanged: 'unchanged' } as const
const INDENT = '    '

/** What would happen. */
export const plannedText = (step: Step): string =>
  [
    headOf(step, WOULD[step.action]),
    ...detailsOf(step),
    ...(step.preview ? [indented(previewText(step.preview))] : []),
  ].join('\n')

/** What has happened. */
export const doneText = (step: Step): string => [headOf(step, DID[step.action]), ...detailsOf(step)].join('\n')

function headOf({ kind, name, action, device_count, id }: Step, what: string): string {
  const matching =
    device_count === undefined
      ? ''
      : `; ${counted(device_count, 'accepted device')} ${device_count === 1 ? 'matches' : 'match'} now`
  const as = id !== undefined && kind === 'deployment' ? ` (${id})` : ''
  return styled(STYLES[action], printable(`${SIGNS[action]} ${kind} "${name}" ${what}${as}${matching}`))
}

function detailsOf({ action, changes, note }: Step): string[] {
  const lines = changes.map(
    (change) => INDENT + printable(action === 'create' ? additionText(change) : changeText(change)),
  )
  return [...lines, ...(note === undefined ? [] : [INDENT + printable(note)])]
}

const additionText = ({ member, after }: MemberChange) => `${member}: ${valueText(after)}`
const changeText = ({ member, before, after }: MemberChange) => `${member}: ${valueText(before)} -> ${valueText(after)}`

const valueText = (value: unknown): string => (value === undefined || value === null ? 'none' : JSON.stringify(value))

const indented = (text: string): string => text.replace(/^(?=.)/gm, INDENT)

type Summary = { create: number; change: number; unchanged: number }

export function summaryOf(steps: readonly Step[]): Summary {
  const count = (action: Step['action']) => steps.filter((step) => step.action === action).length
  return { create: count('create'), change: count('change'), unchanged: count('unchanged') }
}

export const plannedSummary = ({ create, change, unchanged }: Summary): string =>
  create + change === 0
    ? `Nothing to do: ${unchanged} unchanged.`
    : `Plan: ${create} to create, ${change} to change, ${unchanged} unchanged.`

export const doneSummary = ({ create, change, unchanged }: Summary): string =>
  create + change === 0
    ? `Nothing to do: ${unchanged} unchanged.`
    : `Done: ${create} created, ${change} changed, ${unchanged} unchanged.`

/** As JSON, for programs. */
export const jsonOf = (steps: readonly Step[]) => ({
  changes: steps.map(({ run, ...step }) => step),
  summary: summaryOf(steps),
})
