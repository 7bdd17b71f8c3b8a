import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'

/** Responds with one JSON array of the items of all pages, written as it is sent. */
export const sendArray = (reply: FastifyReply, pages: AsyncIterable<readonly unknown[]>): FastifyReply =>
  reply.type('application/json; charset=utf-8').send(Readable.from(chunks(pages)))

async function* chunks(pages: AsyncIterable<readonly unknown[]>) {
  let separator = '['
  for await (const page of pages) {
    yield separator + page.map((item) => JSON.stringify(item)).join()
    separator = ','
  }
  yield separator === '[' ? '[]' : ']'
}
