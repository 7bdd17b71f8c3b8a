import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { S3Config } from '../config.ts'
import { BlobExists, type Blobs, reportedByPromise } from './blobs.ts'
import { isMissing, ofStore, toStoreError } from './s3-errors.ts'

/** Large enough for 64 GiB in the maximum of 10,000 parts; each upload holds two or three in memory. */
const PART_SIZE = 8 * 1024 * 1024
const MAX_PARTS_IN_FLIGHT = 2

const CONNECT_TIMEOUT_MS = 5000
/** While a slow device downloads through the server, the connection to the store is idle for a long time. */
const IDLE_TIMEOUT_MS = 300_000
const MAX_CONNECTIONS = 1000

/** The objects of one bucket. An upload becomes an object only when it is complete. */
export function s3Blobs(config: S3Config): Blobs {
  const client = openClient(config, config.endpoint)
  const signer = config.public_endpoint ? openClient(config, config.public_endpoint) : client
  const at = (key: string) => ({ Bucket: config.bucket, Key: config.prefix + key })
  const uploading = new Set<string>()
  const sizeOf = async (key: string) => {
    const found = await client.send(new HeadObjectCommand(at(key))).catch(isMissing)
    return found?.ContentLength
  }
  return {
    sizeOf,
    async put(key, content) {
      content.on('error', reportedByPromise)
      // Stores without If-None-Match overwrite: within one process, this prevents it.
      const isTaken = uploading.has(key)
      uploading.add(key)
      try {
        if (isTaken || (await sizeOf(key)) !== undefined) throw new BlobExists(key)
        return await upload(client, at(key), content)
      } catch (error) {
        content.destroy(error as Error)
        throw error
      } finally {
        if (!isTaken) uploading.delete(key)
      }
    },
    async read(key, { start, end }) {
      const found = await client
        .send(new GetObjectCommand({ ...at(key), Range: `bytes=${start}-${end}` }))
        .catch(isMissing)
      return found?.Body as Readable | undefined
    },
    async delete(key) {
      await ofStore(client.send(new DeleteObjectCommand(at(key))))
    },
    async link(key, { lifetime_s, headers }) {
      if (config.proxy) return undefined
      const command = new GetObjectCommand({
        ...at(key),
        ResponseContentType: headers['content-type'],
        ResponseContentDisposition: headers['content-disposition'],
        ResponseCacheControl: headers['cache-control'],
      })
      return ofStore(getSignedUrl(signer, command, { expiresIn: lifetime_s }))
    },
    writtenBefore: (time) => writtenBefore(client, config, time),
    deleteUnfinished: (time) => ofStore(deleteUnfinished(client, config, time)),
    close() {
      client.destroy()
      signer.destroy()
    },
  }
}

const openClient = ({ region, credentials, path_style }: S3Config, endpoint: string | undefined): S3Client => {
  const agent = { keepAlive: true, maxSockets: MAX_CONNECTIONS }
  return new S3Client({
    region,
    forcePathStyle: path_style,
    ...(endpoint && { endpoint }),
    ...(credentials && { credentials }),
    // Some stores store the checksums that the client would add as part of the object.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: IDLE_TIMEOUT_MS,
      httpAgent: agent,
      httpsAgent: agent,
    },
  })
}

type Location = { Bucket: string; Key: string }

async function upload(client: S3Client, location: Location, content: Readable): Promise<{ size: number }> {
  let size = 0
  async function* counted() {
    for await (const chunk of content.iterator({ destroyOnReturn: false })) {
      size += chunk.length
      yield chunk
    }
  }
  const Body = Readable.from(counted(), { objectMode: false })
  try {
    const params = { ...location, Body, IfNoneMatch: '*', ContentType: 'application/octet-stream' }
    // Aborts the multipart upload if anything fails.
    await new Upload({ client, params, partSize: PART_SIZE, queueSize: MAX_PARTS_IN_FLIGHT }).done()
    return { size }
  } catch (error) {
    throw content.errored ?? toStoreError(error)
  }
}

async function* writtenBefore(client: S3Client, { bucket, prefix }: S3Config, time: Date): AsyncGenerator<string> {
  const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })
  try {
    for await (const { Contents = [] } of pages)
      for (const { Key, LastModified } of Contents)
        if (Key && LastModified && LastModified < time) yield Key.slice(prefix.length)
  } catch (error) {
    throw toStoreError(error)
  }
}

async function deleteUnfinished(client: S3Client, { bucket, prefix }: S3Config, time: Date): Promise<number> {
  let deleted = 0
  let next: Pick<ListMultipartUploadsCommandOutput, 'NextKeyMarker' | 'NextUploadIdMarker'> = {}
  do {
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = next
    const page: ListMultipartUploadsCommandOutput = await client.send(
      new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, KeyMarker, UploadIdMarker }),
    )
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (!Initiated || Initiated >= time) continue
      await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId })).catch(isMissing)
      deleted++
    }
    next = page.IsTruncated ? page : {}
  } while (next.NextKeyMarker)
  return deleted
}
