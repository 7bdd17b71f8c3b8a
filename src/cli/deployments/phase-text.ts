import { readDateTime } from '../../deployments/date-time.ts'
import type { NewPhase } from '../../deployments/phases.ts'
import { readDuration } from '../duration.ts'

export const PHASE_HELP = `A phase is a share of the devices and the time at which it opens:
  --phase '10%' --phase '30% at 2030-01-01T08:00Z' --phase 'rest in 2d'
"in" counts from now (90s, 30m, 2h, 1h30m, 7d); "at" takes a time with Z or an offset such as +02:00. Only the first
phase may omit the time, and only the last may be "rest".`

const PHASE = /^\s*(?:(\d{1,3})\s*%|rest)(?:\s+(at|in)\s+(\S+))?\s*$/

/** Parses a phase; throws an Error that says what is wrong with the text. */
export function readPhase(text: string, now: number): NewPhase {
  const found = PHASE.exec(text)
  if (!found) throw new Error(`"${text}" is not a phase: use '10%', '30% at 2030-01-01T08:00Z' or 'rest in 2h'`)
  const [, percent, word, time = ''] = found
  return {
    ...(percent === undefined ? {} : { batch_size: Number(percent) }),
    ...(word === undefined ? {} : { start_ts: word === 'in' ? after(time, now) : timeOf(time) }),
  }
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
