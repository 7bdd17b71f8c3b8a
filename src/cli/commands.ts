import { deleteCommand as artifactsDelete } from './artifacts/delete.ts'
import { listCommand as artifactsList } from './artifacts/list.ts'
import { uploadCommand as artifactsUpload } from './artifacts/upload.ts'
import { backupCommand } from './backup.ts'
import type { Command } from './command.ts'
import { completionCommand } from './completion.ts'
import { deployCommand as configDeploy } from './config/deploy.ts'
import { getCommand as configGet } from './config/get.ts'
import { setCommand as configSet } from './config/set.ts'
import { settingsCommand as ddiSettings } from './ddi/settings.ts'
import { showCommand as ddiShow } from './ddi/show.ts'
import { askCommand, preauthorizeCommand, removeTokenCommand, renewTokenCommand } from './ddi/target-token.ts'
import { demoCommand } from './demo.ts'
import { abortCommand as deploymentsAbort } from './deployments/abort.ts'
import { continueCommand } from './deployments/continue.ts'
import { createCommand as deploymentsCreate } from './deployments/create.ts'
import { approveCommand, openCommand, verdictCommand } from './deployments/gates.ts'
import { listCommand as deploymentsList } from './deployments/list.ts'
import { logCommand as deploymentsLog } from './deployments/log.ts'
import { pauseCommand, resumeCommand } from './deployments/pause.ts'
import { rollbackCommand } from './deployments/rollback.ts'
import { showCommand as deploymentsShow } from './deployments/show.ts'
import { watchCommand as deploymentsWatch } from './deployments/watch.ts'
import { acceptCommand, decommissionCommand, rejectCommand } from './devices/change.ts'
import { explainCommand } from './devices/explain.ts'
import { listCommand as devicesList } from './devices/list.ts'
import { pinCommand, unpinCommand } from './devices/pin.ts'
import { distributeCommand } from './distribute.ts'
import { downloadLimitsCommand } from './download-limits.ts'
import { createCommand as filtersCreate } from './filters/create.ts'
import { listCommand as filtersList } from './filters/list.ts'
import { previewCommand } from './filters/preview.ts'
import { showCommand as filtersShow } from './filters/show.ts'
import { createCommand as gatewayTokensCreate } from './gateway-tokens/create.ts'
import { listCommand as gatewayTokensList } from './gateway-tokens/list.ts'
import { revokeCommand } from './gateway-tokens/revoke.ts'
import { loginCommand } from './login.ts'
import { logoutCommand } from './logout.ts'
import { migrateCommand } from './migrate.ts'
import { restoreCommand } from './restore.ts'
import { applyCommand } from './rollout-files/apply.ts'
import { planCommand } from './rollout-files/plan.ts'
import { serveCommand } from './serve.ts'
import { changeCommand as providersChange } from './sign-in-providers/change.ts'
import { checkCommand as providersCheck } from './sign-in-providers/check.ts'
import { createCommand as providersCreate } from './sign-in-providers/create.ts'
import { deleteCommand as providersDelete } from './sign-in-providers/delete.ts'
import { listCommand as providersList } from './sign-in-providers/list.ts'
import { passwordsCommand } from './sign-in-providers/passwords.ts'
import { showCommand as providersShow } from './sign-in-providers/show.ts'
import { simulateArtifactCommand } from './simulate/artifact.ts'
import { simulateDevicesCommand } from './simulate/devices.ts'
import { simulateLoadCommand } from './simulate/load.ts'
import { storageMoveCommand } from './storage-move.ts'
import {
  tenantAllowPasswordsCommand,
  tenantResumeCommand,
  tenantSetMaxDevicesCommand,
  tenantSetPlanCommand,
  tenantSuspendCommand,
} from './tenant-change.ts'
import { tenantCreateCommand } from './tenant-create.ts'
import { tenantListCommand } from './tenant-list.ts'
import { tenantShowCommand } from './tenant-show.ts'
import { userCreateCommand } from './user-create.ts'
import { versionCommand } from './version.ts'
import { changeCommand as webhooksChange } from './webhooks/change.ts'
import { createCommand as webhooksCreate } from './webhooks/create.ts'
import { deleteCommand as webhooksDelete } from './webhooks/delete.ts'
import { deliveriesCommand } from './webhooks/deliveries.ts'
import { listCommand as webhooksList } from './webhooks/list.ts'
import { redeliverCommand } from './webhooks/redeliver.ts'

