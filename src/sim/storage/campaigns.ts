/** All campaigns that run in memory. */
import type { Campaign } from './campaign.ts'
import { callErrorCampaign } from './call-error-campaign.ts'
import { crashCampaign } from './crash-campaign.ts'
import { damageCampaign } from './damage-campaign.ts'
import { historyCampaign } from './history-campaign.ts'
import { sharedCampaign } from './shared-campaign.ts'

export const campaigns: readonly Campaign[] = [
  crashCampaign, damageCampaign, callErrorCampaign, historyCampaign, sharedCampaign,
]
