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

test('a bucket is enough, and an endpoint means that the bucket stands in the path', () => {
  expect(readConfig({}).s3).toBeUndefined()
  expect(readConfig({ MUSTER_S3_BUCKET: 'artifacts' }).s3).toEqual({
    ...{ bucket: 'artifacts', region: 'us-east-1', endpoint: undefined, public_endpoint: undefined },
    ...{ credentials: undefined, prefix: '', path_style: false, proxy: false },
  })
  const read = readConfig({ ...S3, MUSTER_S3_PREFIX: '/a/b/', MUSTER_S3_PROXY: 'true' }).s3
  expect(read).toMatchObject({ endpoint: 'http://127.0.0.1:9000', path_style: true, prefix: 'a/b/', proxy: true })
})

test('everything wrong with S3 is told at once, and no secret is', () => {
  const problems = problemsOf({
    ...{ MUSTER_S3_BUCKET: 'https://bucket', MUSTER_S3_ENDPOINT: 'minio:9000', MUSTER_S3_PROXY: 'yes' },
    ...{ MUSTER_S3_PREFIX: 'a b', MUSTER_S3_SECRET_ACCESS_KEY: 'hush' },
  })
  for (const name of ['BUCKET', 'ENDPOINT', 'PROXY', 'PREFIX'])
    expect(problems).toMatch(new RegExp(`MUSTER_S3_${name}=.*must be`))
  expect(problems).toContain('MUSTER_S3_ACCESS_KEY_ID and MUSTER_S3_SECRET_ACCESS_KEY: give both, or neither')
  expect(problems).not.toContain('hush')
})

test('settings of S3 without a bucket are told, for they would do nothing', () => {
  expect(problemsOf({ MUSTER_S3_ENDPOINT: S3.MUSTER_S3_ENDPOINT })).toContain(
    'MUSTER_S3_ENDPOINT: of no use without MUSTER_S3_BUCKET',
  )
})
