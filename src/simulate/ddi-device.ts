import { type Answer, send } from '../client/send.ts'

export type DdiDeviceOptions = {
  url: string
  /** ID or name of the tenant, as it is in the URLs of the device. */
  tenant: string
  controller_id: string
  /** The whole header: `GatewayToken ...` or `TargetToken ...`; undefined: none. */
  authorization?: string | undefined
  /** Further headers of each request. */
  headers?: Record<string, string>
  patience_ms?: number
}

export type Execution =
  | ('closed' | 'proceeding' | 'canceled' | 'scheduled')
  | ('rejected' | 'resumed' | 'download' | 'downloaded')
export type Finished = 'success' | 'failure' | 'none'
export type ConfigDataMode = 'merge' | 'replace' | 'remove'

/** What `poll` returns with status 200. */
export type RootResource = {
  config: { polling: { sleep: string } }
  _links: { [name in 'deploymentBase' | 'cancelAction' | 'configData' | 'installedBase']?: { href: string } }
}

/** One file of what `deployment` returns with status 200. */
export type DdiArtifact = {
  filename: string
  hashes: { sha1: string; md5: string; sha256: string }
  size: number
  _links: { [name in 'download' | 'download-http']?: { href: string } }
}

/** The requests of a device that speaks DDI. Links are followed as they are. */
export class DdiDevice {
  readonly controller_id: string
  /** The URL of the root resource. */
  readonly root: string
  authorization: string | undefined
  readonly #headers: Record<string, string>
  readonly #patience: { patience_ms?: number }

  constructor({ url, tenant, controller_id, authorization, headers = {}, patience_ms }: DdiDeviceOptions) {
    this.controller_id = controller_id
    this.root = `${url}/${encodeURIComponent(tenant)}/controller/v1/${encodeURIComponent(controller_id)}`
    this.authorization = authorization
    this.#headers = headers
    this.#patience = patience_ms === undefined ? {} : { patience_ms }
  }

  poll(): Promise<Answer> {
    return this.#send('GET', this.root)
  }

  putConfigData(data: Record<string, string>, mode?: ConfigDataMode): Promise<Answer> {
    return this.#send('PUT', `${this.root}/configData`, { ...status('closed', 'success', []), data, mode })
  }

  /** `href`: that of the link `deploymentBase`, or the ID of the action. */
  deployment(href: string | number): Promise<Answer> {
    return this.#send('GET', this.#resource('deploymentBase', href))
  }

  /** `href`: that of the link `cancelAction`, or the ID of the action. */
  cancel(href: string | number): Promise<Answer> {
    return this.#send('GET', this.#resource('cancelAction', href))
  }

  /** `href`: that of the link `deploymentBase` or `cancelAction`, or the ID of the action, for `deploymentBase`. */
  feedback(
    href: string | number,
    execution: Execution,
    finished: Finished = 'none',
    details: string[] = [],
  ): Promise<Answer> {
    const path = this.#resource('deploymentBase', href).replace(/\?.*/, '')
    const id = path.split('/').at(-1)
    return this.#send('POST', `${path}/feedback`, { id, ...status(execution, finished, details) })
  }

  /** `range` as in the header: `bytes=0-99`. */
  download(href: string, range?: string): Promise<Answer> {
    return this.#send('GET', href, undefined, range === undefined ? {} : { range })
  }

  /** The headers of the download. */
  head(href: string): Promise<Answer> {
    return this.#send('HEAD', href)
  }

  #resource(name: string, href: string | number): string {
    return /^https?:/.test(String(href)) ? String(href) : `${this.root}/${name}/${href}`
  }

  #send(method: string, url: string, body?: unknown, more: Record<string, string> = {}): Promise<Answer> {
    const { authorization } = this
    const headers = { ...(authorization === undefined ? {} : { authorization }), ...this.#headers, ...more }
    return send(url, { method, body, headers, insecure: true, ...this.#patience })
  }
}

/** As rauc-hawkbit-updater writes it: the time is in UTC, without a zone. */
const status = (execution: Execution, finished: Finished, details: string[]) => ({
  time: new Date().toISOString().replace(/[-:]|\..*/g, ''),
  status: { execution, result: { finished }, details },
})
