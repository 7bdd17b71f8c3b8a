export type TokenKind = 'target' | 'gateway'
export type ProgramName = 'SWUpdate' | 'RAUC'

type Connection = {
  server: string
  tenant: string
  kind: TokenKind
  /** The attribute that gives the device type. */
  attribute: string | undefined
}

/** The settings with which programs that speak DDI connect to this server. */
export const SETTINGS_OF: Readonly<Record<ProgramName, { file: string; settings: (at: Connection) => string }>> = {
  SWUpdate: { file: '/etc/swupdate.cfg', settings: swupdate },
  RAUC: { file: '/etc/rauc-hawkbit-updater/config.conf', settings: raucHawkbitUpdater },
}

function swupdate({ server, tenant, kind, attribute }: Connection): string {
  return [
    'suricatta: {',
    `  url = "${server}";`,
    `  tenant = "${tenant}";`,
    `  id = "CONTROLLER-ID";`,
    `  ${kind === 'target' ? 'targettoken' : 'gatewaytoken'} = "TOKEN";`,
    '};',
    ...(attribute ? ['identify: (', `  { name = "${attribute}"; value = "raspberrypi4"; }`, ');'] : []),
  ].join('\n')
}

function raucHawkbitUpdater({ server, tenant, kind, attribute }: Connection): string {
  return [
    '[client]',
    `hawkbit_server = ${server.replace(/^https?:\/\//, '')}`,
    `ssl = ${server.startsWith('https:')}`,
    `tenant_id = ${tenant}`,
    'target_name = CONTROLLER-ID',
    `${kind === 'target' ? 'auth_token' : 'gateway_token'} = TOKEN`,
    'bundle_download_location = /tmp/bundle.raucb',
    ...(attribute ? ['', '[device]', `${attribute} = raspberrypi4`] : []),
  ].join('\n')
}
