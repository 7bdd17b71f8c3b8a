import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const SRC = resolve(import.meta.dirname, '../../src')

export type SourceFile = { name: string; text: string; statements: string[] }

/** All files of `src` without their comments, with the outermost `sql` templates in them. */
export const sourceFiles = (): SourceFile[] =>
  readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const text = readFileSync(join(SRC, name), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
      return { name, text, statements: statementsIn(text) }
    })

function statementsIn(text: string): string[] {
  const found: string[] = []
  for (let at = text.indexOf('sql`'); at >= 0; ) {
    const end = endOfTemplate(text, at + 'sql`'.length)
    found.push(text.slice(at, end))
    at = text.indexOf('sql`', end)
  }
  return found
}

/** The position after the backtick that closes a template, whose values may contain templates. */
function endOfTemplate(text: string, start: number): number {
  const open = ['`']
  let at = start
  for (; open.length > 0 && at < text.length; at++) {
    const [character, isInText] = [text[at], open.at(-1) === '`']
    if (character === '\\') at++
    else if (isInText && text.startsWith('${', at)) {
      open.push('{')
      at++
    } else if (character === '`') isInText ? open.pop() : open.push('`')
    else if (!isInText && character === '{') open.push('{')
    else if (!isInText && character === '}') open.pop()
  }
  return at
}
