const MAX_DEPTH = 32

/**
 * White space and comments, then a text in quotes, a word or a sign. There is one way at most to match a text: the time
 * is linear.
 */
const TOKEN =
  /(?:\s|(?:#|\/\/)[^\n]*(?:\n|$)|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/)*(?:"([^"\\]*(?:\\[\s\S][^"\\]*)*)"|([^\s"#=:;,{}()[\]/]+)|([=:;,{}()[\]])|$)/y

type Token = { text: string } | { word: string } | { sign: string }

class NotLibconfig extends Error {}

/**
 * Parses text of libconfig, in which SWUpdate's sw-description is usually written, more tolerantly than libconfig does;
 * undefined if it is something else.
 */
export function parseLibconfig(text: string): Record<string, unknown> | undefined {
  try {
    return new Parser(text).settings(0)
  } catch (error) {
    if (error instanceof NotLibconfig) return undefined
    throw error
  }
}

class Parser {
  readonly #text: string
  #at = 0
  #next: Token | undefined

  constructor(text: string) {
    this.#text = text
    this.#next = this.#scan()
  }

  /** The settings of a group, or, at depth 0, of the whole text. */
  settings(depth: number): Record<string, unknown> {
    const entries: [string, unknown][] = []
    while (depth === 0 ? this.#next : !this.#takeSign('}')) {
      const name = this.#takeText()
      if (name === '@include') this.#takeText()
      else {
        this.#takeSign('=') || this.#takeSign(':') || fail()
        entries.push([name, this.#value(depth + 1)])
      }
      this.#takeSign(';') || this.#takeSign(',')
    }
    return Object.fromEntries(entries)
  }

  #value(depth: number): unknown {
    if (depth > MAX_DEPTH) fail()
    if (this.#takeSign('{')) return this.settings(depth)
    if (this.#takeSign('[')) return this.#list(']', depth)
    if (this.#takeSign('(')) return this.#list(')', depth)
    const isText = this.#next && 'text' in this.#next
    let value = this.#takeText()
    // Texts that follow each other are one.
    while (isText && this.#next && 'text' in this.#next) value += this.#takeText()
    return isText ? value : scalarOf(value)
  }

  #list(end: string, depth: number): unknown[] {
    const items: unknown[] = []
    while (!this.#takeSign(end)) {
      items.push(this.#value(depth + 1))
      this.#takeSign(',')
    }
    return items
  }

  #takeText(): string {
    const next = this.#next
    if (!next || 'sign' in next) return fail()
    this.#next = this.#scan()
    return 'text' in next ? withoutEscapes(next.text) : next.word
  }

  #takeSign(sign: string): boolean {
    if (!this.#next || !('sign' in this.#next) || this.#next.sign !== sign) return false
    this.#next = this.#scan()
    return true
  }

  /** The next token; undefined at the end. */
  #scan(): Token | undefined {
    TOKEN.lastIndex = this.#at
    const found = TOKEN.exec(this.#text)
    if (!found) return fail()
    this.#at = TOKEN.lastIndex
    const [, text, word, sign] = found
    if (text !== undefined) return { text }
    if (word !== undefined) return { word }
    return sign === undefined ? undefined : { sign }
  }
}

function fail(): never {
  throw new NotLibconfig()
}

function scalarOf(word: string): unknown {
  if (/^(true|false)$/i.test(word)) return word.toLowerCase() === 'true'
  const number = Number(word.replace(/L{1,2}$/, ''))
  return Number.isFinite(number) ? number : word
}

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', f: '\f' }

const withoutEscapes = (text: string): string =>
  text.replace(/\\(?:x([0-9a-fA-F]{2})|([\s\S]))/g, (_all, hex: string | undefined, character = '') =>
    hex ? String.fromCharCode(Number.parseInt(hex, 16)) : (ESCAPES[character] ?? character),
  )
