import type { ArtifactUpload, paths } from './api.ts'

// Types of requests and responses, derived from those that are generated from the OpenAPI document.

export type Method = 'get' | 'put' | 'patch' | 'post' | 'delete'

/** The paths that have a method. */
export type PathOf<M extends Method> = { [Path in keyof paths]: paths[Path] extends Has<M> ? Path : never }[keyof paths]

/** The paths whose POST creates something, and takes an idempotency key. */
export type CreatingPath = { [Path in PathOf<'post'>]: Takes<Path, 'idempotency-key'> }[PathOf<'post'>]

/** The paths that return a list by pages. */
export type ListPath = { [Path in PathOf<'get'>]: Pages<Path> }[PathOf<'get'>]

export type RowOf<Path extends ListPath> = ResultOf<Path, 'get'> extends readonly (infer Row)[] ? Row : never

/** The fields of the form of an upload beside the file, in the order in which they are sent. */
export type UploadFields = { [Field in Exclude<keyof ArtifactUpload, 'artifact' | 'size'>]?: string | undefined }

/** What a request needs beside its path: the values of the placeholders, the query and the body. */
export type Input<Path extends keyof paths, M extends Method> = PathInput<Path, M> &
  QueryInput<Path, M> &
  BodyInput<Path, M>

/** The arguments of a request after its path. */
export type Arguments<Required> = Nothing extends Required ? [input?: Required] : [input: Required]

/** The body of a successful response. */
export type ResultOf<Path extends keyof paths, M extends Method> =
  Operation<Path, M> extends { responses: infer Responses }
    ? ContentOf<Responses[keyof Responses & (200 | 201 | 202 | 204)]>
    : never

type Nothing = Record<never, never>
type Has<M extends Method> = { [Name in M]: object }
type Operation<Path extends keyof paths, M extends Method> = paths[Path][M]

type Takes<Path extends PathOf<'post'>, Header extends string> =
  Operation<Path, 'post'> extends { parameters: { header?: infer Headers } }
    ? Header extends keyof NonNullable<Headers>
      ? Path
      : never
    : never

type Pages<Path extends PathOf<'get'>> =
  Operation<Path, 'get'> extends { parameters: { query?: infer Query } }
    ? 'page' extends keyof NonNullable<Query>
      ? ResultOf<Path, 'get'> extends readonly unknown[]
        ? Path
        : never
      : never
    : never

type PathInput<Path extends keyof paths, M extends Method> =
  Operation<Path, M> extends { parameters: { path: infer Values } } ? { path: Values } : Nothing

type QueryInput<Path extends keyof paths, M extends Method> =
  Operation<Path, M> extends { parameters: { query: infer Query } }
    ? { query: Sent<Query> }
    : Operation<Path, M> extends { parameters: { query?: infer Query } }
      ? { query?: Sent<NonNullable<Query>> | undefined }
      : Nothing

type BodyInput<Path extends keyof paths, M extends Method> =
  Operation<Path, M> extends { requestBody: { content: infer Content } }
    ? { body: Sent<JsonOf<Content>> }
    : Operation<Path, M> extends { requestBody?: { content: infer Content } }
      ? { body?: Sent<JsonOf<Content>> | undefined }
      : Nothing

type JsonOf<Content> = Content extends { 'application/json': infer Body } ? Body : Content[keyof Content]

type ContentOf<Response> = Response extends { content: infer Content } ? JsonOf<Content> : undefined

/** Members that may be absent may also be undefined: they are not sent. */
export type Sent<Value> = Value extends readonly (infer Item)[]
  ? readonly Sent<Item>[]
  : Value extends object
    ? { [Name in keyof Value]: Sent<Value[Name]> | (Nothing extends Pick<Value, Name> ? undefined : never) }
    : Value
