import type { Env } from '../env.ts'
import { linkExpired } from '../errors.ts'
import { isLinkValid, type LinkParameters } from './artifact-link.ts'
import { openFile, type StoredFile } from './open-file.ts'

/** Finds the file behind a signed link. */
export async function openDownload(env: Env, link: LinkParameters): Promise<StoredFile> {
  if (!isLinkValid(env, link)) throw linkExpired()
  return openFile(env, link)
}
