import { makeReady } from './ready.js'

const parent = process.ppid
makeReady()
if (process.env.npm_lifecycle_event) stopWithParent()
// Imported instead of spawned, so that signals reach the server.
await import('../dist/main.js')

/** npm sends signals to the shell between npm and this process; some shells exit without passing them on. */
function stopWithParent() {
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    process.kill(process.pid, 'SIGTERM')
  }, 300).unref()
}
