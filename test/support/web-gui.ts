import { expect } from 'vitest'
import type { Answer, Api } from './api.ts'

const MANAGEMENT = '/api/management'

// biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
export type Json = any

/** Members that the web GUI takes as null: a group of a device that has none, a payload without a type. */
const MAY_BE_NULL = ['group', 'type']

/** Where an answer holds a null: one is enough to replace a whole page of the GUI by an error. */
function nullsIn(value: Json, at = ''): string[] {
  if (value === null) return MAY_BE_NULL.some((name) => at.endsWith(`.${name}`)) ? [] : [at]
  if (typeof value !== 'object') return []
  return Object.entries(value).flatMap(([name, member]) => nullsIn(member, `${at}.${name}`))
}

/** The web GUI's client: paths below /api/management, every answer without nulls, lists with their total. */
export function openGui(api: Api) {
  const checked = (answer: Answer): Answer => {
    expect(nullsIn(answer.body)).toEqual([])
    return answer
  }
  return {
    async get(path: string): Promise<Json> {
      const answer = checked(await api.get(`${MANAGEMENT}/${path}`))
      expect([path, answer.status]).toEqual([path, 200])
      return answer.body
    },
    /** A list and its total, which must agree: an empty page below the total makes the GUI ask for ever. */
    async list(path: string, body?: object): Promise<{ rows: Json[]; total: number }> {
      const url = `${MANAGEMENT}/${path}`
      const answer = checked(await (body ? api.post(url, body) : api.get(url)))
      expect([path, answer.status]).toEqual([path, 200])
      const total = Number(answer.headers.get('x-total-count') ?? Number.NaN)
      expect([path, answer.body.length > 0]).toEqual([path, total > 0])
      return { rows: answer.body, total }
    },
    post: async (path: string, body: unknown) => checked(await api.post(`${MANAGEMENT}/${path}`, body)),
    put: async (path: string, body: unknown) => checked(await api.put(`${MANAGEMENT}/${path}`, body)),
    patch: async (path: string, body: unknown) => checked(await api.patch(`${MANAGEMENT}/${path}`, body)),
    delete: async (path: string) => checked(await api.delete(`${MANAGEMENT}/${path}`)),
  }
}

export type Gui = ReturnType<typeof openGui>

/** What the GUI takes for the id of something new. */
export const idIn = (answer: Answer): string => answer.headers.get('location')?.split('/').at(-1) ?? ''
