import { describe, expect, test } from 'vitest'
import { batched } from '../src/db/batch.ts'

const env = {}
const tick = () => new Promise((wake) => setTimeout(wake, 5))

/** A run that ends when it is told to. */
function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

describe('a batch', () => {
  test('takes together what arrives while a run is under way, and answers each its own', async () => {
    const runs: number[][] = []
    const { opened, open } = gate()
    const double = batched<object, number, number>(
      async (_, keys) => {
        runs.push(keys)
        if (runs.length === 1) await opened
        return keys.map((key) => key * 2)
      },
      { maxInFlight: 1 },
    )
    const first = double(env, 1)
    await tick()
    const rest = [2, 3, 4].map((key) => double(env, key))
    await tick()
    open()
    expect(await Promise.all([first, ...rest])).toEqual([2, 4, 6, 8])
    expect(runs).toEqual([[1], [2, 3, 4]])
  })

  test('that fails is repeated in halves: one bad key fails nobody else, and few runs tell which it is', async () => {
    let runs = 0
    const odd = batched<object, number, number>(async (_, keys) => {
      runs++
      if (keys.includes(3)) throw new Error('no three')
      return keys
    })
    const keys = Array.from({ length: 64 }, (_, key) => key)
    const answers = await Promise.allSettled(keys.map((key) => odd(env, key)))
    expect(answers.flatMap(({ status }, key) => (status === 'rejected' ? [key] : []))).toEqual([3])
    expect(runs).toBe(13)
  })

  test('never holds more keys than its size', async () => {
    const sizes: number[] = []
    const run = batched<object, number, number>(
      async (_, keys) => {
        sizes.push(keys.length)
        return keys
      },
      { maxSize: 3 },
    )
    await Promise.all(Array.from({ length: 10 }, (_, key) => run(env, key)))
    expect(Math.max(...sizes)).toBe(3)
    expect(sizes.reduce((sum, size) => sum + size)).toBe(10)
  })

  test('of one lane waits for no other lane', async () => {
    const { opened, open } = gate()
    const run = batched<object, string, string>(
      async (_, keys) => {
        if (keys[0] === 'slow') await opened
        return keys
      },
      { maxInFlight: 1, partition: (key) => key },
    )
    const slow = run(env, 'slow')
    await tick()
    expect(await run(env, 'quick')).toBe('quick')
    open()
    expect(await slow).toBe('slow')
  })
})
