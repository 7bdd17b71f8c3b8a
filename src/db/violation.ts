/** The name of the constraint that a failed statement would have broken, if that is why it failed. */
export function violated(error: unknown): string | undefined {
  const { code, constraint } = error as { code?: string; constraint?: string }
  return code?.startsWith('23') ? (constraint ?? code) : undefined
}
