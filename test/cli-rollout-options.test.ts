import { describe, expect, test } from 'vitest'
import { parseCommand, UsageError } from '../src/cli/command.ts'
import { createCommand } from '../src/cli/deployments/create.ts'
import { hasOutcome, outcomeOf } from '../src/cli/deployments/outcome.ts'
import { readRollout } from '../src/cli/deployments/rollout-options.ts'
import type { Deployment } from '../src/deployments/deployment.ts'

const read = (...argv: string[]) => readRollout(parseCommand(createCommand, argv).values)

describe('the options of a rollout', () => {
  test('become members of the request, and those that are not given stay absent', () => {
    expect(read()).toEqual({})
    expect(read('--recipe', 'careful', '--order', 'random', '--offers-per-minute', '1000', '--no-downgrade')).toEqual({
      ...{ recipe: 'careful', order: 'random', offers_per_minute: 1000, no_downgrade: true },
    })
    expect(read('--gate', '90% soak 2h', '--confirm-within', '1h')).toEqual({
      ...{ gate: { success_percent: 90, soak_minutes: 120 }, confirm_within_minutes: 60 },
    })
    expect(read('--exclude-filter', 'lab', '--exclude-devices', 'a,b', '--exclude-devices', 'c')).toEqual({
      exclude: { filter: 'lab', device_ids: ['a', 'b', 'c'] },
    })
  })

  test('state the failure policy', () => {
    const limits = ['--max-failures', '5', '--max-failure-percent', '3', '--min-ended', '50']
    expect(read(...limits, '--failure-scope', 'deployment', '--device-timeout', '2h', '--on-failure', 'abort')).toEqual(
      {
        failure_policy: {
          ...{ max_failures: 5, max_failure_percent: 3, min_ended: 50 },
          ...{ scope: 'deployment', timeout_minutes: 120, action: 'abort' },
        },
      },
    )
    expect(read('--max-failures', '5', '--rollback-artifact', 'release-1')).toEqual({
      failure_policy: { max_failures: 5, action: 'rollback', rollback_artifact_name: 'release-1' },
    })
  })

  test.each([
    [['500'], { max_in_flight: 500 }],
    [['10%'], { max_in_flight_percent: 10 }],
    [['10 %', '500'], { max_in_flight: 500, max_in_flight_percent: 10 }],
  ])('limit the devices in flight: %j', (limits, members) => {
    expect(read(...limits.flatMap((limit) => ['--max-in-flight', limit]))).toEqual(members)
  })

  test('state when devices may be offered the update', () => {
    const windows = ['--window', 'sat,sun 01:00-05:00', '--window', '22:00-04:00', '--blackout', '2026-12-24']
    const members = {
      windows: [
        { days: ['sat', 'sun'], from: '01:00', to: '05:00' },
        { from: '22:00', to: '04:00' },
      ],
      blackouts: [{ from: '2026-12-24', to: '2026-12-24' }],
    }
    expect(read(...windows)).toEqual(members)
    expect(read(...windows, '--time-zone', 'Europe/Berlin')).toEqual({ ...members, time_zone: 'Europe/Berlin' })
    const attribute = ['--time-zone-attribute', 'inventory/timezone']
    const zone = { attribute: 'timezone', scope: 'inventory', fallback: 'UTC' }
    expect(read(...windows, ...attribute)).toEqual({ ...members, time_zone: zone })
    expect(read(...windows, ...attribute, '--time-zone', 'Asia/Tokyo')).toEqual({
      ...members,
      time_zone: { ...zone, fallback: 'Asia/Tokyo' },
    })
  })

  test.each([
    [['--gate', 'most'], '"most" is not a gate'],
    [['--max-failures', '0'], '--max-failures must be a whole number, at least 1'],
    [['--min-ended', '5'], '--min-ended requires --max-failures'],
    [['--on-failure', 'abort'], '--on-failure requires --max-failures, --max-failure-percent or --device-timeout'],
    [['--max-failures', '1', '--on-failure', 'panic'], '--on-failure must be pause, abort or rollback'],
    [['--device-timeout', '90s'], '--device-timeout must be whole minutes, such as 30m, 2h or 1d'],
    [['--order', 'age'], '--order must be first_come or random'],
    [['--max-in-flight', 'few'], '--max-in-flight must be a number of devices, or a percentage such as 10%'],
    [['--max-in-flight', '0%'], '--max-in-flight must be a number'],
    [['--max-in-flight', '1', '--max-in-flight', '2'], 'once as a number of devices and once in percent'],
    [['--time-zone', 'Europe/Berlin'], '--time-zone requires --window or --blackout'],
    [['--blackout', '2026-12-24', '--time-zone-attribute', 'zone'], 'as in inventory/timezone'],
  ])('%j is wrong usage', (argv, problem) => {
    expect(() => read(...argv)).toThrow(UsageError)
    expect(() => read(...argv)).toThrow(problem)
  })
})

