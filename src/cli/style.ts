import { styleText } from 'node:util'
import type { StatusStyle } from '../texts/statuses.ts'

export type Style = Parameters<typeof styleText>[0]

/** Colours only on a terminal, unless NO_COLOR or FORCE_COLOR is set. */
export function styled(style: Style | undefined, text: string, stream: { isTTY?: boolean } = process.stdout): string {
  // Colours are decided here, because Node.js does so for one stream only, and not in every version.
  return style !== undefined && hasColors(stream) ? styleText(style, text, { validateStream: false }) : text
}

function hasColors({ isTTY }: { isTTY?: boolean }): boolean {
  const { FORCE_COLOR, NO_COLOR, TERM } = process.env
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  return isTTY === true && !NO_COLOR && TERM !== 'dumb'
}

const NEAREST: Readonly<Record<string, Style>> = {
  ...({ teal: 'green', red: 'red', blue: 'blue', yellow: 'yellow', cyan: 'cyan' } as const),
  ...({ grape: 'magenta', orange: 'yellow' } as const),
}

/** The nearest terminal colour to a color of the web UI. */
export const terminalStyleOf = (statusStyle: StatusStyle | undefined): Style =>
  NEAREST[statusStyle?.color ?? ''] ?? 'gray'
