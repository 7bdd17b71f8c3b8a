import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import * as addonErrors from '../src/addon-errors.ts'
import * as ddiErrors from '../src/ddi-errors.ts'
import { ERROR_CODES } from '../src/error-codes.ts'
import * as errors from '../src/errors.ts'
import * as idempotencyErrors from '../src/idempotency-errors.ts'
import * as mailErrors from '../src/mail-errors.ts'
import type { Refusal } from '../src/refusal.ts'
import * as rolloutErrors from '../src/rollout-errors.ts'
import * as signInErrors from '../src/sign-in-errors.ts'

/** Refusals with the same meaning to a program, with another text or status. */
const SAME_MEANING = [
  ['badRequest', 'invalidBody', 'invalidField', 'malformedIdempotencyKey'],
  ['noCredentials', 'wrongCredentials'],
  ['wrongCode', 'wrongLoginCode'],
  ['tenantOfDeviceSuspended', 'tenantSuspended'],
  ['unauthorized', 'wrongDeviceToken'],
  ['configurationChanged', 'filterChanged', 'recipeExists', 'settingsChanged', 'tagsChanged', 'userChanged'],
  ['nothingToVerify', 'twoFactorNotEnabled'],
  ['deviceNotFound', 'deviceNotInInventory'],
  ['noRoomForDevice', 'tooManyDevices'],
  ['tooManyExports', 'tooManySearches'],
  ['authSetNotFound', 'authSetOfOtherDevice'],
  ['filterNotFound', 'unknownFilter'],
  ['fleetOutOfScope', 'roleForbids'],
  ['badPattern', 'badTerm'],
  ['artifactNotUnique', 'generatedNotUnique'],
  ['artifactTooLarge', 'declaredTooLarge', 'fileTooLarge'],
  ['invalidArtifact', 'nameOfFileMissing', 'nameOfMenderArtifact', 'unsupportedVersion'],
  ['noArtifact', 'noRollbackRelease', 'releaseNotFound'],
  ['deploymentFinished', 'nothingToAbort'],
  ['issuerTaken', 'providerIdTaken'],
  ['lastProvider', 'noProviderEnabled'],
  ['cannotManageUsers', 'noPassword'],
  ['noDirectUpload', 'noTerminal'],
]

const makers = Object.entries({
  ...errors,
  ...rolloutErrors,
  ...ddiErrors,
  ...idempotencyErrors,
  ...signInErrors,
  ...addonErrors,
  ...mailErrors,
}).filter(([, value]) => typeof value === 'function') as [string, (...args: unknown[]) => Refusal][]
const refusals = makers.map(([name, make]) => ({ name, refusal: make('x', 'x') }))

function namesByCode(): Map<string, string[]> {
  const names = new Map<string, string[]>()
  for (const { name, refusal } of refusals) names.set(refusal.code, [...(names.get(refusal.code) ?? []), name].sort())
  return names
}

test('every code of the catalog belongs to a refusal, and refusals share a code only if they mean the same', () => {
  const byCode = namesByCode()
  expect([...byCode.keys()].sort()).toEqual(Object.keys(ERROR_CODES).sort())
  const shared = [...byCode.values()].filter(({ length }) => length > 1)
  expect(shared.sort()).toEqual(SAME_MEANING.toSorted())
})

test('codes are in snake_case, and their meanings are texts without a final period', () => {
  for (const [code, meaning] of Object.entries(ERROR_CODES)) {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/)
    expect([code, meaning]).toEqual([code, expect.stringMatching(/^[A-Z`].*[^.]$/)])
  }
})

test('refusals are constructed only in errors.ts and those named after a subject beside it', () => {
  const SRC = resolve(import.meta.dirname, '../src')
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  const making = files.filter((file) =>
    /new (Refusal|WrongGuess|TooManyGuesses)\(/.test(readFileSync(join(SRC, file), 'utf8')),
  )
  expect(making.sort()).toEqual(['ddi-errors.ts', 'errors.ts', 'mail-errors.ts', 'refusal.ts', 'sign-in-errors.ts'])
})
