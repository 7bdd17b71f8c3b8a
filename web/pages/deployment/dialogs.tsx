import { createContext, type ReactNode, useContext, useState } from 'react'
import type { Deployment } from '../../api/deployments.ts'
import { Abort } from './abort.tsx'
import { Approve } from './approve.tsx'
import { DeployAgain } from './deploy-again.tsx'
import { OpenGate } from './open-gate.tsx'
import { Pause } from './pause.tsx'
import { Resume } from './resume.tsx'
import { RollBack } from './roll-back.tsx'

/** `index`: of the phase whose gate it concerns. */
export type Dialog =
  | { kind: 'pause' | 'resume' | 'abort' | 'roll_back' }
  | { kind: 'approve' | 'open'; index: number }
  | { kind: 'again'; outcome: 'failed' | 'not_reached' }

const OpenDialog = createContext<(dialog: Dialog) => void>(() => {})

/** Opens the dialog of an action. */
export const useOpenDialog = () => useContext(OpenDialog)

/** The page, with the dialogs of what can be done about the deployment: each states its consequences first. */
export function Dialogs({ deployment, children }: { deployment: Deployment | undefined; children: ReactNode }) {
  const [dialog, setDialog] = useState<Dialog>()
  return (
    <OpenDialog value={setDialog}>
      {children}
      {deployment && dialog && <Shown {...{ deployment, dialog }} onClose={() => setDialog(undefined)} />}
    </OpenDialog>
  )
}

type ShownProps = { deployment: Deployment; dialog: Dialog; onClose: () => void }

function Shown({ deployment, dialog, onClose }: ShownProps) {
  const props = { deployment, onClose }
  switch (dialog.kind) {
    case 'pause':
      return <Pause {...props} />
    case 'resume':
      return <Resume {...props} />
    case 'abort':
      return <Abort {...props} />
    case 'roll_back':
      return <RollBack {...props} />
    case 'approve':
      return <Approve {...props} index={dialog.index} />
    case 'open':
      return <OpenGate {...props} index={dialog.index} />
    case 'again':
      return <DeployAgain {...props} outcome={dialog.outcome} />
  }
}
