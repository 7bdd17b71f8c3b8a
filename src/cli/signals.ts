// A child process of npm receives Ctrl-C twice: from the terminal and from npm.
const DUPLICATE_MS = 1000

/** Resolves at the first SIGTERM or SIGINT; another one exits the process immediately. */
export function untilSignal(): Promise<void> {
  let first: number | undefined
  return new Promise((resolve) => {
    const onSignal = () => {
      if (first !== undefined && Date.now() - first > DUPLICATE_MS) process.exit(1)
      first ??= Date.now()
      resolve()
    }
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
  })
}
