import { expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'

const S3 = { MUSTER_S3_BUCKET: 'artifacts', MUSTER_S3_ENDPOINT: 'http://127.0.0.1:9000/' }
const problemsOf = (environment: Record<string, string>): string => {
  try {
    readConfig(environment)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

test('a bucket is enough, and with an endpoint the bucket is part of the path', () => {
  expect(readConfig({}).s3).toBeUndefined()
  expect(readConfig({ MUSTER_S3_BUCKET: 'artifacts' }).s3).toEqual({
    ...{ bucket: 'artifacts', region: 'us-east-1', endpoint: undefined, public_endpoint: undefined },
    ...{ credentials: undefined, prefix: '', path_style: false, proxy: false },
  })
  const read = readConfig({ ...S3, MUSTER_S3_PREFIX: '/a/b/', MUSTER_S3_PROXY: 'true' }).s3
  expect(read).toMatchObject({ endpoint: 'http://127.0.0.1:9000', path_style: true, prefix: 'a/b/', proxy: true })
})

test('all errors of the S3 settings are reported at once, without secrets', () => {
  const problems = problemsOf({
    ...{ MUSTER_S3_BUCKET: 'https://bucket', MUSTER_S3_ENDPOINT: 'minio:9000', MUSTER_S3_PROXY: 'yes' },
    ...{ MUSTER_S3_PREFIX: 'a b', MUSTER_S3_SECRET_ACCESS_KEY: 'hush' },
  })
  for (const name of ['BUCKET', 'ENDPOINT', 'PROXY', 'PREFIX'])
    expect(problems).toMatch(new RegExp(`MUSTER_S3_${name}=.*must be`))
  expect(problems).toContain('MUSTER_S3_ACCESS_KEY_ID and MUSTER_S3_SECRET_ACCESS_KEY: give both, or neither')
  expect(problems).not.toContain('hush')
})

test('S3 settings without a bucket are reported, because they would have no effect', () => {
  expect(problemsOf({ MUSTER_S3_ENDPOINT: S3.MUSTER_S3_ENDPOINT })).toContain(
    'MUSTER_S3_ENDPOINT: of no use without MUSTER_S3_BUCKET',
  )
})
