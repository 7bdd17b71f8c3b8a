import { isUtf8 } from 'node:buffer'
import { known, lineOf, linesOf } from './facts.ts'
import { parseLibconfig } from './libconfig.ts'

/** What SWUpdate's sw-description says, in either of its syntaxes; undefined if it cannot be read. */
export function readSwDescription(bytes: Buffer): { version: string | undefined; details: object } | undefined {
  const software = softwareOf(bytes)
  if (!software) return undefined
  const { hardware, ...lists } = collect(software)
  const names = Object.entries(lists).map(([list, items]) => [list, linesOf(items)])
  return {
    version: lineOf(software.version),
    details: known({
      description: lineOf(software.description, 4096),
      hardware_compatibility: linesOf(hardware),
      ...Object.fromEntries(names),
    }),
  }
}

function softwareOf(bytes: Buffer): Record<string, unknown> | undefined {
  // An encrypted one is not.
  if (!isUtf8(bytes)) return undefined
  const text = bytes.toString()
  const root = text.trimStart().startsWith('{') ? parseJson(text) : parseLibconfig(text)
  return isObject(root) && isObject(root.software) ? root.software : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Images and the like may be at any depth: below the name of a board, of a software set, of a mode. */
function collect(software: Record<string, unknown>) {
  const found = { hardware: [] as unknown[], images: [] as unknown[], files: [] as unknown[], scripts: [] as unknown[] }
  // Without recursion: JSON may be nested very deep.
  for (const groups: unknown[] = [software]; groups.length > 0; ) {
    const group = groups.pop()
    if (!isObject(group)) continue
    for (const [key, value] of Object.entries(group)) {
      if (isObject(value)) groups.push(value)
      if (!Array.isArray(value)) continue
      if (key === 'hardware-compatibility') found.hardware.push(...value.slice(0, MAX_ITEMS))
      else if (key === 'images' || key === 'files' || key === 'scripts')
        found[key].push(...value.slice(0, MAX_ITEMS).map((item) => isObject(item) && item.filename))
    }
  }
  return found
}

const MAX_ITEMS = 1000

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
