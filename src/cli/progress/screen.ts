import type { Deployment } from '../../client/api.ts'
import { waitingText } from '../deployments/state.ts'
import { printable } from '../remote/print.ts'
import { progressLine, progressLines } from './render.ts'

/** Called with every new state of a deployment; `last` marks the final one. */
export type Screen = (deployment: Deployment, options: { last: boolean }) => void

const LINE_INTERVAL_MS = 1000

/** Redraws in place on a terminal; elsewhere prints at most one line per second. */
export const openScreen = (): Screen => (process.stdout.isTTY ? terminal() : plain())

function terminal(): Screen {
  let drawn = 0
  return (deployment) => {
    const waiting = waitingText(deployment)
    const lines = [...progressLines(deployment, Date.now()), ...(waiting ? [`  ${printable(waiting)}`] : [])]
    process.stdout.write(`${drawn > 0 ? `\x1b[${drawn}A` : ''}\x1b[0J${lines.join('\n')}\n`)
    drawn = lines.length
  }
}

function plain(): Screen {
  let printed = ''
  let printed_at = 0
  return (deployment, { last }) => {
    const waiting = waitingText(deployment)
    const line = [progressLine(deployment, Date.now()), ...(waiting ? [printable(waiting)] : [])].join('; ')
    if (line === printed || (!last && Date.now() - printed_at < LINE_INTERVAL_MS)) return
    console.log(`  ${line}`)
    printed = line
    printed_at = Date.now()
  }
}
