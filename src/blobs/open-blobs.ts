import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import type { Blobs } from './blobs.ts'
import { diskBlobs } from './disk.ts'
import { layered } from './layered.ts'

export type Stores = { disk: Blobs; s3: Blobs | undefined }

/** The S3 client is large: it is loaded only if it is used. */
export async function openStores({ data_dir, s3 }: Pick<Config, 'data_dir' | 's3'>): Promise<Stores> {
  const dir = join(data_dir, 'artifacts')
  // It may have been created by a version that left it open to all users of the machine.
  await chmod(dir, 0o700).catch(() => {})
  const disk = diskBlobs(dir)
  return { disk, s3: s3 && (await import('./s3.ts')).s3Blobs(s3) }
}

export async function openBlobs(config: Pick<Config, 'data_dir' | 's3'>): Promise<Blobs> {
  const { disk, s3 } = await openStores(config)
  return s3 ? layered(s3, disk) : disk
}
