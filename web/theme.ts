import {
  Anchor,
  Badge,
  Chip,
  type CSSVariablesResolver,
  createTheme,
  Menu,
  Modal,
  Notification,
  Progress,
  Table,
  Tooltip,
} from '@mantine/core'
import {
  ACCENT,
  COLORS,
  type Color,
  FLOATING,
  FONT_SIZES,
  HEADINGS,
  RADIUS,
  type Scheme,
  SPACING,
  STATUS_COLORS,
  SURFACES,
  toneOf,
} from './tokens.ts'

/** Short, and only for what appears: nothing moves that a user reads. */
const APPEARING = { transition: 'fade', duration: 100 } as const

/** The tokens as the theme of Mantine, and what its components are by default. web/style.css has their look. */
export const theme = createTheme({
  primaryColor: ACCENT,
  primaryShade: 7,
  colors: COLORS,
  black: SURFACES.light.text,
  autoContrast: true,
  luminanceThreshold: 0.35,
  respectReducedMotion: true,
  defaultRadius: 'md',
  cursorType: 'pointer',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  fontSizes: FONT_SIZES,
  spacing: SPACING,
  breakpoints: { wide: '120em' },
  radius: RADIUS,
  headings: { fontWeight: '600', sizes: HEADINGS },
  components: {
    Anchor: Anchor.extend({ defaultProps: { underline: 'hover' } }),
    Badge: Badge.extend({ defaultProps: { radius: 'sm' } }),
    Chip: Chip.extend({ defaultProps: { radius: 'md', size: 'sm' } }),
    Menu: Menu.extend({ defaultProps: { transitionProps: APPEARING } }),
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        closeButtonProps: { 'aria-label': 'Close' },
        overlayProps: { backgroundOpacity: 0.45 },
        transitionProps: APPEARING,
      },
    }),
    Notification: Notification.extend({ defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } }),
    Progress: Progress.extend({ defaultProps: { radius: 'sm' } }),
    Table: Table.extend({ defaultProps: { verticalSpacing: '0.45rem' } }),
    Tooltip: Tooltip.extend({
      defaultProps: { withArrow: true, events: { hover: true, focus: true, touch: true }, transitionProps: APPEARING },
    }),
  },
})

/** The tokens of a scheme as CSS variables, and the variables of Mantine that follow them. */
function variablesOf(scheme: Scheme): Record<string, string> {
  const surfaces = SURFACES[scheme]
  return {
    ...Object.fromEntries(Object.entries(surfaces).map(([name, color]) => [`--${name}`, color])),
    '--floating': FLOATING[scheme],
    '--focus': toneOf(ACCENT, scheme).text,
    '--mantine-color-body': surfaces.surface,
    '--mantine-color-text': surfaces.text,
    '--mantine-color-bright': surfaces.text,
    '--mantine-color-dimmed': surfaces.muted,
    '--mantine-color-placeholder': surfaces.muted,
    '--mantine-color-default': surfaces.surface,
    '--mantine-color-default-hover': surfaces.hover,
    '--mantine-color-default-color': surfaces.text,
    '--mantine-color-default-border': surfaces['line-strong'],
    '--mantine-color-error': toneOf('red', scheme).text,
    '--mantine-color-success': toneOf('teal', scheme).text,
    '--mantine-color-anchor': toneOf(ACCENT, scheme).text,
    ...Object.assign({}, ...[...STATUS_COLORS, ACCENT as Color].map((color) => tonesOf(color, scheme))),
  }
}

function tonesOf(color: Color, scheme: Scheme): Record<string, string> {
  const { text, solid, tint } = toneOf(color, scheme)
  return {
    [`--mantine-color-${color}-text`]: text,
    [`--mantine-color-${color}-filled`]: solid,
    [`--mantine-color-${color}-light`]: tint,
    [`--mantine-color-${color}-light-color`]: text,
    [`--mantine-color-${color}-outline`]: text,
  }
}

export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: variablesOf('light'),
  dark: variablesOf('dark'),
})
