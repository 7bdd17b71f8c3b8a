import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'

/** Answers with one JSON array of all that the pages hold, made as it is sent. */
export const sendArray = (reply: FastifyReply, pages: AsyncIterable<readonly unknown[]>): FastifyReply =>
  reply.type('application/json; charset=utf-8').send(Readable.from(pieces(pages)))

async function* pieces(pages: AsyncIterable<readonly unknown[]>) {
  let before = '['
  for await (const page of pages) {
    yield before + page.map((item) => JSON.stringify(item)).join()
    before = ','
  }
  yield before === '[' ? '[]' : ']'
}
