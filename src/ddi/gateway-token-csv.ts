import type { GatewayToken } from './gateway-token.ts'

export const GATEWAY_TOKEN_COLUMNS = ['name', 'id', 'created_ts'] as const

export const gatewayTokenCells = ({ name, id, created_ts }: GatewayToken): string[] => [name, id, created_ts]
