import { Ajv, type ErrorObject } from 'ajv'
import { fileSchema } from '../../deployments/file-schema.ts'
import { didYouMean } from '../similar.ts'
import { type Path, type Place, placeOf, placeOfName, problemAt, type Source } from './place.ts'

let compiled: ReturnType<Ajv['compile']> | undefined

/** What the schema finds wrong in a document, with places. */
export function problemsOf(source: Source): string[] {
  compiled ??= new Ajv({ strict: false, allErrors: true, verbose: true }).compile(fileSchema())
  if (compiled(source.document.toJS())) return []
  const problems = (compiled.errors ?? []).filter(isOwn).map((error) => problemOf(source, error))
  const sorted = problems.sort(({ place: a }, { place: b }) => a.line - b.line || a.column - b.column)
  return [...new Set(sorted.map(({ place, problem }) => problemAt(place, problem)))]
}

type Problem = { place: Place; problem: string }

/** Not one that only says that others were found. */
const isOwn = ({ keyword }: ErrorObject): boolean => keyword !== 'if' && keyword !== 'anyOf'

function problemOf(source: Source, { instancePath, keyword, params, message, parentSchema }: ErrorObject): Problem {
  const path = pathOf(source.document.toJS(), instancePath)
  const where = path.join('.')
  if (keyword === 'additionalProperties') {
    const name = String(params.additionalProperty)
    const known = Object.keys((parentSchema as { properties: object }).properties)
    const place = placeOfName(source, path, name)
    return { place, problem: `${where === '' ? '' : `${where}: `}unknown member "${name}".${didYouMean(name, known)}` }
  }
  const place = placeOf(source, path)
  if (keyword === 'required') return { place, problem: `${[...path, params.missingProperty].join('.')} is missing.` }
  return { place, problem: `${where === '' ? 'the file' : where} ${describe(keyword, params, message)}.` }
}

function describe(keyword: string, params: Record<string, unknown>, message = 'is not valid'): string {
  if (keyword === 'enum') return `must be one of ${(params.allowedValues as unknown[]).join(', ')}`
  if (keyword === 'const') return `must be ${params.allowedValue}`
  if (keyword === 'type') return `must be ${[params.type].flat().join(' or ')}`
  return message
}

/** A JSON pointer as a path of the document: an index of a list is a number. */
function pathOf(root: unknown, pointer: string): Path {
  const names = pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
  let value = root
  return names.map((name) => {
    const step = Array.isArray(value) ? Number(name) : name
    value = (value as Record<string | number, unknown>)[step]
    return step
  })
}
