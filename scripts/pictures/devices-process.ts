import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Devices, type Done, type Installation, type Tick } from './devices.ts'

type Command = { open: Installation } | { tick: Tick }
type Running = AsyncDisposable & { run(tick: Tick): Promise<Done> }

const SELF = fileURLToPath(import.meta.url)

/** Starts the devices in a process of their own, so that the server has a processor. */
export function startDevices(installation: Installation): Running {
  const child = fork(SELF, { execArgv: ['--import', 'tsx'] })
  const send = (command: Command) => child.send(command)
  send({ open: installation })
  return {
    async run(tick) {
      send({ tick })
      return nextMessage(child)
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill()
      await exited
    },
  }
}

async function nextMessage(child: ChildProcess): Promise<Done> {
  const received = new AbortController()
  const exited = once(child, 'exit', { signal: received.signal }).then(() => {
    throw new Error('The process of the devices exited.')
  })
  exited.catch(() => {})
  const [message] = await Promise.race([once(child, 'message'), exited]).finally(() => received.abort())
  return message
}

if (process.argv[1] === SELF) {
  let devices: Devices | undefined
  process.on('message', async (command: Command) => {
    if ('open' in command) devices = new Devices(command.open)
    else process.send?.(await devices?.run(command.tick))
  })
  process.on('disconnect', () => process.exit())
}
