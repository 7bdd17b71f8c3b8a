// Ctrl-C reaches a program below npm twice: from the terminal and from npm.
const SAME_GESTURE_MS = 1000

/** Resolves at the first SIGTERM or SIGINT; a further one ends the process at once. */
export function untilSignal(): Promise<void> {
  let first: number | undefined
  return new Promise((resolve) => {
    const onSignal = () => {
      if (first !== undefined && Date.now() - first > SAME_GESTURE_MS) process.exit(1)
      first ??= Date.now()
      resolve()
    }
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
  })
}
