import { makeReady } from './ready.js'

const parent = process.ppid
makeReady()
if (process.env.npm_lifecycle_event) stopWithParent()
// In this process, so that signals reach the server.
await import('../dist/main.js')

/** npm passes signals to the shell between us, and some shells die of them without telling. */
function stopWithParent() {
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, 300).unref()
}
