import { expect } from 'vitest'
import type { Api, ApiResponse } from './api.ts'

const MANAGEMENT = '/api/management'

// biome-ignore lint/suspicious/noExplicitAny: tests read arbitrary members
export type Json = any

/** Members that may be null for the web GUI: the group of a device without one, a payload without a type. */
const MAY_BE_NULL = ['group', 'type']

/** The paths of nulls in a response: a single one makes the GUI show an error in place of a page. */
function nullsIn(value: Json, at = ''): string[] {
  if (value === null) return MAY_BE_NULL.some((name) => at.endsWith(`.${name}`)) ? [] : [at]
  if (typeof value !== 'object') return []
  return Object.entries(value).flatMap(([name, member]) => nullsIn(member, `${at}.${name}`))
}

/** A client like that of the web GUI: paths below /api/management, responses without nulls, lists with their total. */
export function openGui(api: Api) {
  const checked = (response: ApiResponse): ApiResponse => {
    expect(nullsIn(response.body)).toEqual([])
    return response
  }
  return {
    async get(path: string): Promise<Json> {
      const response = checked(await api.get(`${MANAGEMENT}/${path}`))
      expect([path, response.status]).toEqual([path, 200])
      return response.body
    },
    /** A list and its total, which must agree: an empty page below the total makes the GUI request it forever. */
    async list(path: string, body?: object): Promise<{ rows: Json[]; total: number }> {
      const url = `${MANAGEMENT}/${path}`
      const response = checked(await (body ? api.post(url, body) : api.get(url)))
      expect([path, response.status]).toEqual([path, 200])
      const total = Number(response.headers.get('x-total-count') ?? Number.NaN)
      expect([path, response.body.length > 0]).toEqual([path, total > 0])
      return { rows: response.body, total }
    },
    post: async (path: string, body: unknown) => checked(await api.post(`${MANAGEMENT}/${path}`, body)),
    put: async (path: string, body: unknown) => checked(await api.put(`${MANAGEMENT}/${path}`, body)),
    patch: async (path: string, body: unknown) => checked(await api.patch(`${MANAGEMENT}/${path}`, body)),
    delete: async (path: string) => checked(await api.delete(`${MANAGEMENT}/${path}`)),
  }
}

export type Gui = ReturnType<typeof openGui>

/** The ID of a created object, as the GUI reads it. */
export const idIn = (response: ApiResponse): string => response.headers.get('location')?.split('/').at(-1) ?? ''
