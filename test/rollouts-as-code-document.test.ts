import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { SimulatedDevice } from '../src/simulate/simulated-device.ts'
import { describeClients, mustRun } from './clients/programs.ts'
import { noise } from './support/artifact.ts'
import { enrol } from './support/device.ts'
import { useServer } from './support/fixtures.ts'
import { MUSTER } from './support/muster-program.ts'
import type { TestTenant } from './support/server.ts'

const DOCS = resolve(import.meta.dirname, '../docs')
const DOCUMENT = readFileSync(join(DOCS, 'rollouts-as-code.md'), 'utf8')
const EXAMPLES = ['rollout.yaml', 'github-actions.yml', 'gitlab-ci.yml'] as const
const example = (name: string) => readFileSync(join(DOCS, 'examples', name), 'utf8')
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const VERSION = 'v2.0'
const CANARIES = 2
const DEVICES = 6
const SOAK_MS = 61 * 60 * 1000

/** A script of the pipeline, in the environment of its job. */
type Script = { name: string; lines: string; env: Record<string, string> }
type Job = { name: string; scripts: Script[] }

// biome-ignore lint/suspicious/noExplicitAny: YAML of another program
type Yaml = any

/** Its steps that install packages are for the machine of the pipeline, and are left out. */
const INSTALLS = /^(apt-get|npm) /

function gitHubJobs(): Job[] {
  const { env: common, jobs } = parse(example('github-actions.yml')) as Yaml
  return Object.entries<Yaml>(jobs).map(([name, { env = {}, steps }]) => ({
    name,
    scripts: steps
      .filter(({ run, name: step }: Yaml) => run !== undefined && step !== 'Install')
      .map((step: Yaml) => ({ name: step.name, lines: step.run, env: { ...common, ...env, ...step.env } })),
  }))
}

function gitLabJobs(): Job[] {
  const { stages, variables, default: all, ...jobs } = parse(example('gitlab-ci.yml')) as Yaml
  const before = all.before_script.filter((line: string) => !INSTALLS.test(line))
  return stages.map((stage: string) => {
    const { script } = jobs[stage]
    return { name: stage, scripts: [{ name: stage, lines: [...before, ...script].join('\n'), env: variables }] }
  })
}

test('the document shows the examples as they are in docs/examples', () => {
  for (const name of EXAMPLES) {
    expect(DOCUMENT).toContain(`(examples/${name})`)
    expect(DOCUMENT, name).toContain(`\`\`\`yaml\n${example(name)}\`\`\``)
  }
  for (const jobs of [gitHubJobs(), gitLabJobs()]) {
    const commands = jobs.flatMap(({ scripts }) => scripts.map(({ lines }) => lines)).join('\n')
    for (const command of ['mender-artifact write', 'artifacts upload', 'plan', 'apply', 'watch', 'approve'])
      expect(commands).toContain(command)
  }
})

describeClients(['curl'], {}, () => {
  const server = useServer()

  test('the request with curl creates once', async () => {
    const { api } = await server.tenant()
    const [script = ''] = /^ {4}curl -X POST [\s\S]*?(?=\n\n)/m.exec(DOCUMENT) ?? []
    const env = { MUSTER: server.url, JWT: api.token ?? '' }
    for (let run = 0; run < 2; run++) expect(await mustRun('sh', ['-ec', script], { env })).toBe('')
    const { body } = await api.get('/api/management/v2/inventory/filters')
    expect(body).toMatchObject([{ name: 'canaries' }])
  })
})

