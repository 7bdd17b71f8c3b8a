import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { readConfig } from '../src/config.ts'
import { VERSION } from '../src/version.ts'
import { parseDockerfile } from './support/image/dockerfile.ts'

// What deploy/ and the Dockerfile say fits the program. Their syntax is known to the tools that read them.

const ROOT = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

type Probe = { httpGet: { path: string; port: string } }
type Resource = {
  kind: string
  data: Record<string, string>
  // biome-ignore lint/suspicious/noExplicitAny: a manifest, of which a few values are read
  spec: any
}

describe('compose.yaml', () => {
  const { services } = parse(read('deploy/compose.yaml')) as {
    services: Record<string, { image: string; environment: Record<string, string>; volumes: string[] }>
  }

  test('runs this version, with settings that the server accepts', () => {
    expect(services.muster?.image).toBe(`muster:${VERSION}`)
    const environment = Object.entries(services.muster?.environment ?? {})
    const given = environment.map(([name, value]) => [name, value.replaceAll(/\$\{\w+:\?\}/g, 'secret')])
    const config = readConfig(Object.fromEntries(given))
    expect(config).toMatchObject({ database_url: 'postgres://muster:secret@postgres/muster' })
    expect(config.s3).toMatchObject({ bucket: 'muster', endpoint: 'http://store:7070', proxy: true, path_style: true })
  })

  test('keeps everything in volumes, that of the server where its image has it', () => {
    const last = parseDockerfile(read('Dockerfile')).at(-1)!.instructions
    const volume = last.find(({ name }) => name === 'VOLUME')?.words
    expect(services.muster?.volumes).toEqual([`data:${volume}`])
    for (const { volumes } of Object.values(services)) expect(volumes).toHaveLength(1)
  })
})

describe('kubernetes.yaml', () => {
  const resources = parseAllDocuments(read('deploy/kubernetes.yaml')).map((one) => one.toJS() as Resource)
  const ofKind = (kind: string) => resources.find((one) => one.kind === kind)!
  const pod = ofKind('Deployment').spec.template.spec
  const [container] = pod.containers

  test('runs this version, with settings that the server accepts', () => {
    expect(container.image).toMatch(new RegExp(`/muster:${VERSION.replaceAll('.', '\\.')}$`))
    const secrets = read('deploy/kubernetes.yaml').matchAll(/--from-literal=(\w+)=(\S+)/g)
    const given = Object.fromEntries([...secrets].map(([, name, value]) => [name, `${value}${value}${value}`]))
    const config = readConfig({ ...ofKind('ConfigMap').data, ...given, DATABASE_URL: 'postgres://db/muster' })
    const [http, metrics] = container.ports.map((one: { containerPort: number }) => one.containerPort)
    expect(config).toMatchObject({ port: http, metrics: { host: '0.0.0.0', port: metrics } })
    expect(config.s3?.credentials).toBeDefined()
  })

  test('starts two servers, of which one always serves, and never two versions at a time', () => {
    const { replicas, strategy, selector, template } = ofKind('Deployment').spec
    expect([replicas, strategy]).toEqual([2, { type: 'Recreate' }])
    const { matchLabels } = selector
    expect(template.metadata.labels).toEqual(matchLabels)
    expect(ofKind('Service').spec.selector).toEqual(matchLabels)
    expect(ofKind('PodDisruptionBudget').spec).toEqual({ minAvailable: 1, selector: { matchLabels } })
  })

  test('asks for what the API answers, and gives migrations the time they need', () => {
    const { startupProbe, readinessProbe, livenessProbe } = container
    const paths = [startupProbe, readinessProbe, livenessProbe].map((probe: Probe) => probe.httpGet.path)
    expect(paths).toEqual(['/health', '/ready', '/health'])
    expect(startupProbe.periodSeconds * startupProbe.failureThreshold).toBeGreaterThanOrEqual(1800)
  })

  test('runs as the account of the image, and writes nowhere but to its volumes', () => {
    const user = parseDockerfile(read('Dockerfile'))
      .at(-1)!
      .instructions.find(({ name }) => name === 'USER')?.words
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true })
    expect(`${pod.securityContext.runAsUser}:${pod.securityContext.runAsGroup}`).toBe(user)
    expect(container.securityContext).toEqual({
      ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    })
    expect(pod.enableServiceLinks).toBe(false)
    expect(container.volumeMounts.map((one: { mountPath: string }) => one.mountPath)).toEqual(['/data', '/tmp'])
  })
})
