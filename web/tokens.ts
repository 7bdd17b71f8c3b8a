/**
 * The design tokens: the only file with literal colors. web/README.md says what each is for, and
 * test/web-tokens.test.ts computes their contrast.
 */

type Shades = readonly [string, string, string, string, string, string, string, string, string, string]

/** Ten shades of a color, from the lightest to the darkest. */
const shades = (text: string): Shades => text.split(' ') as unknown as Shades

/**
 * The shades have the same lightness in each color (OKLCH), so that one rule of contrast is true for all: `SHADES_OF`.
 */
export const COLORS = {
  indigo: shades('#f6f7fe #ebecfe #d9dbfe #c3c4fe #aaaafe #8f8aff #7a6df8 #6757e0 #5546bd #413594'),
  blue: shades('#f3f8fe #e1f0fe #c5e2fe #a0d0ff #72bafe #44a1f1 #1f8bde #0375c2 #0461a1 #024a7d'),
  cyan: shades('#f0fafc #def2f6 #c1e6ed #9cd6e2 #6cc3d5 #38acc1 #0097ac #0a8091 #036a79 #03515d'),
  teal: shades('#f0faf5 #e0f3e9 #c4e8d6 #a1d9be #74c8a2 #48b286 #219d70 #08865d #046f4d #02563a'),
  yellow: shades('#fcf7ee #f8ecdb #f0dbbc #e5c595 #d9ac64 #c59134 #b07b05 #966802 #7c5503 #604100'),
  orange: shades('#fef5f1 #ffe9dd #fed4be #f9bb98 #f39c69 #e27c3d #cd6418 #b25201 #934303 #723302'),
  red: shades('#fef5f4 #fee8e6 #fed2ce #ffb5af #fe908a #f96260 #e44548 #cb2b34 #ab1d27 #85141c'),
  grape: shades('#fdf4fe #fae6fd #f4d0f9 #ecb4f4 #e191ed #ce70dd #b956c8 #a240b2 #883195 #692474'),
  // Not the grey of the library: a little of the accent's blue in each.
  gray: shades('#f7f9fe #f0f2f8 #e7eaf1 #dde1e9 #c5cad6 #8a92a3 #6b7386 #535a6c #363d4d #181d2a'),
  dark: shades('#d8deea #b5bdcc #9aa3b6 #6f788c #2f3646 #242a38 #181d29 #131823 #0e121b #080b12'),
} as const

/** The one accent: actions, the current page, selection, focus. It is never a status. */
export const ACCENT = 'indigo'

/** Colors that a status may have. */
export const STATUS_COLORS = ['teal', 'cyan', 'blue', 'yellow', 'orange', 'red', 'grape', 'gray'] as const
export type Color = (typeof STATUS_COLORS)[number] | typeof ACCENT

/** A colored text, a dot or bar, and a quiet background, each with the shade that it has in a scheme. */
const SHADES_OF = { light: { text: 8, solid: 7, tint: 1 }, dark: { text: 4, solid: 6, tint: 9 } } as const
/** Buttons are filled with these, and their text is white in both schemes. */
export const BUTTON_COLORS: readonly Color[] = ['indigo', 'red']

export type Scheme = keyof typeof SHADES_OF

/** How much of its color a tint on a dark surface has. */
const DARK_TINT = 0.38

/** The colors of surfaces, lines and texts in each scheme: the variables `--page`, `--surface` and so on. */
export const SURFACES = {
  light: {
    page: COLORS.gray[0],
    surface: '#ffffff',
    inset: COLORS.gray[1],
    hover: COLORS.gray[1],
    line: COLORS.gray[3],
    'line-strong': COLORS.gray[4],
    track: COLORS.gray[2],
    text: COLORS.gray[9],
    muted: COLORS.gray[7],
  },
  dark: {
    page: COLORS.dark[8],
    surface: COLORS.dark[6],
    inset: COLORS.dark[7],
    hover: COLORS.dark[5],
    line: COLORS.dark[4],
    'line-strong': '#414a5d',
    track: COLORS.dark[4],
    text: COLORS.dark[0],
    muted: COLORS.dark[2],
  },
} as const satisfies Record<Scheme, Record<string, string>>

/** The one shadow, of what floats above a page: `--floating`. */
export const FLOATING = {
  light: '0 8px 24px rgb(24 29 42 / 14%)',
  dark: '0 8px 24px rgb(0 0 0 / 50%)',
} as const satisfies Record<Scheme, string>

/** The colors of a status, or of the accent, in a scheme. */
export function toneOf(color: Color, scheme: Scheme) {
  const { text, solid, tint } = SHADES_OF[scheme]
  const ramp = COLORS[color]
  const { surface } = SURFACES[scheme]
  return {
    text: ramp[text],
    solid: ramp[BUTTON_COLORS.includes(color) ? SHADES_OF.light.solid : solid],
    tint: scheme === 'light' ? ramp[tint] : mixed(ramp[tint], surface, DARK_TINT),
  }
}

/** `share` of a color over another one. */
function mixed(color: string, under: string, share: number): string {
  const [over, below] = [channelsOf(color), channelsOf(under)]
  const channels = over.map((channel, i) => Math.round(share * channel + (1 - share) * (below[i] ?? 0)))
  return `#${channels.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`
}

const channelsOf = (hex: string): number[] => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16))

/** The type scale. `md` is the text of a page, `sm` that of tables and forms. */
export const FONT_SIZES = { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' } as const
export const HEADINGS = {
  h1: { fontSize: '1.375rem', lineHeight: '1.3' },
  h2: { fontSize: '0.9375rem', lineHeight: '1.4' },
  h3: { fontSize: '0.875rem', lineHeight: '1.4' },
  h4: { fontSize: '0.8125rem', lineHeight: '1.4' },
} as const

/** Distances: multiples of 4 px, except the smallest. */
export const SPACING = {
  ...{ '3xs': '0.125rem', '2xs': '0.25rem', xs: '0.5rem', sm: '0.75rem' },
  ...{ md: '1rem', lg: '1.25rem', xl: '2rem' },
} as const

export const RADIUS = { xs: '0.1875rem', sm: '0.25rem', md: '0.375rem', lg: '0.5rem', xl: '1rem' } as const
