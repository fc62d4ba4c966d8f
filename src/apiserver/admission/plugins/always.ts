/** What upstream keeps for the sake of old configurations: a plugin that does nothing, and one that refuses all. */
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts'
import { refuse } from '../refusal.ts'

export const alwaysAdmit: AdmissionPlugin = { name: 'AlwaysAdmit' }

const denyAll = (attributes: AdmissionAttributes): never => {
  throw refuse(attributes, 'admission control is denying all modifications')
}

export const alwaysDeny: AdmissionPlugin = { name: 'AlwaysDeny', mutate: denyAll, validate: denyAll }
