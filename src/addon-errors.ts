import { refuse } from './refusal.ts'

const notFound = refuse(404)
const conflict = refuse(409)
const stale = refuse(412)

// Of what Mender has as add-ons: the configuration of devices, and remote terminals.

export const noConfiguration = () =>
  conflict(
    'no_configuration',
    "The device speaks hawkBit's DDI, which has no configuration: choose a device that speaks Mender's protocol.",
  )
export const configurationChanged = () =>
  stale('version_mismatch', 'The configuration has changed since you read it: read it again before you change it.')
export const configurationNotFound = () =>
  notFound('configuration_not_found', 'The configuration is not stored any more: the device was decommissioned.')
export const noConfigurationRollback = () =>
  conflict(
    'no_configuration_rollback',
    'The deployment installs a configuration, which no release replaces: deploy another configuration to the device.',
  )
export const noTerminal = () =>
  notFound(
    'not_supported',
    'Remote terminals, file transfer and port forwarding are not offered: disable mender-connect on the device.',
  )
