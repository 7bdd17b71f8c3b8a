export type S3Config = {
  bucket: string
  region: string
  /** undefined: the endpoint of AWS for the region */
  endpoint: string | undefined
  /** The endpoint in links, if devices reach the store by another name than the server does */
  public_endpoint: string | undefined
  /** undefined: from the places where AWS's own programs look for them */
  credentials: { accessKeyId: string; secretAccessKey: string } | undefined
  /** Of every key: empty, or with a slash at its end */
  prefix: string
  path_style: boolean
  /** Downloads go through the server: links lead to it, not to the store */
  proxy: boolean
}

export type ReadSetting = <Value>(name: string, fallback: Value, parse: (text: string) => Value) => Value

/** undefined if no bucket is named: then artifacts are stored on the disk. */
export function readS3Config(read: ReadSetting, problems: string[]): S3Config | undefined {
  const text = (name: string) => read(name, '', (given) => given)
  const bucket = read('MUSTER_S3_BUCKET', '', bucketName)
  const endpoint = read<string | undefined>('MUSTER_S3_ENDPOINT', undefined, httpUrl)
  const accessKeyId = text('MUSTER_S3_ACCESS_KEY_ID')
  const secretAccessKey = text('MUSTER_S3_SECRET_ACCESS_KEY')
  const config: S3Config = {
    ...{ bucket, endpoint },
    region: text('MUSTER_S3_REGION') || 'us-east-1',
    public_endpoint: read<string | undefined>('MUSTER_S3_PUBLIC_ENDPOINT', undefined, httpUrl),
    credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined,
    prefix: read('MUSTER_S3_PREFIX', '', prefix),
    path_style: read('MUSTER_S3_PATH_STYLE', endpoint !== undefined, yesOrNo),
    proxy: read('MUSTER_S3_PROXY', false, yesOrNo),
  }
  if ((accessKeyId === '') !== (secretAccessKey === ''))
    problems.push('MUSTER_S3_ACCESS_KEY_ID and MUSTER_S3_SECRET_ACCESS_KEY: give both, or neither')
  if (bucket) return config
  const unused = SETTINGS.filter((name) => name !== 'MUSTER_S3_BUCKET' && text(name) !== '')
  if (unused.length > 0 && text('MUSTER_S3_BUCKET') === '')
    problems.push(`${unused.join(', ')}: of no use without MUSTER_S3_BUCKET, the bucket for artifacts`)
  return undefined
}

const SETTINGS = [
  ...['MUSTER_S3_BUCKET', 'MUSTER_S3_REGION', 'MUSTER_S3_ENDPOINT', 'MUSTER_S3_PUBLIC_ENDPOINT'],
  ...['MUSTER_S3_ACCESS_KEY_ID', 'MUSTER_S3_SECRET_ACCESS_KEY', 'MUSTER_S3_PREFIX'],
  ...['MUSTER_S3_PATH_STYLE', 'MUSTER_S3_PROXY'],
]

function bucketName(given: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/.test(given))
    throw new Error('must be the name of a bucket, without the server it is on')
  return given
}

function httpUrl(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username)
    throw new Error('must be a URL that begins with http:// or https://, without a user or a query')
  return given.replace(/\/+$/, '')
}

function prefix(given: string): string {
  const inner = given.replace(/^\/+|\/+$/g, '')
  if (!/^[A-Za-z0-9!_.*'()/-]{0,200}$/.test(inner)) throw new Error("must be at most 200 letters, digits and !-_.*'()/")
  return inner && `${inner}/`
}

function yesOrNo(given: string): boolean {
  if (given !== 'true' && given !== 'false') throw new Error('must be true or false')
  return given === 'true'
}