describe('the operands of a command', () => {
  const parse = (operands: string, ...argv: string[]) =>
    parseCommand({ operands, options: {}, summary: '', help: '', run: async () => 0 }, argv)

  test('may be several, and the last one optional', () => {
    expect(parse('ID [PHASE]', 'a').words).toEqual(['a'])
    expect(parse('ID [PHASE]', 'a', '2').words).toEqual(['a', '2'])
    expect(() => parse('ID [PHASE]')).toThrow('ID is required')
    expect(() => parse('ID PHASE NAME', 'a')).toThrow('PHASE is required')
    expect(() => parse('ID [PHASE]', 'a', '2', 'x')).toThrow('Give only ID [PHASE]: put values')
  })
})

describe('watching', () => {
  const deployment = (rollout: object | undefined, changes: object = {}) => {
    const status = { success: 3, failure: 0, noartifact: 0, 'already-installed': 0 }
    return { status: 'inprogress', rollout, statistics: { status }, ...changes } as unknown as Deployment
  }
  const reason = (code: string) => ({ code, message: 'because of this.' })
  const trip = { action: 'abort', failed: 5 }

  test.each([
    ['it runs', deployment({ state: 'running' })],
    ['a user has paused it', deployment({ state: 'paused', reason: reason('paused_by_user') })],
    ['a phase soaks', deployment({ state: 'held', reason: reason('soak') })],
    ['the server is older than rollouts', deployment(undefined)],
  ])('continues while %s', (_when, running) => {
    expect(hasOutcome(running)).toBe(false)
  })

  test.each([
    [
      'failures have paused it',
      6,
      deployment({ state: 'paused', reason: reason('max_failures') }),
      /resumes it\. because of this\. Run/,
    ],
    [
      'a verdict has paused it',
      6,
      deployment({ state: 'paused', reason: reason('verdict_failed') }),
      /resumes it\. because/,
    ],
    [
      'a phase waits for approval',
      7,
      deployment({ state: 'held', reason: reason('approval') }),
      /deployments approve id/,
    ],
    [
      'its failure policy has aborted it',
      4,
      deployment(
        { state: 'stopped', trip, reason: reason('rolled_back') },
        { status: 'finished', aborted: 'then', rolled_back_by: 'other' },
      ),
      /aborted by its failure policy\. because of this\. Deployment other rolls its devices back\./,
    ],
    [
      'a user has aborted it after resuming it',
      4,
      deployment(
        { state: 'stopped', trip: { ...trip, resumed_at: 'before' } },
        { status: 'finished', aborted: 'then' },
      ),
      /^The deployment was aborted\. Run/,
    ],
    ['it is finished', 0, deployment({ state: 'stopped' }, { status: 'finished' }), /3 devices run the release/],
  ])('ends when %s, with exit code %i', (_when, exit_code, ended, sentence) => {
    expect(hasOutcome(ended)).toBe(true)
    expect(outcomeOf(ended, 'id')).toEqual({ exit_code, sentence: expect.stringMatching(sentence) })
  })
})