describeClients(['mender-artifact'], {}, () => {
  const server = useServer({ supervises: true })
  let dir: string
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'muster-pipeline-'))
    await mkdir(join(dir, 'bin'))
    // A package is looked for from the directory in which a script runs.
    const program = MUSTER.map((word) => (word === 'tsx' ? TSX : word))
    const words = [process.execPath, ...program].map((word) => `'${word}'`).join(' ')
    await writeFile(join(dir, 'bin', 'muster'), `#!/bin/sh\nexec ${words} "$@"\n`)
    await chmod(join(dir, 'bin', 'muster'), 0o755)
  })
  afterAll(() => rm(dir, { recursive: true, force: true }))

  /** What a repository of firmware has, with the output of its build. */
  async function checkOut(name: string): Promise<string> {
    const place = join(dir, name)
    await mkdir(join(place, 'build'), { recursive: true })
    await writeFile(join(place, 'build', 'rootfs.ext4'), noise(10_000))
    await writeFile(join(place, 'rollout.yaml'), example('rollout.yaml'))
    return place
  }

  type Place = { cwd: string; env: Record<string, string> }

  /** Runs a script as the pipelines do, and lets the devices work meanwhile. */
  async function runScript({ name, lines }: Script, { cwd, env }: Place, work: () => Promise<void>) {
    const { PATH = '' } = process.env
    const child = spawn('sh', ['-e', '-c', lines], {
      ...{ cwd, stdio: ['ignore', 'pipe', 'pipe'] },
      env: { PATH: `${join(dir, 'bin')}${delimiter}${PATH}`, XDG_CONFIG_HOME: dir, ...env },
    })
    let isOver = false
    const ended = once(child, 'exit').then(([code]) => {
      isOver = true
      return code as number
    })
    const outputs = Promise.all([text(child.stdout), text(child.stderr)])
    while (!isOver) {
      await work()
      await Promise.race([ended, new Promise((wake) => setTimeout(wake, 200))])
    }
    const output = (await outputs).join('')
    expect([name, await ended, output]).toEqual([name, 0, expect.any(String)])
    return output
  }

  /** Each gateway that is offered the release installs it. */
  function gatewaysOf(devices: readonly SimulatedDevice[]) {
    const installed = new Set<SimulatedDevice>()
    return {
      installed,
      async work() {
        for (const device of devices.filter((one) => !installed.has(one))) {
          const { status, body } = await device.next(
            { device_type: 'gateway', artifact_name: 'gateway-v1.0' },
            'post_v2',
          )
          if (status !== 200) continue
          expect(body.artifact.artifact_name).toBe(`gateway-${VERSION}`)
          await device.report(body.id, 'success')
          installed.add(device)
        }
      },
    }
  }

  const secretsFor = ({ api }: TestTenant): Record<string, string> => ({
    ...{ VERSION, MUSTER_URL: server.url, MUSTER_TOKEN: api.token ?? '', WEBHOOK_SECRET: '00ff' },
  })

  /** Time passes once all canaries run the release. */
  const soaking = (gateways: ReturnType<typeof gatewaysOf>) => {
    let has_passed = false
    return async () => {
      await gateways.work()
      if (has_passed || gateways.installed.size < CANARIES) return
      expect(gateways.installed.size).toBe(CANARIES)
      has_passed = true
      await server.supervise()
      server.advance(SOAK_MS)
      await server.supervise()
    }
  }

  async function makeFleet(): Promise<{ tenant: TestTenant; gateways: ReturnType<typeof gatewaysOf> }> {
    const tenant = await server.tenant()
    const devices = await enrol(server, tenant, DEVICES, (i) => ({
      ...{ device_type: 'gateway', artifact_name: 'gateway-v1.0', ring: i < CANARIES ? 'canary' : 'field' },
    }))
    return { tenant, gateways: gatewaysOf(devices) }
  }

  test('the workflow of GitHub Actions rolls out a release', { timeout: 300_000 }, async () => {
    const { tenant, gateways } = await makeFleet()
    const cwd = await checkOut('github')
    const output_file = join(cwd, 'output')
    const outputs: Record<string, string> = {}
    const secrets = secretsFor(tenant)
    const fill = (env: Record<string, string>) =>
      Object.fromEntries(
        Object.entries(env).map(([name, value]) => [
          name,
          value.startsWith('${{') || name === 'MUSTER_URL'
            ? (secrets[name] ?? outputs[name.toLowerCase()] ?? '')
            : value,
        ]),
      )
    const work = soaking(gateways)
    for (const { name: job, scripts } of gitHubJobs())
      for (const script of scripts) {
        const env = { ...fill(script.env), GITHUB_OUTPUT: output_file, GITHUB_RUN_ID: '7' }
        const printed = await runScript(script, { cwd, env }, work)
        if (script.name === 'Plan') expect(printed).toContain('Plan: 5 to create, 1 to change, 0 unchanged.')
        if (job === 'everybody') expect(gateways.installed.size).toBeGreaterThanOrEqual(CANARIES)
        if (!existsSync(output_file)) continue
        for (const line of (await readFile(output_file, 'utf8')).trim().split('\n')) {
          const [name = '', value = ''] = line.split('=')
          outputs[name] = value
        }
      }
    expect(gateways.installed.size).toBe(DEVICES)
    expect(outputs.deployment).toMatch(/^[0-9a-f-]{36}$/)
    await expectNothingLeft(cwd, secrets)
  })

  test('the pipeline of GitLab CI rolls out a release', { timeout: 300_000 }, async () => {
    const { tenant, gateways } = await makeFleet()
    const cwd = await checkOut('gitlab')
    const secrets = secretsFor(tenant)
    const work = soaking(gateways)
    for (const { scripts } of gitLabJobs())
      for (const script of scripts) {
        const reported = existsSync(join(cwd, 'deployment.env'))
          ? await readFile(join(cwd, 'deployment.env'), 'utf8')
          : ''
        const [, deployment = ''] = /^DEPLOYMENT=(.*)$/m.exec(reported) ?? []
        const env = { ...script.env, ...secrets, DEPLOYMENT: deployment, GITLAB_USER_LOGIN: 'grace' }
        await runScript(script, { cwd, env }, work)
      }
    expect(gateways.installed.size).toBe(DEVICES)
    await expectNothingLeft(cwd, secrets)
  })

  /** The same pipeline again: the release is there, and nothing is to be done. */
  async function expectNothingLeft(cwd: string, env: Record<string, string>) {
    const lines = `muster artifacts upload release.mender --unless-exists
sed "s/@VERSION@/$VERSION/g" rollout.yaml | muster apply --file - --detailed-exitcode`
    const printed = await runScript({ name: 'again', lines, env }, { cwd, env }, async () => {})
    expect(printed).toContain('The artifact exists already.')
    expect(printed).toContain('Nothing to do: 6 unchanged.')
  }
})
