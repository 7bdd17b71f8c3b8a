import { VERSION } from '../../version.ts'
import { type Paths, withComponents } from './components.ts'
import { DESCRIPTION, SERVERS, TAGS } from './overview.ts'

type Document = { paths?: Paths; components?: object }

/** The options of `@fastify/swagger`, which collects the schemas of the routes. */
export const openapiOptions = () => ({
  openapi: {
    openapi: '3.1.0' as const,
    info: { title: 'Muster', description: DESCRIPTION, version: VERSION },
    components: { securitySchemes: SECURITY_SCHEMES },
    security: [{ token: [] }],
  },
  hideUntagged: true,
  transformObject: (collected: object) => finish((collected as { openapiObject: Document }).openapiObject),
})

const SECURITY_SCHEMES = {
  token: {
    ...{ type: 'http' as const, scheme: 'bearer', bearerFormat: 'JWT' },
    description:
      'Of a user: a session token from `logIn`, or a personal access token. Of a device: a token from `requestDeviceToken`.',
  },
  ddi: {
    ...{ type: 'apiKey' as const, name: 'Authorization', in: 'header' as const },
    description:
      'Of a device that speaks DDI: `GatewayToken` and a gateway token of its tenant, or `TargetToken` and its own token.',
  },
  password: {
    ...{ type: 'http' as const, scheme: 'basic' },
    description: 'The e-mail address and the password of a user.',
  },
}

function finish({ paths = {}, components, ...document }: Document) {
  const hoisted = withComponents(paths)
  return {
    ...{ ...document, servers: SERVERS, tags: TAGS, paths: hoisted.paths },
    components: { ...components, ...hoisted.components },
  }
}
