import type { Deployment } from '../../deployments/deployment.ts'
import { progressLine, progressLines } from './picture.ts'

/** Shows a deployment again and again; `last`: as it is to stay. */
export type Screen = (deployment: Deployment, options: { last: boolean }) => void

const LINE_EVERY_MS = 1000

/** On a terminal redrawn in place; anywhere else, at most a line a second. */
export const openScreen = (): Screen => (process.stdout.isTTY ? terminal() : plain())

function terminal(): Screen {
  let drawn = 0
  return (deployment) => {
    const lines = progressLines(deployment, Date.now())
    process.stdout.write(`${drawn > 0 ? `\x1b[${drawn}A` : ''}\x1b[0J${lines.join('\n')}\n`)
    drawn = lines.length
  }
}

function plain(): Screen {
  let before = ''
  let shown = 0
  return (deployment, { last }) => {
    const line = progressLine(deployment, Date.now())
    if (line === before || (!last && Date.now() - shown < LINE_EVERY_MS)) return
    console.log(`  ${line}`)
    before = line
    shown = Date.now()
  }
}
