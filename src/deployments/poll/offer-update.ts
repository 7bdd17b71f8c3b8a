import type { DeviceActor } from '../../auth/actor.ts'
import type { Env } from '../../env.ts'
import type { Offer, PollRequest } from './evaluate-poll.ts'
import { findOffer } from './find-offer.ts'
import { isStillIdle } from './still-idle.ts'

/**
 * The update that a device is to install now, if there is one. Takes into account everything that any process
 * acknowledged before the call. docs/architecture.md#the-path-of-a-poll draws how a poll gets here and what follows.
 */
export const offerUpdate = async (env: Env, device: DeviceActor, request: PollRequest): Promise<Offer | undefined> =>
  (await isStillIdle(env, device)) ? undefined : findOffer(env, device, request)
