import { type Attempt, STARTED_OVER } from './lifecycle.ts'

export type AttemptSoFar = Pick<Attempt, 'status' | 'substate' | 'attempts' | 'concluded_by_server'>

/** How far a device is in a deployment, as a sentence. */
export const attemptText = ({ status, substate, attempts, concluded_by_server }: AttemptSoFar): string =>
  concluded_by_server && substate === STARTED_OVER
    ? `The device started over in the middle of installing, at attempt ${attempts}, the last: it has failed, unless it still reports another end.`
    : `The device was counted in and is ${status}, at attempt ${attempts}.`