export type Commands = Readonly<Record<string, Command>>

/** Commands that run on the server's machine, with its configuration. */
export const LOCAL: Commands = {
  serve: serveCommand,
  demo: demoCommand,
  migrate: migrateCommand,
  distribute: distributeCommand,
  backup: backupCommand,
  restore: restoreCommand,
  'tenant create': tenantCreateCommand,
  'tenant list': tenantListCommand,
  'tenant show': tenantShowCommand,
  'tenant suspend': tenantSuspendCommand,
  'tenant resume': tenantResumeCommand,
  'tenant set-plan': tenantSetPlanCommand,
  'tenant set-max-devices': tenantSetMaxDevicesCommand,
  'tenant allow-passwords': tenantAllowPasswordsCommand,
  'user create': userCreateCommand,
  'storage move': storageMoveCommand,
  version: versionCommand,
  completion: completionCommand((): Commands => ({ ...LOCAL, ...REMOTE })),
}

/** Commands that use the API of the server. */
export const REMOTE: Commands = {
  login: loginCommand,
  logout: logoutCommand,
  plan: planCommand,
  apply: applyCommand,
  'artifacts upload': artifactsUpload,
  'artifacts list': artifactsList,
  'artifacts delete': artifactsDelete,
  'devices list': devicesList,
  'devices explain': explainCommand,
  'devices accept': acceptCommand,
  'devices reject': rejectCommand,
  'devices decommission': decommissionCommand,
  'devices pin': pinCommand,
  'devices unpin': unpinCommand,
  'config get': configGet,
  'config set': configSet,
  'config deploy': configDeploy,
  'ddi settings': ddiSettings,
  'ddi show': ddiShow,
  'ddi preauthorize': preauthorizeCommand,
  'ddi renew-token': renewTokenCommand,
  'ddi remove-token': removeTokenCommand,
  'ddi ask': askCommand,
  'gateway-tokens create': gatewayTokensCreate,
  'gateway-tokens list': gatewayTokensList,
  'gateway-tokens revoke': revokeCommand,
  'filters create': filtersCreate,
  'filters list': filtersList,
  'filters show': filtersShow,
  'filters preview': previewCommand,
  'deployments create': deploymentsCreate,
  'deployments list': deploymentsList,
  'deployments show': deploymentsShow,
  'deployments log': deploymentsLog,
  'deployments watch': deploymentsWatch,
  'deployments pause': pauseCommand,
  'deployments resume': resumeCommand,
  'deployments continue': continueCommand,
  'deployments approve': approveCommand,
  'deployments open': openCommand,
  'deployments verdict': verdictCommand,
  'deployments rollback': rollbackCommand,
  'deployments abort': deploymentsAbort,
  'download-limits': downloadLimitsCommand,
  'webhooks create': webhooksCreate,
  'webhooks change': webhooksChange,
  'webhooks list': webhooksList,
  'webhooks delete': webhooksDelete,
  'webhooks deliveries': deliveriesCommand,
  'webhooks redeliver': redeliverCommand,
  'sign-in-providers create': providersCreate,
  'sign-in-providers list': providersList,
  'sign-in-providers show': providersShow,
  'sign-in-providers change': providersChange,
  'sign-in-providers check': providersCheck,
  'sign-in-providers delete': providersDelete,
  'sign-in-providers passwords': passwordsCommand,
  'simulate devices': simulateDevicesCommand,
  'simulate load': simulateLoadCommand,
  'simulate artifact': simulateArtifactCommand,
}
