/** The chunks with a function applied to each; ends its source if it is left, even before it began. */
export const mapChunks = <From, To>(source: AsyncIterable<From>, map: (chunk: From) => To): AsyncIterable<To> => ({
  [Symbol.asyncIterator]() {
    const chunks = source[Symbol.asyncIterator]()
    return {
      async next() {
        const { done, value } = await chunks.next()
        return done ? { done: true, value: undefined } : { done: false, value: map(value) }
      },
      async return() {
        await chunks.return?.()
        return { done: true, value: undefined }
      },
    }
  },
})
