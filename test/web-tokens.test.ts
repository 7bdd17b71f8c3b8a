import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { GATE_STATE_STYLES } from '../src/texts/gates.ts'
import { AUTH_STATUS_STYLES, DEPLOYMENT_STATUS_STYLES, DEVICE_STATUS_STYLES } from '../src/texts/statuses.ts'
import { ACCENT, BUTTON_COLORS, COLORS, type Color, STATUS_COLORS, SURFACES, toneOf } from '../web/tokens.ts'

const WEB = join(import.meta.dirname, '../web')
const TONES: readonly Color[] = [...STATUS_COLORS, ACCENT]
/** Of WCAG 2.2, level AA: text, and what is seen without being read. */
const [TEXT, SHAPE] = [4.5, 3]

function luminanceOf(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((channel) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrastOf(one: string, other: string): number {
  const [lighter = 0, darker = 0] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => b - a)
  return (lighter + 0.05) / (darker + 0.05)
}

test('contrast is computed as WCAG does', () => {
  expect(contrastOf('#000000', '#ffffff')).toBe(21)
  expect(contrastOf('#767676', '#ffffff')).toBeCloseTo(4.54, 2)
})

test.each(['light', 'dark'] as const)('the colors of a status are readable in the %s scheme', (scheme) => {
  const { page, surface, inset } = SURFACES[scheme]
  for (const color of TONES) {
    const { text, solid, tint } = toneOf(color, scheme)
    for (const under of [page, surface, inset, tint])
      expect(contrastOf(text, under), `${color} on ${under}`).toBeGreaterThanOrEqual(TEXT)
    for (const under of [page, surface])
      expect(contrastOf(solid, under), `${color} beside ${under}`).toBeGreaterThanOrEqual(SHAPE)
    expect(contrastOf(SURFACES[scheme].text, tint), `text on ${color}`).toBeGreaterThanOrEqual(TEXT)
  }
})

test.each(['light', 'dark'] as const)('texts and buttons are readable in the %s scheme', (scheme) => {
  const { page, surface, inset, hover, text, muted } = SURFACES[scheme]
  for (const under of [page, surface, inset, hover])
    for (const over of [text, muted]) expect(contrastOf(over, under), `${over} on ${under}`).toBeGreaterThan(TEXT)
  for (const color of BUTTON_COLORS)
    expect(contrastOf('#ffffff', toneOf(color, scheme).solid), color).toBeGreaterThanOrEqual(TEXT)
})

test('every status has a color whose contrast is computed', () => {
  const styles = [DEVICE_STATUS_STYLES, DEPLOYMENT_STATUS_STYLES, AUTH_STATUS_STYLES, GATE_STATE_STYLES]
  const names = styles.flatMap((one) => Object.values(one)).map(({ color }) => color.split('.')[0])
  expect([...new Set(names)].filter((name) => !STATUS_COLORS.some((one) => one === name))).toEqual([])
  // Paler than the others, because what has not begun is most of a new deployment.
  for (const { surface } of Object.values(SURFACES))
    expect(contrastOf(COLORS.gray[5], surface)).toBeGreaterThanOrEqual(SHAPE)
})

/** Contents by the name of the file. */
const FILES = new Map(
  readdirSync(WEB, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(css|tsx?)$/.test(name))
    .map((name) => [name, readFileSync(join(WEB, name), 'utf8')]),
)

/** `file: line` of each line that matches. */
const linesWith = (pattern: RegExp, extension: RegExp): string[] =>
  [...FILES].flatMap(([name, text]) =>
    extension.test(name)
      ? text.split('\n').flatMap((line) => (pattern.test(line) ? [`${name}: ${line.trim()}`] : []))
      : [],
  )

test('colors are written in web/tokens.ts only', () => {
  const literal = /#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|oklch)\(/i
  expect([...FILES].filter(([name, text]) => name !== 'tokens.ts' && literal.test(text)).map(([name]) => name)).toEqual(
    [],
  )
  const shades = [...FILES].flatMap(([, text]) => [...text.matchAll(/'([a-z]+)\.\d'/g)].map(([, color]) => color))
  expect(shades.filter((color) => !Object.keys(COLORS).includes(color ?? ''))).toEqual([])
})

test('surfaces, lines and texts have the colors of tokens, not shades of the library', () => {
  const neutral = 'gray|dark|white|black|body|text|bright|dimmed|default|default-\\w+'
  expect(linesWith(new RegExp(`--mantine-color-(${neutral}|\\w+-\\d)[,)]|light-dark\\(`), /css$/)).toEqual([])
})

test('distances are tokens', () => {
  const property = '(?:gap|rowGap|columnGap|spacing|verticalSpacing|horizontalSpacing|[mp][trblxyse]?)'
  const literal = '(?:=\\{[^}]*[1-9]|="(?![23]xs")[^"]*\\d|: -?[\\d.]*[1-9])'
  expect(linesWith(new RegExp(`[\\s{]${property}${literal}`), /tsx$/)).toEqual([])
  // Lines of borders are in px.
  const declaration = /^\s*(?:(?:row-|column-)?gap|(?:padding|margin)[\w-]*):[^;]*\d(?:rem|em)\b/
  expect(linesWith(declaration, /css$/)).toEqual([])
})
