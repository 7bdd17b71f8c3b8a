/** The command that writes the simplest artifact. */
export const MAKE_ARTIFACT =
  'mender-artifact write module-image -T script -n release-1.0 -t raspberrypi4 -f install.sh -o release-1.0.mender'

/** The commands that connect a device to this server. */
export const connectDevice = (server: string, tenant_token: string): string =>
  [
    `mender setup --device-type raspberrypi4 --server-url ${server} --server-cert "" \\`,
    `  --tenant-token ${tenant_token} \\`,
    '  --demo=false --update-poll 1800 --inventory-poll 28800 --retry-poll 300',
    'systemctl restart mender-client',
  ].join('\n')
