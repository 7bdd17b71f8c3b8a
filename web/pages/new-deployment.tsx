import { useMay } from '../api/session.ts'
import { NoAccess } from '../parts/no-access.tsx'
import { Page } from '../parts/page.tsx'
import { Form } from './new-deployment/form.tsx'
import './new-deployment/new-deployment.css'

export default function NewDeployment() {
  const may = useMay()
  return (
    <Page title="New deployment">
      {may('deployments') ? <Form /> : <NoAccess title="You cannot create deployments" />}
    </Page>
  )
}
