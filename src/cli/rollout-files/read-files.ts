import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import type {
  FileDeployment,
  FileFilter,
  FileRecipe,
  FileRelease,
  FileRole,
  FileWebhook,
} from '../../deployments/rollout-file.ts'
import { hasCode } from '../../has-code.ts'
import { UsageError } from '../command.ts'
import { parseDocuments } from './parse.ts'
import { type Path, type Place, placeOf, problemAt, type Source } from './place.ts'
import { problemsOf } from './validate.ts'

/** An object that a file declares. */
export type Entry<Value> = { value: Value; place(path?: Path): Place }

type Kinds = {
  releases: FileRelease
  filters: FileFilter
  roles: FileRole
  recipes: FileRecipe
  webhooks: FileWebhook
  deployments: FileDeployment
}
export type Declared = { [Kind in keyof Kinds]: Entry<Kinds[Kind]>[] }

const KEYS: { [Kind in keyof Kinds]: keyof Kinds[Kind] } = {
  ...{ releases: 'name', filters: 'name', roles: 'name', recipes: 'name' },
  ...{ webhooks: 'url', deployments: 'key' },
}
const KINDS = Object.keys(KEYS) as (keyof Kinds)[]

/** Reads what files declare together; `-` is standard input. Throws with all problems and their places. */
export async function readFiles(paths: readonly string[]): Promise<Declared> {
  if (paths.length === 0) throw new UsageError('--file is required')
  if (paths.filter((path) => path === '-').length > 1) throw new UsageError('--file - can be given once only')
  const sources: Source[] = []
  for (const path of paths) sources.push(...parseDocuments(path === '-' ? '<stdin>' : path, await contentOf(path)))
  const problems = sources.flatMap(problemsOf)
  if (problems.length > 0) throw new Error(problems.join('\n'))
  const declared = Object.fromEntries(
    KINDS.map((kind) => [kind, sources.flatMap((source) => entriesOf(source, kind))]),
  ) as Declared
  const wrong = [
    ...KINDS.flatMap((kind) => duplicatesIn(declared, kind)),
    ...declared.deployments.flatMap(targetProblem),
  ]
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
  return declared
}

async function contentOf(path: string): Promise<string> {
  if (path === '-') return text(process.stdin)
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new Error(
      hasCode(error, 'ENOENT') ? `There is no file ${path}.` : `${path} cannot be read: ${(error as Error).message}.`,
    )
  }
}

function entriesOf(source: Source, kind: keyof Kinds): Entry<unknown>[] {
  const values: unknown[] = source.document.toJS()[kind] ?? []
  return values.map((value, i) => ({ value, place: (path = []) => placeOf(source, [kind, i, ...path]) }))
}

function duplicatesIn(declared: Declared, kind: keyof Kinds): string[] {
  const key = KEYS[kind] as string
  const first = new Map<unknown, Place>()
  return (declared[kind] as Entry<Record<string, unknown>>[]).flatMap(({ value, place }) => {
    const before = first.get(value[key])
    if (before)
      return [
        problemAt(place([key]), `${key} "${value[key]}" is declared in ${before.file}, line ${before.line}, too.`),
      ]
    first.set(value[key], place([key]))
    return []
  })
}

const TARGETS = ['filter', 'group', 'devices', 'all_devices'] as const

function targetProblem({ value, place }: Entry<FileDeployment>): string[] {
  const given = TARGETS.filter((name) => value[name] !== undefined && value[name] !== false)
  return given.length === 1 ? [] : [problemAt(place(), `must have one of ${TARGETS.join(', ')}.`)]
}
