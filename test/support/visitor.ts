/** A browser without a screen: it keeps cookies for each origin, and follows redirects as far as a test wants. */
export function openVisitor() {
  const cookies = new Map<string, Map<string, string>>()
  const setCookies: string[] = []
  const jarOf = (url: string) => {
    const { origin } = new URL(url)
    const jar = cookies.get(origin) ?? new Map<string, string>()
    cookies.set(origin, jar)
    return jar
  }
  const send = async (url: string, init: RequestInit = {}) => {
    const jar = jarOf(url)
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { ...(init.headers as Record<string, string>), ...(cookie ? { cookie } : {}) }
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const text of response.headers.getSetCookie()) {
      setCookies.push(text)
      const [pair = '', ...attributes] = text.split('; ')
      const [name = '', ...value] = pair.split('=')
      const isGone = attributes.some((one) => /^max-age=0$|^expires=thu, 01 jan 1970/i.test(one))
      if (isGone) jar.delete(name)
      else jar.set(name, value.join('='))
    }
    const location = response.headers.get('location')
    const next = location === null ? undefined : new URL(location, url).href
    return { url, status: response.status, next, text: await response.text(), headers: response.headers }
  }
  /** Follows redirects until there is none, or until they lead to a place where it shall not go. */
  const follow = async (first: string, stops: (url: string) => boolean = () => false, init: RequestInit = {}) => {
    let response = await send(first, init)
    while (response.next !== undefined && !stops(response.next)) response = await send(response.next)
    return { ...response, url: response.next ?? response.url }
  }
  return { send, follow, jarOf, setCookies }
}

export type Visitor = ReturnType<typeof openVisitor>
