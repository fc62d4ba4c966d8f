/** All campaigns that run in memory. */
import type { Campaign } from './campaign.ts'
import { crashCampaign } from './crash-campaign.ts'

export const campaigns: readonly Campaign[] = [crashCampaign]
