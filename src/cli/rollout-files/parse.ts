import { type Document, LineCounter, parseAllDocuments } from 'yaml'
import { at, problemAt, type Source } from './place.ts'

/** The YAML documents of a file, of which there may be several. Throws with all problems and their places. */
export function parseDocuments(file: string, content: string): Source[] {
  const lines = new LineCounter()
  const parsed = parseAllDocuments(content, { lineCounter: lines, prettyErrors: false })
  const documents: Document[] = 'empty' in parsed ? [] : parsed.filter(({ contents }) => contents !== null)
  const problems = documents.flatMap(({ errors, warnings }) =>
    [...errors, ...warnings].map(({ pos, message }) => problemAt(at(file, lines, pos[0]), sentence(message))),
  )
  if (problems.length > 0) throw new Error(problems.join('\n'))
  if (documents.length === 0) throw new Error(`${file} is empty: it should begin with "apiVersion: muster/v1".`)
  for (const document of documents) requireExpandable(file, document)
  return documents.map((document) => ({ file, lines, document }))
}

/** Aliases may make a small file endless. */
function requireExpandable(file: string, document: Document): void {
  try {
    document.toJS()
  } catch (error) {
    throw new Error(`${file}: ${sentence((error as Error).message)}`)
  }
}

const sentence = (message: string): string => (/[.!]$/.test(message) ? message : `${message}.`)
