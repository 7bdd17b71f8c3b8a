import type { Deployment } from '../../client/api.ts'
import { ServerError } from '../../client/server-error.ts'
import { counted } from '../../texts/numbers.ts'
import type { Server } from '../remote/server.ts'
import { DEPLOYMENT } from './paths.ts'

type Phases = NonNullable<Deployment['phases']>
type Found = { number: number; path: { id: string; phase_id: string } }

/** A phase of a deployment by its number from 1 or its ID. Without either: the only one that waits for approval. */
export async function findPhase(server: Server, id: string, key: string | undefined): Promise<Found> {
  const { phases = [] } = (await server.get(DEPLOYMENT, { path: { id } })).body
  const index = key === undefined ? waitingIndex(phases, id) : phases.findIndex((phase, i) => isNamed(phase, i, key))
  const phase = phases[index]
  if (!phase) throw notFound(`The deployment has no phase "${key}": it has ${counted(phases.length, 'phase')}.`)
  return { number: index + 1, path: { id, phase_id: phase.id } }
}

const isNamed = ({ id }: Phases[number], index: number, key: string): boolean => id === key || String(index + 1) === key

function waitingIndex(phases: Phases, id: string): number {
  const waiting = phases.flatMap(({ progress }, i) => (progress?.state === 'awaiting_approval' ? [i] : []))
  const [first] = waiting
  if (first === undefined)
    throw notFound(`No phase of the deployment waits for approval. Run "muster deployments show ${id}" for its gates.`)
  if (waiting.length > 1)
    throw notFound(`Several phases wait for approval: name one of ${waiting.map((i) => i + 1).join(', ')}.`)
  return first
}

const notFound = (sentence: string) => new ServerError(sentence, { status: 404 })
