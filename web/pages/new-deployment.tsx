import { IconLock } from '@tabler/icons-react'
import { useMay } from '../api/session.ts'
import { Empty } from '../parts/empty.tsx'
import { Page } from '../parts/page.tsx'
import { Form } from './new-deployment/form.tsx'
import './new-deployment/new-deployment.css'

export default function NewDeployment() {
  const may = useMay()
  return (
    <Page title="New deployment">
      {may('deployments') ? (
        <Form />
      ) : (
        <Empty icon={<IconLock size={40} />} title="You cannot create deployments">
          Ask an administrator for a role that can create deployments.
        </Empty>
      )}
    </Page>
  )
}
