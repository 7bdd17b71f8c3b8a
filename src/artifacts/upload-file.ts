import type { Actor } from '../auth/actor.ts'
import { nameOfMenderArtifact } from '../ddi-errors.ts'
import type { Env } from '../env.ts'
import { isMenderName, type NewFile } from './files/new-file.ts'
import { fileReader } from './files/read-file.ts'
import { type Upload, uploadArtifact } from './upload-artifact.ts'

/** Stores a file as an artifact, as it is, for devices that speak DDI. */
export async function uploadFile(
  env: Env,
  actor: Actor,
  { plan, ...upload }: Omit<Upload, 'read'> & { plan: NewFile },
): Promise<{ id: string }> {
  if (isMenderName(plan.file_name)) throw nameOfMenderArtifact()
  return uploadArtifact(env, actor, { ...upload, read: fileReader(plan, env.now()) })
}
