import { readDateTime } from '../../deployments/date-time.ts'
import type { NewPhase } from '../../deployments/phases.ts'
import type { NewGate } from '../../deployments/rollout/gate.ts'
import { readDuration } from '../duration.ts'
import { takeCondition, wordsOf } from './gate-text.ts'

export const PHASE_HELP = `A phase is a part of the devices, the time from which it may open, and its gate:
  --phase '10%' --phase '30% at 2030-01-01T08:00Z' --phase 'rest in 2d'
  --phase 'filter lab: gate 100% soak 1d approval other_user' --phase '5% gate 95% soak 2h' --phase rest
The devices are a percentage of all, the "rest" (last phase only), "filter NAME" for those that match a saved filter, or
"devices ID,ID" for named ones; put a name with spaces in double quotes. "in" counts from now (90s, 30m, 2h, 1h30m, 7d);
"at" takes a time with Z or an offset such as +02:00. Only the first phase, and one after a gate, may omit the time.`

/** `filter`: name or ID of the saved filter whose devices the phase is for. */
export type GivenPhase = NewPhase & { filter?: string }

/** Parses a phase; throws an Error that says what is wrong with the text. */
export function readPhase(text: string, now: number): GivenPhase {
  const words = wordsOf(text.replace(/^(\s*\d{1,3})\s+%/, '$1%'))
  const devices = takeDevices(words)
  if (!devices) throw notPhase(text)
  let start_ts: string | undefined
  let gate: NewGate | undefined
  while (words.length > 0) {
    const [word, next = ''] = words
    if ((word === 'at' || word === 'in') && start_ts === undefined) {
      start_ts = word === 'in' ? after(next, now) : timeOf(next)
      words.splice(0, 2)
      continue
    }
    // Without the word, '5% 95%' would pass as a gate.
    if (word === 'gate') words.shift()
    else if (gate === undefined && /^\d/.test(word ?? '')) throw notPhase(text)
    gate ??= {}
    if (!takeCondition(words, gate)) throw notPhase(text)
  }
  return { ...devices, ...(start_ts === undefined ? {} : { start_ts }), ...(gate === undefined ? {} : { gate }) }
}

const notPhase = (text: string): Error =>
  new Error(`"${text}" is not a phase: use '10%', '30% at 2030-01-01T08:00Z', '5% gate 95% soak 2h' or 'rest in 2h'`)

function takeDevices(words: string[]): GivenPhase | undefined {
  const word = words.shift() ?? ''
  if (word === 'rest') return {}
  if (/^\d{1,3}%$/.test(word)) return { batch_size: Number(word.slice(0, -1)) }
  if (word !== 'filter' && word !== 'devices') return undefined
  const named = words.shift()
  if (named === undefined) return undefined
  return word === 'filter' ? { filter: named } : { device_ids: named.split(',').filter((id) => id !== '') }
}

function after(text: string, now: number): string {
  const ms = readDuration(text)
  const start = new Date(now + (ms ?? Number.NaN))
  if (Number.isNaN(start.getTime())) throw new Error(`"${text}" is not a duration: use 90s, 30m, 2h, 1h30m or 7d`)
  return start.toISOString()
}

function timeOf(text: string): string {
  try {
    return readDateTime('', text.replace(/(T\d\d:\d\d)(?=$|[Zz+-])/, '$1:00'))
  } catch {
    throw new Error(`"${text}" is not a time: use 2030-01-01T08:00Z, or with an offset 2030-01-01T08:00+02:00`)
  }
}
