import type { EventAction, ObjectType } from '../../../src/events/event.ts'

/** The options of the filters of the audit log. */
export const ACTIONS: Readonly<Record<EventAction, string>> = {
  create: 'Create',
  update: 'Update',
  delete: 'Delete',
  upload: 'Upload',
  abort: 'Abort',
  pin: 'Pin',
  unpin: 'Remove pin',
  continue: 'Continue',
  login: 'Sign in',
  pause: 'Pause',
  resume: 'Resume',
  approve: 'Approve',
  open: 'Open',
  verdict: 'Verdict',
  rollback: 'Roll back',
  trip: 'Stop by failure policy',
  accept: 'Accept',
  reject: 'Reject',
  dismiss: 'Dismiss',
  preauthorize: 'Preauthorize',
  revoke: 'Revoke',
  decommission: 'Decommission',
}

export const TYPES: Readonly<Record<ObjectType, string>> = {
  user: 'User',
  deployment: 'Deployment',
  device: 'Device',
  devices: 'Several devices',
  group: 'Group',
  filter: 'Saved filter',
  artifact: 'Artifact',
  release: 'Release',
  releases: 'Several releases',
  role: 'Role',
  token: 'Token',
  settings: 'Settings',
  integration: 'Webhook',
  sign_in_provider: 'Sign-in provider',
  tenant: 'Tenant',
}

const VERB_PHRASES: Readonly<Record<string, string>> = {
  'create user': 'added the user',
  'update user': 'changed the user',
  'delete user': 'deleted the user',
  'create deployment': 'created the deployment',
  'update deployment': 'changed the deployment',
  'abort deployment': 'aborted the deployment',
  'pause deployment': 'paused the deployment',
  'resume deployment': 'resumed the deployment',
  'approve deployment': 'approved a phase of the deployment',
  'open deployment': 'opened a phase of the deployment',
  'verdict deployment': 'reported a verdict on the deployment',
  'rollback deployment': 'rolled back the deployment',
  'trip deployment': 'stopped the deployment',
  'continue deployment': 'let paused devices continue in the deployment',
  'continue device': 'let the paused device continue',
  'pin device': 'pinned the device',
  'pin devices': 'pinned',
  'unpin device': 'removed the pin of the device',
  'unpin devices': 'removed the pins of',
  'upload artifact': 'uploaded the artifact',
  'update artifact': 'changed the artifact',
  'delete artifact': 'deleted the artifact',
  'update release': 'changed the release',
  'delete release': 'deleted the release',
  'delete releases': 'deleted the releases',
  'accept device': 'accepted the device',
  'accept devices': 'accepted',
  'reject device': 'rejected the device',
  'reject devices': 'rejected',
  'dismiss device': 'dismissed a key of the device',
  'preauthorize device': 'preauthorized the device',
  'revoke device': 'revoked the token of the device',
  'update device': 'changed the device',
  'abort device': 'aborted an update of the device',
  'decommission device': 'decommissioned the device',
  'decommission devices': 'decommissioned',
  'update group': 'changed the group',
  'create filter': 'saved the filter',
  'update filter': 'changed the filter',
  'delete filter': 'deleted the filter',
  'create role': 'created the role',
  'update role': 'changed the role',
  'delete role': 'deleted the role',
  'create token': 'created the token',
  'delete token': 'revoked the access token',
  'revoke token': 'revoked the gateway token',
  'create integration': 'created the webhook',
  'update integration': 'changed the webhook',
  'delete integration': 'deleted the webhook',
  'create sign_in_provider': 'created the sign-in provider',
  'update sign_in_provider': 'changed the sign-in provider',
  'delete sign_in_provider': 'deleted the sign-in provider',
  'login user': 'signed in as',
  'update settings': 'changed the settings of the tenant',
  'update tenant': 'changed the tenant',
}

/** The action as a verb phrase, which the name of the object follows. */
export const verbPhrase = (action: string, type: string): string =>
  VERB_PHRASES[`${action} ${type}`] ?? `${action} ${type}`

/** The subject of an event that no user caused. Gates and phases open by themselves. */
export function systemActor(id: string, action: string): string {
  if (id.startsWith('sign-in provider ')) return `The ${id}`
  if (id !== 'failure-policy') return id
  return action === 'open' ? 'The rollout' : 'The failure policy'
}
