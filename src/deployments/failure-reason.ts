import type { LogMessage } from './device-log.ts'

const MAX_LENGTH = 200
const MAX_READ = 4000

const ERROR_LEVELS = new Set(['error', 'err', 'fatal', 'crit', 'critical', 'alert', 'emerg', 'emergency', 'panic'])
const SAYS_FAILED = /\b(error|errors|fail|failed|failure|fatal|cannot|could not|unable to|aborted)\b/i

/**
 * Why an attempt failed, by its log: the last message that is an error, or else the last one that speaks of a failure,
 * without what differs from device to device, so that equal failures have equal reasons. Undefined: no message does.
 */
export function failureReason(messages: readonly LogMessage[]): string | undefined {
  const last =
    messages.findLast(({ level }) => ERROR_LEVELS.has(level.trim().toLowerCase())) ??
    messages.findLast(({ message }) => SAYS_FAILED.test(message.slice(0, MAX_READ)))
  return last && (normalize(last.message) || undefined)
}

/** As mender-client and other programs write structured lines: `.. level=error msg="the text"`. */
const STRUCTURED = /\bmsg="((?:[^"\\]|\\.)*)"/

/** In this order: an address contains numbers, a path may contain an id. */
const VARIABLE: readonly [RegExp, string][] = [
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?/g, '<time>'],
  [/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>)\]]*[^\s"'<>)\],.:;]/gi, '<url>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/gi, '<id>'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, '<address>'],
  [/\[[0-9a-f:]*:[0-9a-f:]+\](?::\d+)?/gi, '<address>'],
  [/(?<![\w<>/])~?(?:\/[\w.@%+=~-]+)+\/?/g, '<path>'],
  [/\b0x[0-9a-f]+\b/gi, '<id>'],
  // At least one digit and one letter: a word in hexadecimal digits alone is a word.
  [/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,}\b/gi, '<id>'],
  [/(?<![\w<])[+-]?\d+(?:[.,]\d+)*/g, '<number>'],
]

function normalize(message: string): string {
  const text = message.slice(0, MAX_READ)
  const [line = ''] = (STRUCTURED.exec(text)?.[1] ?? text).trim().split(/\r?\n|\\n/)
  const general = VARIABLE.reduce((so_far, [pattern, name]) => so_far.replace(pattern, name), line)
  const compact = general.replace(/\s+/g, ' ').trim()
  return compact.length > MAX_LENGTH ? `${compact.slice(0, MAX_LENGTH - 1).trimEnd()}…` : compact
}
