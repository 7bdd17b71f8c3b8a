import type { NewGate } from '../../deployments/rollout/gate.ts'
import { readMinutes } from '../duration.ts'

export const GATE_HELP = `A gate is what the devices of a phase must show before the next phase opens, in any order:
  95%                    95 % of the devices of the phase have succeeded
  95% of 50 ended        the same of the devices that have ended, once 50 have; "95% of ended": once one has
  50 ended               50 devices have ended, with whatever result
  soak 2h                this has held for 2 hours (whole minutes: 30m, 2h, 1d)
  verdict grafana        the program grafana has reported "pass"; several: verdict grafana,sentry
  approval               a user has approved; "approval other_user": not the user who created the deployment`

const EXAMPLE = `'95%', '95% soak 2h' or 'soak 1d approval other_user'`

/** The words of a text, in which double quotes keep a word together and a comma or colon may end a word. */
export function wordsOf(text: string): string[] {
  const found = [...text.matchAll(/"([^"]*)"|[^\s"]+/g)].map(([word, quoted]) => quoted ?? word.replace(/[,:]$/, ''))
  return found.filter((word) => word !== '')
}

/** Parses the gate of an option; throws an Error that says what is wrong with the text. */
export function readGate(text: string): NewGate {
  const words = wordsOf(text)
  const gate: NewGate = {}
  if (words.length === 0) throw new Error(`A gate cannot be empty: use ${EXAMPLE}`)
  while (words.length > 0) if (!takeCondition(words, gate)) throw new Error(`"${text}" is not a gate: use ${EXAMPLE}`)
  return gate
}

/** Moves one condition from the front of `words` into `gate`; false if there is none. */
export function takeCondition(words: string[], gate: NewGate): boolean {
  const [word = '', next = ''] = words
  const percent = /^(\d{1,3})%$/.exec(word)?.[1]
  if (percent !== undefined) return takeShare(words, gate, Number(percent))
  if (/^\d{1,9}$/.test(word) && next === 'ended') return add(gate, { of: 'ended', min_ended: Number(word) }, words, 2)
  if (word === 'soak') return add(gate, { soak_minutes: soakOf(next) }, words, 2)
  if (word === 'verdict' || word === 'verdicts') {
    const verdicts = next.split(',').filter((name) => name !== '')
    if (verdicts.length === 0) throw new Error('The name of a program must follow "verdict"')
    return add(gate, { verdicts }, words, 2)
  }
  if (word !== 'approval') return false
  const is_named = next === 'required' || next === 'other_user'
  return add(gate, { approval: is_named ? next : 'required' }, words, is_named ? 2 : 1)
}

/** `95%`, `95% of ended` or `95% of 50 ended`. */
function takeShare(words: string[], gate: NewGate, success_percent: number): boolean {
  const [, of, count = '', ended] = words
  if (of !== 'of') return add(gate, { success_percent }, words, 1)
  if (count === 'ended') return add(gate, { success_percent, of: 'ended' }, words, 3)
  if (!/^\d{1,9}$/.test(count) || ended !== 'ended')
    throw new Error(`"of" must be followed by "ended" or "50 ended", as in '95% of 50 ended'`)
  return add(gate, { success_percent, of: 'ended', min_ended: Number(count) }, words, 4)
}

function add(gate: NewGate, members: NewGate, words: string[], taken: number): true {
  const twice = Object.keys(members).find((name) => name in gate)
  if (twice !== undefined) throw new Error(`"${words.slice(0, taken).join(' ')}": a gate has each condition only once`)
  words.splice(0, taken)
  Object.assign(gate, members)
  return true
}

function soakOf(text: string): number {
  const minutes = readMinutes(text)
  if (minutes === undefined) throw new Error(`"soak" must be followed by whole minutes, such as 30m, 2h or 1d`)
  return minutes
}
